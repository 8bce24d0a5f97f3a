"""When events came, and how many: what silence is measured against. Live traffic only; times in epoch ms."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, Table, func, select

from cascadewatch.store.cells import MINUTE, QUARTER
from cascadewatch.store.rollup_tables import ROLLUPS

_TIERS = ROLLUPS["events"].tiers


def first_event(connection: Connection, cascade: str, route: str) -> int | None:
    """The quarter-hour in which the first event came; None before there was any."""
    table = _TIERS["quarter"]
    found = select(table.c.bucket).where(*_of(table, cascade, route)).order_by(table.c.bucket).limit(1)
    bucket = connection.execute(found).scalar()
    return None if bucket is None else int(bucket)


def last_event(connection: Connection, cascade: str, route: str, now: int) -> int | None:
    """The latest moment up to `now` at which the last event may have come, to the minute."""
    for name, width in (("minute", MINUTE), ("quarter", QUARTER)):
        table = _TIERS[name]
        past = select(table.c.bucket).where(*_of(table, cascade, route), table.c.bucket <= now)
        bucket = connection.execute(past.order_by(table.c.bucket.desc()).limit(1)).scalar()
        if bucket is not None:
            return min(now, int(bucket) + width)
    return None


def arrived(connection: Connection, cascade: str, route: str, start: int, end: int) -> int:
    """Events in the whole quarter-hours that begin in [start, end)."""
    table = _TIERS["quarter"]
    inside = (table.c.bucket >= start, table.c.bucket < end)
    found = select(func.coalesce(func.sum(table.c.events), 0)).where(*_of(table, cascade, route), *inside)
    return int(connection.execute(found).scalar_one())


def quarters(
    connection: Connection, cascade: str, route: str, start: int, end: int
) -> Sequence[tuple[int, int]]:
    """(start, events) of the quarter-hours in [start, end) in which any came, in time order."""
    table = _TIERS["quarter"]
    inside = (table.c.bucket >= start, table.c.bucket < end)
    found = select(table.c.bucket, func.sum(table.c.events)).where(*_of(table, cascade, route), *inside)
    rows = connection.execute(found.group_by(table.c.bucket).order_by(table.c.bucket))
    return [(int(bucket), int(n)) for bucket, n in rows]


def _of(table: Table, cascade: str, route: str) -> tuple[ColumnElement[bool], ...]:
    mine = (table.c.cascade == cascade, table.c.origin == "live", table.c.route == route)
    return (*mine, table.c.events > 0)
