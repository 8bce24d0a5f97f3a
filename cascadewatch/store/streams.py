"""Rates over time, counted as the drift rules count them: k of n per bucket, for many streams at once.

A stream is (cascade, route): route "" is the whole cascade, `__other__` what its other streams leave over.
Only live traffic counts.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, Table, cast, func, select

from cascadewatch.drift.hours import Hour
from cascadewatch.errors import UsageError
from cascadewatch.metrics.measures import FAILED_VERDICTS
from cascadewatch.store import alert_tables, tables
from cascadewatch.store.cells import ALL, HOUR, MINUTE, QUARTER
from cascadewatch.store.cover import Segment
from cascadewatch.store.rollup_tables import ROLLUPS
from cascadewatch.store.routes import apart
from cascadewatch.store.state import OTHER

LOOK = 5 * MINUTE
_ROUTES_AT_ONCE = 500

Key = tuple[str, str]  # cascade, route
Counts = dict[int, tuple[int, int]]  # start of a bucket to (k, n)
_Asked = tuple[str, ...]


class Rate(NamedTuple):
    """The columns of a rollup that add up to k and to n."""

    family: str
    part: tuple[str, ...]
    whole: tuple[str, ...]


RATES: dict[str, Rate] = {
    "escalation_rate": Rate("events", ("escalated",), ("judged",)),
    "flagship_share": Rate("events", ("flagship",), ("events",)),
    "fallback_rate": Rate("events", ("fallbacks",), ("events",)),
    "judge_failure_rate": Rate("attempts", FAILED_VERDICTS, ("accept", "reject", *FAILED_VERDICTS)),
    "exhausted_rate": Rate("events", ("exhausted",), ("judged",)),
    "retry_rate": Rate("events", ("retried",), ("events",)),
    "cache_hit_rate": Rate("events", ("cached",), ("events",)),
}


class Slot(NamedTuple):
    """What came between two looks (epoch ms), `escalated` of `judged` in the words of drift."""

    start: int
    end: int
    escalated: int
    judged: int


def hours(
    connection: Connection, metric: str, keys: Sequence[Key], start: int, end: int, width: int = HOUR
) -> dict[Key, list[Hour]]:
    """Streams in buckets of `width` ms (a divisor or multiple of a quarter-hour), those without requests
    left out. Edges older than the minutes kept snap outward to quarter-hours. UsageError for a metric that
    is no rate of this kind.
    """
    segments = _covering(start, end, width, minute_floor(connection))
    found = totals(connection, {metric: keys}, segments, width)[metric]
    return {key: [Hour(at, k, n) for at, (k, n) in sorted(found[key].items())] for key in keys}


def slots(
    connection: Connection, wanted: Mapping[str, Collection[Key]], start: int, end: int
) -> dict[str, dict[Key, list[Slot]]]:
    """Streams of several metrics in the finest steps a walk takes: five minutes, quarter-hours where minutes
    are not kept."""
    floor = minute_floor(connection)
    found: dict[str, dict[Key, list[Slot]]] = {m: {key: [] for key in keys} for m, keys in wanted.items()}
    for segment in _covering(start, end, LOOK, floor):
        width = LOOK if segment.tier == "minute" else QUARTER
        for metric, streams in totals(connection, wanted, [segment], width).items():
            for key, counts in streams.items():
                found[metric][key] += [Slot(at, at + width, k, n) for at, (k, n) in sorted(counts.items())]
    return found


def totals(
    connection: Connection, wanted: Mapping[str, Collection[Key]], segments: Sequence[Segment], width: int
) -> dict[str, dict[Key, Counts]]:
    """k and n of every stream of every metric, in buckets of `width` ms that have any n."""
    found: dict[str, dict[Key, Counts]] = {m: {key: {} for key in keys} for m, keys in wanted.items()}
    siblings = {m: _siblings(connection, m, keys) for m, keys in wanted.items()}
    asked = {
        m: {*keys, *siblings[m], *((c, ALL) for c, r in keys if r == OTHER)} for m, keys in wanted.items()
    }
    read: dict[str, dict[Key, Counts]] = {m: {} for m in wanted}
    for metrics, keys in _together(asked):
        for segment in segments:
            for cascade, route, at, *sums in _rows(connection, metrics, keys, segment, width):
                for i, metric in enumerate(metrics):
                    k, n = sums[2 * i], sums[2 * i + 1]
                    here = read[metric].setdefault((cascade, route), {})
                    before = here.get(at, (0, 0))
                    here[at] = (before[0] + k, before[1] + n)
    for metric, streams in found.items():
        for key in streams:
            own = read[metric].get(key, {})
            counts = _other(read[metric], key[0], siblings[metric]) if key[1] == OTHER else own
            streams[key] = {at: (k, n) for at, (k, n) in counts.items() if n and 0 <= k <= n}
    return found


def routes(connection: Connection, metric: str, cascade: str, start: int, end: int) -> dict[str, int]:
    """n of every route of a cascade over a range, edges snapped outward to quarter-hours."""
    rate, table = _rate(metric), ROLLUPS[_rate(metric).family].tiers["quarter"]
    statement = (
        select(table.c.route, _sum(table, rate.whole))
        .where(table.c.cascade == cascade, table.c.origin == "live", apart(table, cascade))
        .where(table.c.bucket >= start - start % QUARTER, table.c.bucket < end)
        .group_by(table.c.route)
    )
    return {route: int(n) for route, n in connection.execute(statement)}


def minute_floor(connection: Connection) -> int:
    """From when on minutes are kept (epoch ms)."""
    meta = tables.meta
    kept = connection.execute(select(meta.c.value).where(meta.c.key == "minute_horizon")).scalar()
    return int(kept or 0)


def _covering(start: int, end: int, width: int, floor: int) -> list[Segment]:
    """Quarter-hours where they will do, minutes elsewhere if they are kept."""
    floor += -floor % QUARTER
    start, end = start - start % MINUTE, end + -end % MINUTE
    first, last = start + -start % QUARTER, end - end % QUARTER
    if width % QUARTER or first > last:
        first = last = max(start, min(end, floor))
        parts = [Segment("quarter", start - start % QUARTER, last), Segment("minute", last, end)]
    else:
        parts = [_edge(start, first, floor), Segment("quarter", first, last), _edge(last, end, floor)]
    return [part for part in parts if part.start < part.end]


def _edge(start: int, end: int, floor: int) -> Segment:
    if start >= end or start >= floor:
        return Segment("minute", start, end)
    return Segment("quarter", start - start % QUARTER, end + -end % QUARTER)


def _siblings(connection: Connection, metric: str, keys: Collection[Key]) -> set[Key]:
    """The routes that do not count as `__other__`: those asked for beside it, or with a baseline."""
    cascades = {cascade for cascade, route in keys if route == OTHER}
    if not cascades:
        return set()
    table = alert_tables.baselines
    rows = connection.execute(
        select(table.c.cascade, table.c.route)
        .where(table.c.metric == metric, table.c.retired.is_(None), table.c.cascade.in_(cascades))
        .distinct()
    )
    known = {(cascade, route) for cascade, route in rows} | {key for key in keys if key[0] in cascades}
    return {key for key in known if key[1] not in (ALL, OTHER)}


def _other(read: Mapping[Key, Counts], cascade: str, siblings: Collection[Key]) -> Counts:
    left = dict(read.get((cascade, ALL), {}))
    for key in siblings:
        if key[0] == cascade:
            for at, (k, n) in read.get(key, {}).items():
                whole = left.get(at, (0, 0))
                left[at] = (whole[0] - k, whole[1] - n)
    return left


def _together(asked: Mapping[str, Collection[Key]]) -> Iterator[tuple[_Asked, list[Key]]]:
    """Metrics of one family that are wanted of the same streams, with those streams."""
    wanted: dict[tuple[str, Key], list[str]] = {}
    for metric, keys in asked.items():
        for key in keys:
            wanted.setdefault((_rate(metric).family, key), []).append(metric)
    groups: dict[_Asked, list[Key]] = {}
    for (_, key), metrics in wanted.items():
        groups.setdefault(tuple(metrics), []).append(key)
    yield from groups.items()


def _rows(
    connection: Connection, metrics: _Asked, keys: Iterable[Key], segment: Segment, width: int
) -> Iterator[Sequence[Any]]:
    table = ROLLUPS[_rate(metrics[0]).family].tiers[segment.tier]
    bucket = table.c.bucket - table.c.bucket % width
    sums = [_sum(table, names) for metric in metrics for names in _rate(metric)[1:]]
    for cascades, some in _by_cascade(keys):
        statement = (
            select(table.c.cascade, table.c.route, bucket.label("at"), *sums)
            .where(table.c.cascade.in_(cascades), table.c.origin == "live", table.c.route.in_(some))
            .where(table.c.bucket >= segment.start, table.c.bucket < segment.end)
            .group_by(table.c.cascade, table.c.route, bucket)
        )
        yield from connection.execute(statement).all()


def _by_cascade(keys: Iterable[Key]) -> Iterator[tuple[list[str], list[str]]]:
    """Cascades of which the same routes are wanted, with some of those routes at a time."""
    of: dict[str, list[str]] = {}
    for cascade, route in keys:
        of.setdefault(cascade, []).append(route)
    alike: dict[tuple[str, ...], list[str]] = {}
    for cascade, names in of.items():
        alike.setdefault(tuple(sorted(names)), []).append(cascade)
    for routes_of, cascades in alike.items():
        for i in range(0, len(routes_of), _ROUTES_AT_ONCE):
            yield cascades, list(routes_of[i : i + _ROUTES_AT_ONCE])


def _sum(table: Table, names: Sequence[str]) -> ColumnElement[int]:
    total: ColumnElement[int] = table.c[names[0]]
    for name in names[1:]:
        total = total + table.c[name]
    return cast(func.sum(total), BigInteger)


def _rate(metric: str) -> Rate:
    found = RATES.get(metric)
    if found is None:
        raise UsageError(f"{metric} is no rate that drift can be looked for in; one is: {', '.join(RATES)}")
    return found
