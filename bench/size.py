"""What ten million real events do to a database: they are taken in one by one, then everything is asked.

python bench/size.py [--events 10000000] [--days 90] [--databases sqlite,postgres] [--at URL] [--quick]
                     [--only load,totals,questions,pages,commands,verify] [--repeats 20] [--held 5000000]
                     [--minutes N]

Prints one JSON document. The events (history.py) go through the real decoder and the real writer in this
process. `load`: seconds, pace and memory in each tenth, bytes per event, and the pace with `--held` events
there against the pace at the start. `totals`: every rollup, bucket by bucket, against what was sent.
`questions`: those of queries.py. `pages`: their scripts, as in pages.py. `commands`: seconds and memory of
commands that look at much. `verify` is left out unless named: it reads everything again.

`--at` names a database of your own, which stays. `--minutes` ends the load when it has taken so long: the
latest days are taken in first, so what is there is asked all the same.
"""

import argparse
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

import pages
import totals
from commands import command_figures, verified
from databases import Database, empty, existing, postgres_server
from filling import Step, clock, load, opened
from growth import Pair, rates
from history import History, shapes
from queries import asked, flat
from totals import Sent
from watching import watched, word

PARTS = ("load", "totals", "questions", "pages", "commands")
Json = dict[str, Any]


class Options(NamedTuple):
    """What one run does."""

    events: int
    days: int
    databases: tuple[str, ...]
    at: str | None
    only: tuple[str, ...]
    repeats: int
    held: int
    minutes: float | None


def main() -> None:
    """Fills, asks and prints."""
    options = chosen()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # a Postgres that was started ends too
    found: Json = {"options": options._asdict(), "growth": {}, "databases": {}}
    for name, server, database in databases(options):
        word(f"{name}: {options.events:,} events")
        part = measured(database, server, options)
        found["databases"][name] = part
        growth = part.get("load", {}).pop("growth", {})
        if growth:
            found["growth"][name] = growth | {"bytes_per_event": part["load"]["bytes_per_event"]}
    print(json.dumps({"growth": found.pop("growth"), "size": found}, indent=1))


def chosen() -> Options:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measures a large database; prints JSON.")
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=90, help="over which they are spread")
    parser.add_argument("--databases", default="sqlite,postgres", help="PG_URL, or an embedded one")
    parser.add_argument("--at", help="URL of a database that stays")
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--held", type=int, default=5_000_000, help="events at which the pace is compared")
    parser.add_argument("--minutes", type=float, help="of loading, at most")
    parser.add_argument("--quick", action="store_true", help="small and once, to see that everything runs")
    given = parser.parse_args()
    names = tuple(given.databases.split(","))
    if given.at:
        names = ("sqlite" if given.at.startswith("sqlite") else "postgres",)
    only = tuple(given.only.split(","))
    events, days, repeats, held = given.events, given.days, given.repeats, given.held
    if given.quick:
        events, days, repeats, held = min(events, 30_000), 3, 1, 15_000
    return Options(events, days, names, given.at, only, repeats, held, given.minutes)


def databases(options: Options) -> Iterator[tuple[str, str | None, Database]]:
    """Each with its name and server; gone afterwards, unless it is somebody's own."""
    if options.at:
        name = options.databases[0]
        yield name, None if name == "sqlite" else options.at, existing(options.at)
        return
    for name in options.databases:
        with server_of(name) as server, empty(server) as database:
            yield name, server, database


@contextmanager
def server_of(name: str) -> Iterator[str | None]:
    """Where a database of that kind may be made."""
    if name == "sqlite":
        yield None
    else:
        with postgres_server() as server:
            yield server


def measured(database: Database, server: str | None, options: Options) -> Json:
    """All that is wanted of one database."""
    history, different = History(options.events, options.days, clock()), shapes()
    sent, found = Sent(history, different), {}
    if "load" in options.only:
        pair = Pair(server, options.held, max(5000, options.held // 50))
        with opened(database) as store:
            steps = pair.beside(load(database, store, history, different, sent.add))
            seconds = None if options.minutes is None else 60 * options.minutes
            listed = watched(steps, options.events, seconds)
            if "totals" in options.only:
                word("comparing every rollup with what was sent")
                found["totals"] = totals.compared(store, sent)
        found["load"] = loaded(listed, database) | {"growth": pair.figures()}
    if "questions" in options.only:
        word("asking")
        with opened(database) as store:
            questions = asked(database, store, options.repeats)
        found["questions"] = questions
        for key, figure in (("worst_p95", "p95_ms"), ("worst_cpu", "cpu_ms")):
            ms, name = max((t[figure], name) for name, t in flat(questions))
            found[key] = {"ms": ms, "question": name}
    if "pages" in options.only:
        look = pages.Options(
            events=0, repeats=options.repeats, seconds=0, watchers=0, minutes=0, only=(), pages=pages.PAGES
        )
        found["server_ms"] = pages.scripts(database, look)
    if "commands" in options.only:
        found["commands"] = command_figures(database)
    if "verify" in options.only:
        found["verify"] = verified(database)
    return found


def loaded(steps: list[Step], database: Database) -> Json:
    """Of each tenth: pace and the most memory held. Of all: seconds and bytes."""
    count, tenths = steps[-1].after, []
    for n in range(10):
        some = [s for s in steps if count * n <= 10 * s.before < count * (n + 1)]
        tenths.append({**rates(some), "rss_mib": round(max(s.rss_mib for s in some))} if some else {})
    size = database.bytes_held()
    return {
        "events": count, "seconds": round(sum(s.seconds for s in steps), 1), **rates(steps), "tenths": tenths,
        "bytes": size, "bytes_per_event": round(size / count),
    }  # fmt: skip


if __name__ == "__main__":
    main()
