"""The drill-down finds rare events among many: the same ones that a look at every event would find."""

from collections.abc import Iterator
from itertools import product

import pytest
from sqlalchemy import select

from cascadewatch.model import PATHS, Event
from cascadewatch.store import horizons, reads, tables
from cascadewatch.store.reads.presence import Sought, spans
from cascadewatch.store.rowtypes import EventRow
from tests.model.events import NOON, attempt, event
from tests.store.conftest import Open
from tests.store.opened import DAY, Opened

MINUTE, HOUR = 60_000, 3_600_000
ATTEMPTS = {
    "cached": [attempt("cache")],
    "routed": [attempt("flagship")],
    "escalated": [attempt("small", "reject"), attempt("flagship")],
    "fallback": [attempt("small", status="timeout"), attempt("flagship")],
    "accepted": [attempt("small", "accept")],
    "unverified": [attempt("small")],
}  # fmt: skip


def some(n: int) -> Event:
    """One of many, a minute apart and each third day: paths, routes and callers come in clusters."""
    path = PATHS[n // 7 % len(PATHS)]
    return event(
        f"e{n}", *ATTEMPTS[path], at=NOON - (n // 10) * 3 * DAY - n * MINUTE, route=f"route-{n // 11 % 4}",
        caller=None if n % 9 == 0 else f"tenant-{n // 5 % 5}", cascade=("support", "search")[n // 13 % 2],
        revision=f"r{n // 30}",
    )  # fmt: skip


@pytest.fixture
def held(opening: Open) -> Opened:
    opened = opening(limits={"routes": 2, "callers": 3}, tiers=["small", "flagship"])
    opened.send(*(some(n) for n in range(150)))
    return opened


def paged(opened: Opened, which: reads.Filter) -> Iterator[str]:
    before = None
    while True:
        with opened.store.reading() as connection:
            page = reads.page(connection, which, before, size=9)
        yield from (row.id for row in page.rows)
        if page.next is None:
            return
        before = page.next


def looked_at(opened: Opened, which: reads.Filter) -> list[str]:
    """Without any index or sum."""
    with opened.store.reading() as connection:
        rows = [EventRow(*row) for row in connection.execute(select(tables.events))]
    said = which.sought._asdict().items()
    fits = [row for row in rows if all(value in (None, getattr(row, name)) for name, value in said)]
    inside = [r for r in fits if (which.start or 0) <= r.time < (which.end or NOON + DAY)]
    return [row.id for row in sorted(inside, key=lambda r: (-r.time, -r.seq))]


def test_every_filter_finds_what_a_look_at_every_event_finds(held: Opened) -> None:
    cascades, routes, paths = (None, "support"), (None, "route-3", "nowhere"), (None, "routed", "fallback")
    callers, ranges = (None, "tenant-1", "nobody"), ((None, None), (NOON - 20 * DAY + 7, NOON - 1))
    found = 0
    for cascade, route, path, caller, within in product(cascades, routes, paths, callers, ranges):
        which = reads.Filter(cascade, route, path, caller, *within)
        expected = looked_at(held, which)
        assert list(paged(held, which)) == expected, which
        found += len(expected)
    assert found > 500


def test_all_paths_can_be_found(held: Opened) -> None:
    for path in PATHS:
        assert list(paged(held, reads.Filter("support", path=path))), path


@pytest.mark.parametrize("hours", [1, 5, 24, 200, None])
def test_a_caller_s_event_is_found_once_whenever_the_range_begins(held: Opened, hours: int | None) -> None:
    start, found = None if hours is None else NOON - hours * HOUR, 0
    for caller in (f"tenant-{n}" for n in range(5)):
        which = reads.Filter(None, caller=caller, start=start)
        expected = looked_at(held, which)
        assert list(paged(held, which)) == expected
        found += len(expected)
    assert found


def test_callers_are_found_where_their_hours_are_no_longer_kept(held: Opened) -> None:
    which = reads.Filter("support", caller="tenant-1")
    before = list(paged(held, which))
    with held.store.writing() as connection:
        horizons.store(connection, horizons.Horizons(caller_hour=NOON - 10 * DAY))
    assert list(paged(held, which)) == before


def test_only_the_quarter_hours_with_a_path_are_searched(held: Opened) -> None:
    """Else a rare path would be looked for in every event."""
    with held.store.reading() as connection:
        sought = Sought("support", None, "cached", None)
        found = list(spans(connection, sought, NOON - 100 * DAY, NOON, few=3))
        times = connection.execute(select(tables.events.c.time).where(tables.events.c.path == "cached"))
        quarters = {time - time % (15 * MINUTE) for time in times.scalars()}
    assert {start for start, _ in found if start is not None} <= quarters
    assert sum((end or 0) - (start or 0) for start, end in found) <= len(quarters) * 15 * MINUTE
