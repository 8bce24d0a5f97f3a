"""A disk that fills up is told of in time; one that is full is "later", never a loss and never a surprise."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from psycopg.errors import DiskFull
from sqlalchemy.exc import OperationalError

from cascadewatch.errors import FullError
from cascadewatch.settings import Disk as Limits
from cascadewatch.store import ballast, outbox
from cascadewatch.store.disk import Disk, look, news
from cascadewatch.store.engine import translated
from tests.forking import CONTEXT
from tests.store.aging import KEEPS_TEXT, old
from tests.store.conftest import Open
from tests.store.opened import Opened, settings_for
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


@SQLITE
def test_the_first_write_without_room_lets_go_of_the_ballast(opening: Open) -> None:
    opened = opening(**KEEPS_TEXT)
    path = opened.store.path
    assert path is not None
    assert ballast.is_there(path) is False
    ballast.keep(path, "full")
    assert not ballast.is_there(path), "there is no room for it"
    ballast.keep(path, "warning")
    assert ballast.place(path).stat().st_size == 16 * 2**20
    grown(opened, 10)
    filled(opened)
    assert not ballast.is_there(path)
    grown(opened, 10_000)
    opened.send(old("event-after", 0))
    ballast.keep(path, "ok")
    assert ballast.is_there(path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 32 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("no disk may be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def filled_with_ballast(folder: Path) -> None:
    for n in range(3):
        ballast.make(folder / f"{n}.db")


def test_on_a_disk_full_to_the_last_byte_an_alert_can_be_written(
    small_disk: Path, sqlite_template: Path, now: int
) -> None:
    path = small_disk / "cascadewatch.db"
    shutil.copy(sqlite_template, path)
    opened = Opened(settings_for(f"sqlite:///{path}"), now)
    try:
        ballast.make(path)
        with suppress(OSError), (small_disk / "of another program").open("wb", buffering=0) as other:
            while other.write(bytes(4096)):
                pass
        with pytest.raises(FullError):
            opened.send(*(old(f"event-{n}", 0.01 * n) for n in range(300)))
        assert not ballast.is_there(path)
        with opened.store.writing() as connection:
            outbox.enqueue(connection, episode=0, transition=1, kind=outbox.DISK, channels=["team"], now=now)
        assert opened.number("deliveries") == 1
        with pytest.raises(OSError, match="No space left"):
            filled_with_ballast(small_disk)
        assert not list(small_disk.glob("*.part"))
        assert opened.broken() == {}
    finally:
        opened.close()


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
