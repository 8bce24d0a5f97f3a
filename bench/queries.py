"""How long each question of the pages takes, over rollups as large as years of traffic leave them.

python bench/queries.py [--events 200000] [--rollups-of 10000000] [--days N] [--routes N] [--repeats 20]
                        [--postgres] [--quick]

Prints one JSON document. `--events` really go through ingest; then the fullest minute, quarter-hour, hour
and day they left are repeated in SQL over `--days` and `--routes`. How many rows rollups have depends on
those and not on the number of events, once every minute of every route has seen one: N events are 30
days of 5 routes up to ten million, 400 days of 50 routes above. Beside it: the same hourly sums out of
the event rows.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from databases import Database, empty, postgres_server
from events import CASCADE, ROUTES
from filling import clock, fill, opened, settings_of
from multiplying import DAY, multiply
from sqlalchemy import Connection

from cascadewatch.store import reads
from cascadewatch.store.engine import Store

HOUR = 3_600_000
RANGES = {"1h": HOUR, "24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "90d": 90 * DAY}
RAW = (
    "SELECT time - time % 3600000, route, count(*), sum(escalated), "
    "sum(cost_cheap + cost_verify + cost_escalated + cost_fallback + cost_routed + cost_other), "
    "sum(counterfactual_input + counterfactual_output) FROM events GROUP BY 1, 2"
)
RAREST = (
    f"SELECT caller FROM rollup_callers_utc_day WHERE cascade = '{CASCADE}' "
    "GROUP BY caller ORDER BY sum(events), caller LIMIT 1"
)
SOME_ID = "SELECT id FROM events WHERE seq = (SELECT max(seq) / 2 FROM events)"
Json = dict[str, Any]
Question = Callable[[Connection, int, int], object]


class Options(NamedTuple):
    """What one run measures."""

    events: int
    rollups_of: int
    days: int
    routes: int
    repeats: int
    postgres: bool


def main() -> None:
    """Fills, measures and prints."""
    options = chosen()
    found: Json = {"options": options._asdict(), "databases": {}}
    found["databases"]["sqlite"] = measured(options, None)
    if options.postgres:
        with postgres_server() as server:
            found["databases"]["postgres"] = measured(options, server)
    print(json.dumps(found, indent=1))


def chosen() -> Options:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measures reads; prints JSON.")
    parser.add_argument("--events", type=int, default=200_000, help="held as rows; from 40,000 on")
    parser.add_argument("--rollups-of", type=int, default=10_000_000, help="events the rollups look like")
    parser.add_argument("--days", type=int)
    parser.add_argument("--routes", type=int)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument(
        "--postgres", action="store_true", help="also on Postgres: PG_URL, or an embedded one"
    )
    parser.add_argument("--quick", action="store_true", help="small and once, to see that everything runs")
    given = parser.parse_args()
    if given.quick:
        return Options(2000, 2000, given.days or 2, given.routes or 5, 1, given.postgres)
    large = given.rollups_of > 10_000_000
    days, routes = given.days or (400 if large else 30), given.routes or (50 if large else len(ROUTES))
    return Options(given.events, given.rollups_of, days, routes, given.repeats, given.postgres)


def measured(options: Options, server: str | None) -> Json:
    """Milliseconds of every question over every range."""
    with empty(server) as database, opened(database) as store:
        progress(f"taking in {options.events:,} events")
        fill(database, store, options.events)
        progress("multiplying the rollups")
        rows = multiply(store, clock(), options.days, options.routes)
        progress("asking")
        raw = times(lambda: database.number(f"SELECT count(*) FROM ({RAW}) AS sums"), min(3, options.repeats))
        found = asked(database, store, options.repeats)
        worst = max((t["p95_ms"], name) for name, t in flat(found))
        return {"rollup_rows": rows, "questions": found, "worst_p95": {"ms": worst[0], "question": worst[1]},
                "raw_hourly_sums": {"rows": options.events, **raw}}  # fmt: skip


def asked(database: Database, store: Store, repeats: int) -> Json:
    """Each question over each range, in a transaction of its own, as a page asks it."""
    end = clock()

    def ask(question: Question, start: int) -> Json:
        def once() -> None:
            with store.reading() as connection:
                question(connection, start, end)

        return times(once, repeats)

    return {
        name: {label: ask(question, end - length) for label, length in RANGES.items()}
        for name, question in questions(database).items()
    }


def questions(database: Database) -> dict[str, Question]:
    """What the pages, the report and the API ask."""
    settings = settings_of(database)

    def reader(method: str, *what: str | None) -> Question:
        def ask(connection: Connection, start: int, end: int) -> object:
            found = reads.Reader(connection, settings)
            return getattr(found, method)(CASCADE, *what, found.cover(start, end))

        return ask

    return {
        "window": reader("window", None),
        "window of a route": reader("window", ROUTES[0]),
        "series": reader("series", None),
        "series of a route": reader("series", ROUTES[0]),
        "tier series": reader("tier_series", None),
        "label series": reader("label_series", None),
        "routes": reader("routes"),
        "revisions": reader("revisions"),
        "callers": lambda c, start, end: reads.callers(c, CASCADE, start, end),
        "caller count": lambda c, start, end: reads.caller_count(c, CASCADE, start, end),
        **single_events(database),
        "report": lambda c, start, end: reads.report(c, settings, start, end, CASCADE),
    }


def single_events(database: Database) -> dict[str, Question]:
    """The drill-down: its first page, one in the middle, those of rare events, and one event."""

    def page(**sought: str) -> Question:
        return lambda c, start, end: reads.page(c, reads.Filter(CASCADE, start=start, end=end, **sought))

    def deep(connection: Connection, start: int, end: int) -> object:
        return reads.page(connection, reads.Filter(CASCADE, start=start, end=end), ((start + end) // 2, 0))

    rare, known = database.text(RAREST), database.text(SOME_ID)
    return {
        "page": page(),
        "page in the middle": deep,
        "page of a route": page(route=ROUTES[0]),
        "page of a rare path": page(path="fallback"),
        "page of a path nobody took": page(path="routed"),
        "page of the rarest caller": page(caller=rare),
        "page of a caller nobody knows": page(caller="nobody"),
        "event": lambda c, start, end: reads.event(c, known),
    }


def times(once: Callable[[], object], repeats: int) -> Json:
    """Median and 95th percentile in milliseconds, and the median of this process' CPU time, which other work
    on the machine disturbs least; the first, which warms caches, does not count."""
    once()
    taken, cpu = [], []
    for _ in range(repeats):
        start, busy = time.perf_counter(), time.process_time()
        once()
        taken.append(1000 * (time.perf_counter() - start))
        cpu.append(1000 * (time.process_time() - busy))
    taken.sort()
    return {
        "p50_ms": round(taken[len(taken) // 2], 2),
        "p95_ms": round(taken[int(0.95 * (len(taken) - 1))], 2),
        "cpu_ms": round(sorted(cpu)[len(cpu) // 2], 2),
    }


def flat(found: Json) -> list[tuple[str, Json]]:
    """Every figure of a single query with its name; a report is many of them."""
    return [(f"{n} {r}", t) for n, spans in found.items() if n != "report" for r, t in spans.items()]


def progress(message: str) -> None:
    """A word to whoever waits."""
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
