"""When events that a drill-down looks for came, as the sums tell.

A caller or a path may be so rare that a page of its events lies among millions of others. The sums know
the quarter-hours, and of callers the hours, in which there were any: only those are searched.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, select

from cascadewatch.store import horizons, tables
from cascadewatch.store.cells import ALL, HOUR, QUARTER, UTC_DAY
from cascadewatch.store.rollup_tables import ROLLUPS
from cascadewatch.store.state import OTHER

AT_ONCE = 400  # hours in one statement
# Above zero wherever an event of the path was counted, and seldom elsewhere.
MEASURES = {
    "cached": "cached",
    "routed": "routed",
    "escalated": "escalated",
    "fallback": "fallbacks",
    "accepted": "accepted",
    "unverified": "unverified",
}


class Sought(NamedTuple):
    """What is looked for; None: any."""

    cascade: str | None
    route: str | None
    path: str | None
    caller: str | None


def spans(
    connection: Connection, sought: Sought, start: int | None, end: int | None, few: int
) -> Iterator[tuple[int | None, int | None]]:
    """Ranges of time (epoch ms, the second excluded), latest first, outside of which nothing fits. They are
    found as they are asked for, some `few` at a time."""
    if sought[1:] == (None, None, None):
        yield start, end
        return
    first, last = _edges(connection, start, end)
    cascades = [sought.cascade] if sought.cascade is not None else _cascades(connection)
    if sought.caller is not None:
        found = _of_caller(connection, cascades, sought.caller, first, last)
    else:
        found = _of_path(connection, cascades, sought, (first, last), few)
    for at, width in found:
        yield max(at, first), min(at + width, last)


def _edges(connection: Connection, start: int | None, end: int | None) -> tuple[int, int]:
    """The range that was asked for, as far as there are events."""
    t = tables.events.c.time
    if start is None:
        start = int(connection.execute(select(t).order_by(t).limit(1)).scalar() or 0)
    if end is None:
        end = int(connection.execute(select(t).order_by(t.desc()).limit(1)).scalar() or 0) + 1
    return start, end


def _cascades(connection: Connection) -> Sequence[str]:
    return connection.execute(select(tables.tiers.c.cascade).distinct()).scalars().all()


def _of_path(
    connection: Connection, cascades: Sequence[str], sought: Sought, within: tuple[int, int], few: int
) -> Iterator[tuple[int, int]]:
    """The quarter-hours of a path, of a route, or of both."""
    t = ROLLUPS["events"].tiers["quarter"].c
    # Past a cap a route is counted under another name.
    routes = [ALL] if sought.route is None else [sought.route, OTHER]
    measure = t[MEASURES[sought.path] if sought.path is not None else "events"]
    statement = (
        select(t.bucket)
        .where(_among(t.cascade, cascades), t.origin == "live", _among(t.route, routes), measure > 0)
        .order_by(t.bucket.desc())
        .limit(few)
    )
    first, last = within
    while True:
        inside = (t.bucket > first - QUARTER, t.bucket < last)
        found = connection.execute(statement.where(*inside)).scalars().all()
        yield from ((bucket, QUARTER) for bucket in dict.fromkeys(found))
        if len(found) < few:
            return
        last = found[-1]  # other cascades' and revisions' rows of this quarter-hour are not needed


def _among(column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
    """One of the values; of a single one the rows come in the order of the key, and need not be sorted."""
    return column == values[0] if len(values) == 1 else column.in_(values)


def _of_caller(
    connection: Connection, cascades: Sequence[str], caller: str, first: int, last: int
) -> Iterator[tuple[int, int]]:
    """The hours of a caller, days where those are not kept."""
    hourly = max(first, horizons.stored(connection).caller_hour)
    yield from _seeks(connection, ("hour", HOUR), cascades, caller, (hourly, last))
    if first < hourly:  # else the day in which the range begins would be searched a second time
        yield from _seeks(connection, ("utc_day", UTC_DAY), cascades, caller, (first, min(hourly, last)))


def _seeks(
    connection: Connection,
    tier: tuple[str, int],
    cascades: Sequence[str],
    caller: str,
    within: tuple[int, int],
) -> Iterator[tuple[int, int]]:
    """Every bucket of the range is looked up by itself: a scan would meet all the other callers."""
    (name, width), (first, last) = tier, within
    t: Any = ROLLUPS["callers"].tiers[name].c
    buckets = range(first - first % width, last, width)[::-1]
    for i in range(0, len(buckets), AT_ONCE):
        statement = select(t.bucket).where(
            _among(t.cascade, cascades), t.origin == "live", t.bucket.in_(buckets[i : i + AT_ONCE]),
            t.caller.in_([caller, OTHER]),
        )  # fmt: skip
        found = connection.execute(statement.distinct().order_by(t.bucket.desc())).scalars()
        yield from ((bucket, width) for bucket in found)
