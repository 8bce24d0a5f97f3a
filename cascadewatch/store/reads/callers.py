"""Who is sending, and who is escalating.

Callers are counted per hour, and per UTC day for longer: a range is read as hours at its edges and days
between. Whatever a caller is compared with is to be read over that same range.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, Subquery, func, select, union_all

from cascadewatch.metrics.window import Counts
from cascadewatch.store import horizons
from cascadewatch.store.cells import HOUR, UTC_DAY
from cascadewatch.store.cover import Segment
from cascadewatch.store.rollup_tables import ROLLUPS

NAMES = ("events", "judged", "escalated", "cost", "extra_cost")


@dataclass(frozen=True, slots=True)
class Caller:
    """One caller's events in a range; money in nano-dollars."""

    caller: str
    events: int
    judged: int
    escalated: int
    cost: int
    extra_cost: int  # of everything after the cheap tier


@dataclass(frozen=True, slots=True)
class Callers:
    """Callers and the range that they were read of (epoch ms): its edges snap outward."""

    start: int
    end: int
    rows: tuple[Caller, ...]


class ByCaller(NamedTuple):
    """The busiest callers of a cascade, how many there are, and all its events of the very same range: to
    compare with those of any other would accuse the innocent."""

    callers: Callers
    seen: int
    whole: Counts


def callers(connection: Connection, cascade: str, start: int, end: int, limit: int = 100) -> Callers:
    """The callers with the most escalated events. Edges snap outward to hours or, where those are no longer
    kept, UTC days."""
    segments = _segments(connection, start, end)
    if not segments:
        return Callers(start, end, ())
    rows = _rows(cascade, segments)
    sums = [func.sum(rows.c[name]).label(name) for name in NAMES]
    statement = (
        select(rows.c.caller, *sums)
        .group_by(rows.c.caller)
        .order_by(sums[2].desc(), sums[0].desc(), rows.c.caller)
        .limit(limit)
    )
    found = (Caller(row[0], *(int(v) for v in row[1:])) for row in connection.execute(statement))
    return Callers(segments[0].start, segments[-1].end, tuple(found))


def caller_count(connection: Connection, cascade: str, start: int, end: int) -> int:
    """How many callers were seen in the range that `callers` reads."""
    segments = _segments(connection, start, end)
    if not segments:
        return 0
    seen = select(func.count(_rows(cascade, segments).c.caller.distinct()))
    return connection.execute(seen).scalar() or 0


def _segments(connection: Connection, start: int, end: int) -> Sequence[Segment]:
    """Hours, whole UTC days, hours: whichever of them there are."""
    kept = horizons.stored(connection).caller_hour
    start -= start % (HOUR if start >= kept else UTC_DAY)
    end += -end % (HOUR if end >= kept else UTC_DAY)
    first, last = start + -start % UTC_DAY, end - end % UTC_DAY
    if first >= last:
        found = [Segment("hour", start, end)]
    else:
        found = [Segment("hour", start, first), Segment("utc_day", first, last), Segment("hour", last, end)]
    return [segment for segment in found if segment.start < segment.end]


def _rows(cascade: str, segments: Sequence[Segment]) -> Subquery:
    """The rows of all segments, each a seek to its buckets."""
    parts = []
    for segment in segments:
        t = ROLLUPS["callers"].tiers[segment.tier].c
        mine = (t.cascade == cascade, t.origin == "live")
        within = (t.bucket >= segment.start, t.bucket < segment.end)
        parts.append(select(t.caller, *(t[name] for name in NAMES)).where(*mine, *within))
    return union_all(*parts).subquery()
