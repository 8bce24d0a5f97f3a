"""What counters tell: everything that was ever counted, so that no total falls, whatever becomes of the sums.

    told(connection)             the totals by (counter, cascade, route), or (`ingest`, sender, outcome)
    keep(connection, applied)    of sums taken away and put back: what they fell by is kept
    keep_fallen(connection, was) the same of sums made anew
    keep_old(connection, …)      the same of days that leave the sums

What a total would have fallen by is kept in `sequences`, in the transaction that lowers the sums, and is
added whenever it is told. Whoever adds up the rises of a counter counts nothing twice then.
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

KEY = "fallen:"  # prefix of the names in `sequences`
VERDICTS = ("accept", "reject", "judge_error", "judge_timeout", "judge_unparseable", "skipped")
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
    for name, value in connection.execute(
        select(sequences).where(sequences.c.name.startswith(KEY, autoescape=True))
    ):
        found[tuple(msgspec.json.decode(name.removeprefix(KEY)))] += int(value)
    return found


def held(connection: Connection) -> Totals:
    """What the sums hold of live traffic, without days that are about to go."""
    first = _floors(connection, horizons.stored(connection).rollup)
    return _between(connection, {family: (floor, None) for family, floor in first.items()})


def keep(connection: Connection, applied: Iterable[Applied]) -> None:
    """Keeps what totals fall by: `applied` are sums as they were added, negative where taken away."""
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
    _add(connection, -change)


def keep_fallen(connection: Connection, was: Totals) -> None:
    """Keeps what totals have fallen by since they were `held`."""
    _add(connection, was - held(connection))


def keep_old(connection: Connection, before: int, after: int) -> None:
    """Keeps what the sums held between two horizons of theirs, the one in force and the next."""
    first, last = (_floors(connection, horizon) for horizon in (before, after))
    _add(connection, _between(connection, {family: (first[family], last[family]) for family in COUNTERS}))


def keep_arrived(connection: Connection, before: int) -> None:
    """Keeps what arrived in hours before a moment, whose counters are deleted."""
    _add(connection, _arrived(connection, ingest_counters.c.bucket < before))


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


def _add(connection: Connection, fallen: Totals) -> None:
    """Adds what is above zero."""
    rows = [(KEY + msgspec.json.encode(key).decode(), n) for key, n in sorted(fallen.items()) if n > 0]
    dialect.add(connection, sequences, rows)
