"""The busiest callers of a change and their own past.

A day of the change at most, less where traffic is dense, and so many callers: it costs the same however
many there are.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from cascadewatch.drift.diagnosis.material import Callers, Group, Share, Span
from cascadewatch.drift.hours import Hour
from cascadewatch.store.cells import HOUR, UTC_DAY
from cascadewatch.store.cover import Segment
from cascadewatch.store.reads import sums
from cascadewatch.store.rollup_tables import ROLLUPS

MOST = 500
ENOUGH = 20_000  # requests that are looked at
LATEST_HOURS = 24
_AT_ONCE = 400  # names in one statement

Sums = Mapping[tuple[Any, ...], Mapping[str, int]]
Both = Callable[[Sequence[Span], str, Sequence[str], Sequence[str]], Sequence[Sums]]


def callers(
    connection: Connection, both: Both, cascade: str, spans: Sequence[Span], judged: float
) -> Callers | None:
    """Judged requests by caller; None where no event names one. `judged` is how many came since."""
    before, after = spans
    length = max(HOUR, after.end - after.start)
    hours = min(LATEST_HOURS, max(2, round(ENOUGH * length / HOUR / max(1, judged))))
    span = Span(max(after.start, after.end - hours * HOUR) // HOUR * HOUR, after.end)
    busiest, past = _busiest(connection, cascade, span), _past(before)
    if not busiest:
        return None
    wholes = [rows.get((), {}) for rows in both((past, span), "events", (), ("escalated", "judged"))]
    return _compared(connection, cascade, (past, span), busiest, wholes)


def escalating(connection: Connection, cascade: str, past: Span, span: Span) -> Callers | None:
    """Judged requests in `span` of the callers with the most escalations, and in `past`, which is made of
    whole UTC days; edges of `span` snap outward to hours. None where no event names a caller."""
    hours = Span(span.start - span.start % HOUR, span.end + -span.end % HOUR)
    most = _busiest(connection, cascade, hours, "escalated")
    if not most:
        return None
    of, counted = sums.Of(cascade), ("escalated", "judged")
    wholes = [
        sums.total(connection, "events", [Segment("quarter", *one)], of, counted) for one in (past, hours)
    ]
    return _compared(connection, cascade, (past, hours), most, wholes)


def by_hour(connection: Connection, cascade: str, names: Collection[str], span: Span) -> list[Hour]:
    """What was judged of these callers together, per hour in which anything was. Edges snap outward."""
    t = ROLLUPS["callers"].tiers["hour"].c
    hours = range(span.start - span.start % HOUR, span.end, HOUR)
    statement = (
        select(t.bucket, func.sum(t.escalated), func.sum(t.judged))
        .where(t.cascade == cascade, t.origin == "live", t.caller.in_(list(names)), t.bucket.in_(hours))
        .group_by(t.bucket)
        .order_by(t.bucket)
    )
    return [Hour(int(at), int(k), int(n)) for at, k, n in connection.execute(statement) if n]


def _compared(
    connection: Connection, cascade: str, spans: tuple[Span, Span], rows: Sequence[Row[Any]],
    wholes: Sequence[Mapping[str, int]],
) -> Callers:  # fmt: skip
    """The callers in `rows`, with what they did before; `wholes` are the sums of the whole cascade, before
    and after."""
    past, span = spans
    width = UTC_DAY if past.start % UTC_DAY == 0 and past.end % UTC_DAY == 0 else HOUR
    former = _former(connection, cascade, past, width, [row.caller for row in rows])
    groups = tuple(
        Group(row.caller, former.get(row.caller, Share(0, 0)), Share(int(row.escalated), int(row.judged)))
        for row in rows
    )
    before_rest, after_rest = (
        _rest(whole, side)
        for whole, side in zip(wholes, ([g.before for g in groups], [g.after for g in groups]), strict=True)
    )
    return Callers(span, groups, Group("", before_rest, after_rest), int(rows[0].seen))


def _rest(whole: Mapping[str, int], taken: Sequence[Share]) -> Share:
    """What all others escalated and had judged."""
    k = whole.get("escalated", 0) - sum(share.k for share in taken)
    n = whole.get("judged", 0) - sum(share.n for share in taken)
    return Share(max(0, k), max(0, n))


def _past(before: Span) -> Span:
    """Whole UTC days of the time before where there are any, else whole hours."""
    start, end = before.start + -before.start % UTC_DAY, before.end - before.end % UTC_DAY
    if start < end:
        return Span(start, end)
    return Span(before.start - before.start % HOUR, before.end - before.end % HOUR)


def _busiest(connection: Connection, cascade: str, span: Span, order: str = "judged") -> Sequence[Row[Any]]:
    t = ROLLUPS["callers"].tiers["hour"].c
    judged = func.sum(t.judged)
    each = (
        select(t.caller, judged.label("judged"), func.sum(t.escalated).label("escalated"))
        .where(t.cascade == cascade, t.origin == "live", t.bucket >= span.start, t.bucket < span.end)
        .group_by(t.caller)
        .subquery()
    )
    seen = func.count().over().label("seen")
    statement = select(each.c.caller, each.c.judged, each.c.escalated, seen).where(each.c.judged > 0)
    return connection.execute(statement.order_by(each.c[order].desc(), each.c.caller).limit(MOST)).all()


def _former(
    connection: Connection, cascade: str, span: Span, width: int, names: list[str]
) -> dict[str, Share]:
    t = ROLLUPS["callers"].tiers["utc_day" if width == UTC_DAY else "hour"].c
    found: dict[str, Share] = {}
    for some in _parts(names):
        statement = (
            select(t.caller, func.sum(t.escalated), func.sum(t.judged))
            .where(t.cascade == cascade, t.origin == "live", t.caller.in_(some))
            .where(t.bucket.in_(range(span.start, span.end, width)))  # each a seek, not a scan of the range
            .group_by(t.caller)
        )
        found |= {name: Share(int(k), int(n)) for name, k, n in connection.execute(statement)}
    return found


def _parts(names: list[str]) -> Iterable[list[str]]:
    for i in range(0, len(names), _AT_ONCE):
        yield names[i : i + _AT_ONCE]
