"""How long the pages take over months of traffic, what they send, and what they do to those who send events.

python bench/pages.py [--events 60000] [--repeats 20] [--seconds 30] [--watchers 5] [--minutes 5] [--quick]
                      [--only server,browser,ingest,memory] [--page traffic]

Prints one JSON document. The rollups are as large as ten million events in 30 days leave them (see
bench/queries.py), and the verifier was checked once. `server`: a page's script in this process, its
questions included, warm. `browser`: from the address to the last figure in a headless Chromium, and the
bytes that came for it; `bare_page`: the same of a page of Streamlit that does nothing but show four charts
(bench/bare_page.py), in turn with ours. `ingest`: the wait of a sender at a steady 500 events a second
while nobody looks, and while dashboards are open and renew themselves; with the memory of the process.
`memory`: the process each minute while as many readers go from page to page all the time, and how fast it
grows once everything has been seen (asked for by name only).
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from browsing import Visit, at, bare_page, chromium, known_visitor, settle, spread, visited
from checking import check
from databases import Database, empty
from events import CASCADE, bodies
from filling import clock, fill, opened
from load import Answers, request, steady
from multiplying import multiply
from processes import Server, cascadewatch, free_port, running
from servers import KEY, SETTINGS

PAGES = ("overview", "cost", "quality", "verifier", "traffic", "replays", "incidents", "sources")
RANGES = ("24h", "30d")
BARE = "bare"
DAYS, ROUTES = 30, 5
PER_REQUEST, PER_SECOND = 50, 500
MIB = 2**20
Json = dict[str, Any]


class Options(NamedTuple):
    """What one run measures."""

    events: int
    repeats: int
    seconds: int
    watchers: int
    minutes: int
    only: tuple[str, ...]
    pages: tuple[str, ...]


def main() -> None:
    """Fills, measures and prints."""
    options = chosen()
    found: Json = {"options": options._asdict()}
    with empty(None) as database:
        with opened(database) as store:
            progress(f"taking in {options.events:,} events and multiplying the rollups")
            fill(database, store, options.events)
            multiply(store, clock(), DAYS, ROUTES)
            check(database, store)
        if "server" in options.only:
            found["server_ms"] = scripts(database, options)
        with up(database) as server:
            if "browser" in options.only:
                found["browser"], found["bare_page"] = looked_at(server, options)
            if "ingest" in options.only:
                found["ingest"] = while_sending(server, options)
            if "memory" in options.only:
                found["memory"] = while_reading(server, options)
    print(json.dumps({"pages": found}, indent=1))


def chosen() -> Options:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measures the pages; prints JSON.")
    parser.add_argument("--events", type=int, default=60_000, help="held as rows")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=30, help="of steady sending, each time")
    parser.add_argument("--watchers", type=int, default=5, help="dashboards open meanwhile")
    parser.add_argument("--minutes", type=int, default=5, help="of readers going from page to page")
    parser.add_argument("--only", default="server,browser,ingest", help="these, and memory")
    parser.add_argument("--page", choices=PAGES, help="this page alone")
    parser.add_argument("--quick", action="store_true", help="small and once, to see that everything runs")
    given = parser.parse_args()
    only, pages = tuple(given.only.split(",")), (given.page,) if given.page else PAGES
    if given.quick:
        return Options(2000, 1, 2, 1, 1, only, pages)
    return Options(given.events, given.repeats, given.seconds, given.watchers, given.minutes, only, pages)


@contextmanager
def up(database: Database) -> Iterator[Server]:
    """`cascadewatch up` on the database."""
    port = free_port()
    line = cascadewatch("up", "--config", str(SETTINGS), "--db", database.url, "--port", str(port))
    with running(line, port, "/readyz", KEY) as server:
        yield server


def scripts(database: Database, options: Options) -> Json:
    """Milliseconds of each page's script over each range; what pages keep for a moment is forgotten."""
    import streamlit
    from streamlit.testing.v1 import AppTest

    os.environ |= {"CASCADEWATCH_DATABASE_URL": database.url, "CASCADEWATCH_CONFIG": str(SETTINGS)} | KEY
    found = {}
    for name in options.pages:
        text = f"from dashboard import sidebar\nfrom dashboard.views import {name} as page\n"
        text += "page.show(sidebar.choose())\n"
        for span in RANGES:
            progress(f"{name} over {span}")
            app = AppTest.from_string(text, default_timeout=60)
            app.query_params["cascade"], app.query_params["range"] = CASCADE, span
            found[f"{name} {span}"] = spread(timed(app.run, options.repeats, streamlit.cache_data.clear))
            if app.exception:
                raise AssertionError(f"{name} over {span}: {app.exception[0].message}")
    return found


def timed(once: Callable[[], object], repeats: int, before: Callable[[], object]) -> list[float]:
    """Milliseconds of each repeat but the first, which imports what is needed."""
    taken = []
    for _ in range(repeats + 1):
        before()
        start = time.perf_counter()
        once()
        taken.append(1000 * (time.perf_counter() - start))
    return taken[1:]


def looked_at(server: Server, options: Options) -> tuple[Json, Json]:
    """Milliseconds until a page stands still, and its largest payload, for a visitor who was here before: of
    each page, and of a bare one. Each repeat looks at all, and the first one only makes them known."""
    seen: dict[str, list[Visit]] = {name: [] for name in (BARE, *options.pages)}
    with bare_page() as bare, known_visitor() as context:
        for repeat in range(min(5, options.repeats) + 1):
            progress(f"the pages in the browser, {repeat + 1}")
            for name, visits in seen.items():
                where = f"http://127.0.0.1:{bare.port}/" if name == BARE else address(server, name)
                visits.append(visited(context.new_page(), where))
    found = {name: told(visits[1:]) for name, visits in seen.items()}
    return {name: found[name] for name in options.pages}, found[BARE]


def told(visits: list[Visit]) -> Json:
    """What the visits to one page took."""
    return {
        "settled_ms": spread([visit.ms for visit in visits]),
        "payload_mib": round(max(visit.bytes for visit in visits) / MIB, 3),
    }


def address(server: Server, name: str) -> str:
    """Of a page, over 30 days of the cascade."""
    path = "" if name == "overview" else name
    return f"http://127.0.0.1:{server.port}/{path}?cascade={CASCADE}&range=30d"


def while_sending(server: Server, options: Options) -> Json:
    """The wait of a sender alone and beside open dashboards, and the memory of the process."""
    alone = waits(server, options.seconds, 100)
    before = server.rss_mib()
    with chromium() as browser:
        for name in (PAGES * options.watchers)[: options.watchers]:
            page = browser.new_page()
            page.goto(address(server, name))
            settle(page)
        first = server.rss_mib()
        beside = waits(server, options.seconds, 200)
        last = server.rss_mib()
    return {
        "alone": alone, "watched": beside, "watchers": options.watchers,
        "rss_mib": {"before": round(before), "opened": round(first), "at_the_end": round(last)},
        "growth_mib_per_minute": round((last - first) / options.seconds * 60, 1),
    }  # fmt: skip


def while_reading(server: Server, options: Options) -> Json:
    """The process each minute while readers go through all pages over both ranges again and again. What it
    gains in the second half of that time is what it would go on gaining."""
    held, start = [server.rss_mib()], time.monotonic()
    visits = 0
    with chromium() as browser:
        readers = [browser.new_page() for _ in range(options.watchers)]
        for reader in readers:
            reader.set_default_timeout(120_000)
        while len(held) <= options.minutes:
            page, name = readers[visits % len(readers)], options.pages[visits % len(options.pages)]
            page.goto(address(server, name).replace("30d", RANGES[visits // len(options.pages) % 2]))
            settle(page)
            visits += 1
            if time.monotonic() - start >= 60 * len(held):
                held.append(server.rss_mib())
                progress(f"{held[-1]:.0f} MiB after {visits} visits")
    half = (len(held) - 1) // 2
    return {
        "watchers": options.watchers, "visits": visits, "rss_mib_each_minute": [round(m) for m in held],
        "growth_mib_per_minute": round((held[-1] - held[half]) / (len(held) - 1 - half), 1),
    }  # fmt: skip


def waits(server: Server, seconds: int, seed: int) -> Json:
    """Milliseconds that senders waited."""
    progress("a steady load")
    count = PER_SECOND * seconds
    prepared = [request(b, "/v1/events", server.port) for b in bodies(count, PER_REQUEST, seed)]
    with ThreadPoolExecutor(1) as pool:  # in the main thread Playwright keeps a loop of its own
        answers = pool.submit(steady, server.port, prepared, PER_SECOND / PER_REQUEST).result()
    if set(answers.statuses) != {200}:
        raise AssertionError(f"refused: {refusals(answers)}")
    taken = sorted(1000 * s for s in answers.latencies)
    return {"events": count, "p50_ms": round(median(taken), 1), "p99_ms": round(at(taken, 0.99), 1),
            "max_ms": round(taken[-1], 1)}  # fmt: skip


def refusals(answers: Answers) -> list[bytes]:
    """What the first requests that were not accepted heard."""
    return [body for status, body in zip(answers.statuses, answers.bodies, strict=True) if status != 200][:3]


def progress(message: str) -> None:
    """A word to whoever waits."""
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
