"""What counters tell: everything that was ever counted, so that no total falls, whatever becomes of the sums.

    told(connection)             the totals by (counter, cascade, route), or (`ingest`, sender, outcome)
    keep(connection, applied)    of sums taken away and put back: what they changed by is kept
    keep_fallen(connection, was) the same of sums made anew
    keep_old(connection, …)      days that leave the sums

What is kept lies in `sequences`, in the transaction that changes the sums, and is added whenever totals are
told. A correction moves no total, up to the highest that the sums of its cascade ever came to: only what
passes that is told. So whoever adds up the rises of a counter counts nothing twice, and an event that a
correction takes to another route counts on under its first.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select

from cascadewatch.metrics.measures import ATTEMPT_MEASURES, EVENT_MEASURES, PARTS
from cascadewatch.store import dialect, horizons
from cascadewatch.store.cells import ALL, DAY_TIER, Sums
from cascadewatch.store.rollup_tables import ROLLUPS
from cascadewatch.store.tables import ingest_counters, sequences
from cascadewatch.store.zone import local_days, zone_of

# Prefixes of the names in `sequences`: what corrections changed, and what left the sums for good.
CORRECTED, GONE = "fallen:", "gone:"
VERDICTS = {  # measure to outcome
    "accept": "accept",
    "reject": "reject",
    "judge_error": "error",
    "judge_timeout": "timeout",
    "judge_unparseable": "unparseable",
    "skipped": "skipped",
}
# The measures that each counter adds up, by family of sums.
COUNTERS: dict[str, dict[str, tuple[str, ...]]] = {
    "events": {
        **{name: (name,) for name in ("events", "judged", "escalated")},
        "cost_nanousd": tuple(f"cost_{part}" for part in PARTS),
    },
    "attempts": {name: (name,) for name in VERDICTS},
}
_MEASURES = {"events": EVENT_MEASURES, "attempts": ATTEMPT_MEASURES}

Totals = Counter[tuple[str, ...]]
Applied = Mapping[tuple[str, str], Sums]


def told(connection: Connection) -> Totals:
    """All totals of live traffic and of what arrived."""
    found = held(connection)
    found.update(_arrived(connection))
    for prefix in (CORRECTED, GONE):
        found.update(_kept(connection, prefix))
    return found


def held(connection: Connection) -> Totals:
    """What the sums hold of live traffic, without days that are about to go."""
    first = _floors(connection, horizons.stored(connection).rollup)
    return _between(connection, {family: (floor, None) for family, floor in first.items()})


def keep(connection: Connection, applied: Iterable[Applied]) -> None:
    """Keeps totals where they are: `applied` are sums as they were added, negative where taken away."""
    change: Totals = Counter()
    for made in applied:
        for family, counters in COUNTERS.items():
            places = {
                name: [_MEASURES[family].index(m) for m in measures] for name, measures in counters.items()
            }
            for (cascade, origin, route, *_), sums in made.get((family, DAY_TIER), {}).items():
                if origin == "live" and route != ALL:
                    for name, of in places.items():
                        change[name, cascade, route] += sum(sums[place] for place in of)
    _correct(connection, change)


def keep_fallen(connection: Connection, was: Totals) -> None:
    """Keeps totals where they were when the sums were `held`."""
    change = held(connection)
    change.subtract(was)
    _correct(connection, change)


def _correct(connection: Connection, change: Totals) -> None:
    """Keeps what the sums changed by, all but the rise of a cascade past what was told of it before."""
    left: Counter[tuple[str, ...]] = Counter()  # how far its sums lie below that; below zero: above
    for key, n in _kept(connection, CORRECTED).items():
        left[key[:2]] += n
    for key, n in change.items():
        left[key[:2]] -= n
    kept: Totals = Counter()
    for key, n in sorted(change.items()):
        rise = max(0, min(n, -left[key[:2]]))
        left[key[:2]] += rise
        kept[key] = rise - n
    _add(connection, CORRECTED, kept)


def keep_old(connection: Connection, before: int, after: int) -> None:
    """Keeps what the sums held between two horizons of theirs, the one in force and the next."""
    first, last = (_floors(connection, horizon) for horizon in (before, after))
    days = {family: (first[family], last[family]) for family in COUNTERS}
    _add(connection, GONE, _between(connection, days))


def keep_arrived(connection: Connection, before: int) -> None:
    """Keeps what arrived in hours before a moment, whose counters are deleted."""
    _add(connection, GONE, _arrived(connection, ingest_counters.c.bucket < before))


def _floors(connection: Connection, horizon: int) -> dict[str, int]:
    """The first day of each family that a horizon keeps. That of events stays until all of it is older."""
    local_day = local_days(zone_of(connection) or "UTC")
    return {"events": local_day(horizon) if horizon else 0, "attempts": horizon}


def _between(connection: Connection, days: Mapping[str, tuple[int, int | None]]) -> Totals:
    found: Totals = Counter()
    for family, counters in COUNTERS.items():
        t, (first, end) = ROLLUPS[family].tiers[DAY_TIER].c, days[family]
        sums: list[ColumnElement[Any]] = [
            func.sum(sum((t[m] for m in more), t[measure])) for measure, *more in counters.values()
        ]
        within = [t.bucket >= first] + ([] if end is None else [t.bucket < end])
        statement = select(t.cascade, t.route, *sums).where(t.origin == "live", t.route != ALL, *within)
        for cascade, route, *values in connection.execute(statement.group_by(t.cascade, t.route)):
            found.update({(n, cascade, route): int(v) for n, v in zip(counters, values, strict=True)})
    return found


def _arrived(connection: Connection, *which: ColumnElement[bool]) -> Totals:
    t = ingest_counters.c
    statement = select(t.source, t.outcome, func.sum(t.n)).where(*which).group_by(t.source, t.outcome)
    return Counter({("ingest", r[0], r[1]): int(r[2]) for r in connection.execute(statement)})


def _kept(connection: Connection, prefix: str) -> Totals:
    names = sequences.c.name.startswith(prefix, autoescape=True)
    return Counter(
        {
            tuple(msgspec.json.decode(name.removeprefix(prefix))): int(n)
            for name, n in connection.execute(select(sequences).where(names))
        }
    )


def _add(connection: Connection, prefix: str, kept: Totals) -> None:
    rows = [(prefix + msgspec.json.encode(key).decode(), n) for key, n in sorted(kept.items()) if n]
    dialect.add(connection, sequences, rows)
