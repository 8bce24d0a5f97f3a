"""How long rules take: one look at 200 streams, a back-test of 30 days, the first walk over history.

python bench/rules.py [--cascades 20] [--routes 9] [--repeats 10] [--postgres] [--quick]

Prints one JSON document. Rollups are filled directly, with hours that scatter like real ones: whole cascades
and their routes, quarter-hours for eight days and minutes for the last two; a cascade of its own has minutes
for 37 days. A look reads states, baselines and counts, and weighs all streams; its rows are saved apart.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from databases import empty, postgres_server
from filling import opened, settings_of
from sqlalchemy import Connection, delete, insert, literal, select, update

from alerts.kinds import drift
from alerts.rules import rules_of
from cascadewatch.settings import Rule, Settings
from cascadewatch.store import dialect, tables
from cascadewatch.store.cells import ALL, HOUR, MINUTE, QUARTER, UTC_DAY
from cascadewatch.store.engine import Store
from cascadewatch.store.rollup_tables import ROLLUPS

NOW = 1_795_262_400_000 + 7 * MINUTE  # a Saturday, just after a look
PER_MINUTE = 2
RATE = 0.3
Json = dict[str, Any]
Counts = tuple[int, int, int]  # bucket, escalated, judged


class Options(NamedTuple):
    """What one run measures."""

    cascades: int
    routes: int
    days: int
    repeats: int
    postgres: bool


def main() -> None:
    """Fills, measures and prints."""
    options = chosen()
    found: Json = {"options": options._asdict(), "databases": {"sqlite": measured(options, None)}}
    if options.postgres:
        with postgres_server() as server:
            found["databases"]["postgres"] = measured(options, server)
    print(json.dumps(found, indent=1))


def chosen() -> Options:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measures the evaluation of rules; prints JSON.")
    parser.add_argument("--cascades", type=int, default=20)
    parser.add_argument("--routes", type=int, default=9, help="of each cascade")
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--postgres", action="store_true", help="also on Postgres: PG_URL, or embedded")
    parser.add_argument("--quick", action="store_true", help="small and once, to see that everything runs")
    given = parser.parse_args()
    if given.quick:
        return Options(2, 2, 9, 1, given.postgres)
    return Options(given.cascades, given.routes, 30, given.repeats, given.postgres)


def measured(options: Options, server: str | None) -> Json:
    """Seconds and milliseconds on one database."""
    with empty(server) as database, opened(database) as store:
        progress("filling rollups")
        fill(store, options)
        settings = settings_of(database)
        escalation = [rule for rule in rules_of(settings) if rule.metric == "escalation_rate"]
        watched = [rule.model_copy(update={"cascade": None}) for rule in escalation]
        progress("walking over history")
        walked = first_walk(store, settings, watched)
        progress("looking")
        looked = looks(store, settings, watched, options.repeats)
        progress("back-testing")
        tested = back_test(store, settings, escalation[0], options)
        return {"first_walk": walked, "look": looked, "back_test": tested}


def first_walk(store: Store, settings: Settings, rules: list[Rule]) -> Json:
    """Eight days of every stream, from nothing to states and baselines."""
    start = time.perf_counter()
    with store.reading() as connection:
        found, rows = drift.look(connection, settings, rules, NOW)
    taken = time.perf_counter() - start
    with store.writing() as connection:
        drift.save(connection, rows, NOW)
    return {"streams": len(found), "seconds": round(taken, 2), "bytes_per_state": state_bytes(rows)}


def looks(store: Store, settings: Settings, rules: list[Rule], repeats: int) -> Json:
    """One look after another, five minutes apart, each with something new in every stream."""
    looking, saving, streams = [], [], 0
    for number in range(1, repeats + 2):
        now = NOW + number * 5 * MINUTE
        start = time.perf_counter()
        with store.reading() as connection:
            found, rows = drift.look(connection, settings, rules, now)
        looking.append(1000 * (time.perf_counter() - start))
        streams = len(found)
        start = time.perf_counter()
        with store.writing() as connection:
            drift.save(connection, rows, now)
        saving.append(1000 * (time.perf_counter() - start))
        assert len(rows) == streams, "every stream has something new"
    return {"streams": streams, **spread("look", looking[1:]), **spread("save", saving[1:])}


def back_test(store: Store, settings: Settings, rule: Rule, options: Options) -> Json:
    """One rule on one stream over days of minutes; the baseline is learnt from the week before."""
    only = rule.model_copy(update={"cascade": "long"})

    def once() -> int:
        with store.reading() as connection:
            return len(drift.walk(connection, settings, [only], NOW - options.days * UTC_DAY, NOW))

    taken, episodes = [], 0
    for _ in range(max(1, options.repeats // 3)):
        start = time.perf_counter()
        episodes = once()
        taken.append(1000 * (time.perf_counter() - start))
    return {"days": options.days, "episodes": episodes, **spread("back_test", taken)}


def fill(store: Store, options: Options) -> None:
    """Streams that differ in nothing but their names, and ahead of the present what the looks will find."""
    ahead = (options.repeats + 2) * 5 * MINUTE
    with store.writing() as connection:
        horizon = NOW - (options.days + 8) * UTC_DAY
        connection.execute(
            update(tables.meta)
            .where(tables.meta.c.key == "minute_horizon")
            .values(value=str(horizon - horizon % UTC_DAY))
        )
        names = [f"cascade-{number:02d}" for number in range(options.cascades)]
        for name in (*names, "long"):
            dialect.insert(connection, tables.tiers, [(name, "small", "model", None, None, None)])
        model = minutes(NOW - 8 * UTC_DAY, NOW + ahead)
        routes = [f"route-{number}" for number in range(options.routes)]
        known = [("route", cascade, route, 0) for cascade in names for route in routes]
        dialect.insert(connection, tables.names, known)
        for tier, first in (("quarter", 0), ("minute", NOW - 2 * UTC_DAY)):
            pour(connection, tier, ("model", "model"), (b for b in model if b[0] >= first))
            for name in names:
                copy(connection, tier, name, routes)
            table = ROLLUPS["events"].tiers[tier]
            connection.execute(delete(table).where(table.c.cascade == "model"))
        for tier in ("quarter", "minute"):
            pour(connection, tier, ("long", ALL), minutes(NOW - (options.days + 8) * UTC_DAY, NOW + ahead))


def minutes(start: int, end: int) -> list[Counts]:
    """Whole minutes of hours whose own rates scatter by 4.6 points."""
    random, found = Random(5), []
    for hour in range(start - start % HOUR, end, HOUR):
        rate = random.betavariate(RATE * 99, (1 - RATE) * 99)
        within = range(hour, min(hour + HOUR, end), MINUTE)
        found += [(at, sum(random.random() < rate for _ in range(PER_MINUTE)), PER_MINUTE) for at in within]
    return found


def pour(connection: Connection, tier: str, stream: tuple[str, str], counts: Iterable[Counts]) -> None:
    """Adds minutes to the sums of events of one stream."""
    table, width = ROLLUPS["events"].tiers[tier], MINUTE if tier == "minute" else QUARTER
    sums: dict[int, list[int]] = {}
    for at, k, n in counts:
        here = sums.setdefault(at - at % width, [0, 0])
        here[0], here[1] = here[0] + k, here[1] + n
    named = [dict.fromkeys(table.c.keys(), 0) | {
        "cascade": stream[0], "origin": "live", "route": stream[1], "bucket": at, "revision": "",
        "events": n, "judged": n, "escalated": k, "flagship": k,
    } for at, (k, n) in sums.items()]  # fmt: skip
    dialect.insert(connection, table, [tuple(row.values()) for row in named])


def copy(connection: Connection, tier: str, cascade: str, routes: list[str]) -> None:
    """The model stream under other names; the whole cascade is the sum of its routes."""
    table = ROLLUPS["events"].tiers[tier]
    fixed = ("cascade", "origin", "route", "bucket", "revision")
    for route in (ALL, *routes):
        times = len(routes) if route == ALL else 1
        named = {"cascade": literal(cascade), "route": literal(route)}
        columns = [
            named.get(c.name, c if c.name in fixed else c * times).label(c.name)  # type: ignore[arg-type]
            for c in table.c
        ]
        source = select(*columns).where(table.c.cascade == "model")
        connection.execute(insert(table).from_select(list(table.c.keys()), source))


def spread(name: str, taken: list[float]) -> Json:
    """Best, median and worst, in milliseconds."""
    ordered = sorted(taken)
    chosen = {"best": ordered[0], "p50": ordered[len(ordered) // 2], "worst": ordered[-1]}
    return {f"{name}_{which}_ms": round(value, 1) for which, value in chosen.items()}


def state_bytes(rows: list[drift.Row]) -> int:
    """Mean size of what is remembered of a stream."""
    return sum(len(row.stream.state) for row in rows) // max(1, len(rows))


def progress(message: str) -> None:
    """A word to whoever waits."""
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
