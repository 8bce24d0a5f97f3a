"""A disk that fills up is told of in time; one that is full is "later", never a loss and never a surprise."""

from pathlib import Path

import pytest
from psycopg.errors import DiskFull
from sqlalchemy.exc import OperationalError

from cascadewatch.errors import FullError
from cascadewatch.settings import Disk as Limits
from cascadewatch.store.disk import Disk, look, news
from cascadewatch.store.engine import translated
from tests.forking import CONTEXT
from tests.store.aging import KEEPS_TEXT, old
from tests.store.conftest import Open
from tests.store.opened import Opened
from tests.store.pruning import write_until_full

PLENTY = 10**12
SQLITE = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)


def grown(opened: Opened, pages: int) -> None:
    """Lets the database have so many pages more than it has."""
    driver = opened.store.engine.raw_connection()
    cursor = driver.cursor()
    (held,) = cursor.execute("PRAGMA page_count").fetchone()
    cursor.execute(f"PRAGMA max_page_count = {held + pages}")
    driver.close()


def is_full(opened: Opened) -> bool:
    return opened.store.is_full


def filled(opened: Opened) -> tuple[int, FullError]:
    """Stores events one by one until one is refused; how many were not, and the refusal."""
    for number in range(10_000):
        try:
            opened.send(old(f"event-{number}", 0.01 * number, route=f"route-{number}"))
        except FullError as refused:
            return number, refused
    pytest.fail("the database is never full")


@SQLITE
def test_a_full_database_refuses_and_loses_nothing(opening: Open) -> None:
    opened = opening(**KEEPS_TEXT)
    grown(opened, 40)
    acknowledged, refused = filled(opened)
    assert "disk is full" in str(refused)
    assert refused.retry_after > 1
    assert is_full(opened)
    assert opened.number("events") == acknowledged > 0
    assert opened.broken() == {}, "SQLite finds its file sound, and nothing is there by half"
    grown(opened, 10_000)
    opened.send(old("event-after", 0))
    assert not is_full(opened)
    assert opened.broken() == {}


@SQLITE
def test_a_limit_on_the_size_of_files_is_a_full_disk(opening: Open) -> None:
    opened = opening(**KEEPS_TEXT)
    path = opened.store.path
    assert path is not None
    ours, theirs = CONTEXT.Pipe(duplex=False)
    most = path.stat().st_size + 300_000
    child = CONTEXT.Process(
        target=write_until_full, args=(opened.settings.database_url, opened.now, most, theirs)
    )
    child.start()
    theirs.close()
    heard: list[int | str] = []
    try:
        while True:
            heard.append(ours.recv())
    except EOFError:
        child.join()
    *acknowledged, refusal, after = heard
    assert acknowledged == list(range(len(acknowledged)))
    assert acknowledged
    assert "disk is full" in str(refusal)
    assert after == len(acknowledged), "there is room again"
    assert opened.number("events") == len(acknowledged) + 1
    assert opened.broken() == {}


def test_a_full_disk_of_postgres_is_told_as_one() -> None:
    error = DiskFull("could not extend file: No space left on device")
    with pytest.raises(FullError, match="No space left"), translated():
        raise OperationalError("INSERT", None, error)


# --- the guard


def test_the_present_disk_is_known(tmp_path: Path) -> None:
    found = look(tmp_path / "cascadewatch.db", Limits(warn_percent=100, refuse_percent=100))
    assert found.percent is not None
    assert found.free is not None
    assert 0 <= found.percent <= 100


def test_of_postgres_nothing_is_known_and_nothing_said() -> None:
    found = look(None, Limits())
    assert (found.level, found.sentence(Limits())) == ("unknown", None)


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    found = look(tmp_path / "gone" / "cascadewatch.db", Limits())
    assert found.level == "unknown"
    assert "cannot be read" in str(found.sentence(Limits()))


def test_a_disk_full_to_a_limit_of_the_settings_is_told(tmp_path: Path) -> None:
    limits = Limits(warn_percent=1, refuse_percent=1)
    found = look(tmp_path / "cascadewatch.db", limits)
    if found.level == "full":  # any disk with something on it
        assert "from 1 % on events are refused until there is room again" in str(found.sentence(limits))
    else:
        assert found.percent is not None
        assert found.percent < 1


@pytest.mark.parametrize(
    ("told", "level", "percent", "heard"),
    [
        ("ok", "ok", 40, None),
        ("ok", "warning", 80, "warning"),
        ("ok", "full", 96, "full"),
        ("warning", "warning", 90, None),
        ("warning", "full", 95, "full"),
        ("full", "warning", 94, None),  # nearly there again
        ("full", "warning", 92, "warning"),
        ("full", "ok", 79, "warning"),
        ("full", "ok", 60, "ok"),
        ("warning", "ok", 78, None),
        ("warning", "ok", 77, "ok"),
    ],
)
def test_news_are_what_got_worse_or_clearly_better(told: str, level: str, percent: float, heard: str) -> None:
    assert news(told, Disk(level, percent, PLENTY), Limits()) == heard  # type: ignore[arg-type]
