"""A text that is deleted is gone: from the file, from its free pages, and from the write-ahead log."""

from pathlib import Path

import pytest

from cascadewatch.model import Text
from tests.model.events import NOON, accepted, escalated
from tests.store.aging import KEEPS_TEXT, night
from tests.store.conftest import Open
from tests.store.opened import DAY, Opened

pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
CANARY = "canary-4711"


def on_disk(opened: Opened) -> dict[str, int]:
    """How often the canary stands in each file of the database."""
    path = opened.store.path
    assert path is not None
    files = [path, Path(f"{path}-wal"), Path(f"{path}-shm")]
    return {file.name.removeprefix(path.name): file.read_bytes().count(CANARY.encode()) for file in files}


@pytest.fixture
def told(opening: Open) -> Opened:
    """A thousand texts of many lengths, half of them too old in an hour, in batches that interleave."""
    opened = opening(**KEEPS_TEXT)
    for part in range(10):
        opened.send(
            *(
                escalated(
                    f"{part}-{i}",
                    at=NOON - (6 * DAY if i % 2 else 5 * DAY) + 50 * i + part,
                    text=Text(f"{CANARY}-{'old' if i % 2 else 'young'} " * (1 + i % 40), [CANARY, None]),
                )
                for i in range(100)
            )
        )
    return opened


def test_texts_leave_no_trace(told: Opened) -> None:
    assert sum(on_disk(told).values()) > 10_000
    done = night(told, NOON + 3 * DAY)
    assert done.rows["texts"] == 1_000
    assert done.log_emptied
    assert on_disk(told) == {"": 0, "-wal": 0, "-shm": 0}


def test_texts_that_are_kept_are_untouched(told: Opened) -> None:
    night(told, NOON + DAY + DAY // 2)
    path = told.store.path
    assert path is not None
    assert told.number("texts") == 500
    assert f"{CANARY}-old".encode() not in path.read_bytes() + Path(f"{path}-wal").read_bytes()
    assert all(f"{CANARY}-young" in row["prompt"] for row in told.rows("texts"))


def test_a_reader_that_looks_on_only_delays_it(told: Opened) -> None:
    with told.store.reading() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM events").scalar()
        assert not night(told, NOON + 3 * DAY).log_emptied
    assert night(told, NOON + 3 * DAY).log_emptied
    assert sum(on_disk(told).values()) == 0


def test_space_is_used_again_and_can_be_given_back(told: Opened) -> None:
    path = told.store.path
    assert path is not None
    told.store.checkpoint()
    large = path.stat().st_size
    night(told, NOON + 40 * DAY)
    assert path.stat().st_size == large
    told.store.shrink()
    assert path.stat().st_size < large / 2
    assert told.broken() == {}


def test_the_text_of_an_event_that_was_replaced_goes_from_the_quarantine_too(opening: Open) -> None:
    from functools import partial

    from cascadewatch.store import audit, conflicts

    opened = opening(**KEEPS_TEXT)
    opened.send(escalated("a", text=Text(CANARY, [CANARY])))
    opened.send(accepted("a"))
    take = partial(conflicts.accept, number=1, by=audit.ITSELF)
    opened.writer.change(take)
    assert CANARY in opened.rows("quarantine")[0]["payload"]
    assert night(opened, NOON + 6 * DAY).rows.get("quarantined_texts") is None
    assert night(opened, NOON + 8 * DAY).rows["quarantined_texts"] == 1
    assert sum(on_disk(opened).values()) == 0
    assert opened.broken() == {}
    opened.writer.change(take)
    assert opened.broken() == {}, "it can still be taken back"
