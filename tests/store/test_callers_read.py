"""Callers of a range: hours at its edges, UTC days inside, and the range that they are really of."""

import pytest

from cascadewatch.store import reads
from cascadewatch.store.retention import prune
from tests.model.events import NOON, accepted, escalated
from tests.store.conftest import Open
from tests.store.opened import DAY, Opened

pytestmark = pytest.mark.parametrize("databases", ["sqlite", "postgres"], indirect=True)

HOUR, MINUTE = 3_600_000, 60_000


def read(opened: Opened, start: int, end: int) -> tuple[reads.Callers, int]:
    with opened.store.reading() as connection:
        found = reads.callers(connection, "support", start, end)
        return found, reads.caller_count(connection, "support", start, end)


def test_what_came_earlier_on_the_first_day_is_no_part_of_a_week(opened: Opened) -> None:
    start = NOON - 7 * DAY + 7 * MINUTE
    opened.send(
        *(escalated(f"before-{n}", at=start - 6 * HOUR, caller="batch-job") for n in range(40)),
        *(accepted(f"after-{n}", at=NOON - 5 * HOUR, caller="batch-job") for n in range(4)),
        *(escalated(f"user-{n}", at=NOON - 30 * HOUR, caller="user") for n in range(5)),
        accepted("later", at=NOON + HOUR, caller="later"),
    )
    found, seen = read(opened, start, NOON + 7 * MINUTE)
    assert [(c.caller, c.events, c.escalated) for c in found.rows] == [("user", 5, 5), ("batch-job", 4, 0)]
    assert (found.start, found.end, seen) == (NOON - 7 * DAY, NOON + HOUR, 2)


@pytest.mark.parametrize("length", [10 * MINUTE, 5 * HOUR, 30 * HOUR, 3 * DAY, 9 * DAY + 17 * MINUTE])
def test_callers_never_send_more_than_all_events_of_their_range(opened: Opened, length: int) -> None:
    opened.send(*(escalated(f"e-{n}", at=NOON - n * 47 * MINUTE, caller=f"c-{n % 3}") for n in range(300)))
    start, end = NOON - length - 13 * MINUTE, NOON - 13 * MINUTE
    found, _ = read(opened, start, end)
    whole = opened.counts(found.start, found.end)
    assert found.start <= start < end <= found.end
    assert (start - found.start, found.end - end) < (HOUR, HOUR)
    for measure in ("events", "judged", "escalated", "extra_cost"):
        summed = sum(getattr(c, measure) for c in found.rows)
        assert summed == (whole[measure] if measure in whole else whole["cost_escalated"])


def test_where_hours_are_gone_whole_days_are_read_and_told(opening: Open) -> None:
    opened = opening()
    old = NOON - 40 * DAY
    opened.send(accepted("a", at=old, caller="a"), accepted("b", at=old + 3 * HOUR, caller="b"))
    prune(opened.store, opened.settings, NOON)
    found, seen = read(opening(), old, old + HOUR)
    assert (found.start, found.end, len(found.rows), seen) == (old - 12 * HOUR, old + 12 * HOUR, 2, 2)


def test_an_empty_range_has_no_callers(opened: Opened) -> None:
    opened.send(accepted("a", caller="a"))
    assert read(opened, NOON, NOON) == (reads.Callers(NOON, NOON, ()), 0)
