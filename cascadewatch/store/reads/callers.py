"""Who is sending, and who is escalating."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from cascadewatch.store import horizons
from cascadewatch.store.cells import HOUR, UTC_DAY
from cascadewatch.store.rollup_tables import ROLLUPS

BY_HOUR_MS = 3 * UTC_DAY  # ranges up to this long are read by hour, longer ones by UTC day


@dataclass(frozen=True, slots=True)
class Caller:
    """One caller's events in a range; money in nano-dollars."""

    caller: str
    events: int
    judged: int
    escalated: int
    cost: int
    extra_cost: int  # of everything after the cheap tier


def callers(connection: Connection, cascade: str, start: int, end: int, limit: int = 100) -> list[Caller]:
    """The callers with the most escalated events; edges snap outward to hours or, where those are no
    longer kept too, UTC days."""
    is_short = end - start <= BY_HOUR_MS
    width = HOUR if is_short and start >= horizons.stored(connection).caller_hour else UTC_DAY
    table = ROLLUPS["callers"].tiers["hour" if width == HOUR else "utc_day"]
    sums = [
        func.sum(table.c[name]).label(name)
        for name in ("events", "judged", "escalated", "cost", "extra_cost")
    ]
    statement = (
        select(table.c.caller, *sums)
        .where(table.c.cascade == cascade, table.c.origin == "live")
        .where(table.c.bucket >= start - start % width, table.c.bucket < end)
        .group_by(table.c.caller)
        .order_by(sums[2].desc(), sums[0].desc())
        .limit(limit)
    )
    return [Caller(row[0], *(int(v) for v in row[1:])) for row in connection.execute(statement)]


def caller_count(connection: Connection, cascade: str, start: int, end: int) -> int:
    """How many callers were seen in the range (UTC days)."""
    table = ROLLUPS["callers"].tiers["utc_day"]
    where = (table.c.cascade == cascade, table.c.bucket >= start - start % UTC_DAY, table.c.bucket < end)
    return connection.execute(select(func.count(table.c.caller.distinct())).where(*where)).scalar() or 0
