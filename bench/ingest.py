"""How fast events are taken in, beside the limit of the database and a hand-written reference.

python bench/ingest.py [--repeats 3] [--events 60000] [--only http ack file] [--postgres] [--quick]

Prints one JSON document. Each repeat runs the limit, the reference and cascadewatch one after the other
on new databases, so that a busy machine slows all three; the figures are medians over the repeats.
After every run the rows and the sums are counted: a figure stands for events that are durable, can be
asked for, and are in the rollups.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

import limits
from databases import empty, postgres_server
from events import bodies, encode, events
from load import Answers, flood, request, steady
from processes import cascadewatch, surroundings
from servers import KEY, SETTINGS, Name, Subject, subject

SIZES = (500, 50, 1)  # events a request
CONNECTIONS = {500: 4, 50: 4, 1: 16}
SHARE = {500: 1, 50: 2, 1: 15}  # of --events: smaller requests are slower
STEADY_EVENTS, STEADY_SIZE = 500, 50  # a second, a request
Json = dict[str, Any]


class Options(NamedTuple):
    """What one run measures."""

    repeats: int
    events: int
    only: list[str]
    postgres: bool
    seconds: float  # of the steady load


class Run(NamedTuple):
    """One flood of one server."""

    per_second: float
    per_cpu_second: float
    rss_mib: float
    bytes_per_event: float


def main() -> None:
    """Measures and prints."""
    options = chosen()
    found: Json = {"machine": machine(), "options": options._asdict(), "databases": {}}
    found["databases"]["sqlite"] = measured(options, None)
    if options.postgres:
        with postgres_server() as server:
            found["databases"]["postgres"] = measured(options, server)
    print(json.dumps(found, indent=1))


def chosen() -> Options:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measures ingest; prints JSON.")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--events", type=int, default=60_000, help="of one run with 500 a request")
    parser.add_argument("--only", nargs="+", choices=("http", "ack", "file"), default=["http", "ack", "file"])
    parser.add_argument(
        "--postgres", action="store_true", help="also on Postgres: PG_URL, or an embedded one"
    )
    parser.add_argument("--quick", action="store_true", help="one short repeat, to see that everything runs")
    given = parser.parse_args()
    if given.quick:
        return Options(1, min(given.events, 1500), given.only, given.postgres, 1.0)
    return Options(given.repeats, given.events, given.only, given.postgres, 20.0)


def machine() -> Json:
    """What the figures were taken on."""
    return {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system(),
            "load": round(os.getloadavg()[0], 2)}  # fmt: skip


def measured(options: Options, server: str | None) -> Json:
    """Every figure of one kind of database."""
    found: Json = {}
    if "http" in options.only:
        found["http"] = {str(size): http(options, size, server) for size in SIZES}
    if "ack" in options.only:
        found["acknowledgement"] = acknowledgement(options, server)
    if "file" in options.only:
        found["file"] = from_file(options, server)
    return found


def http(options: Options, size: int, server: str | None) -> Json:
    """Events a second with `size` events a request: the limit, the reference and ours in turn."""
    count = max(size, options.events // SHARE[size] // size * size)
    rows = limits.prepared(min(count, 20_000))
    paces: list[float] = []
    runs: dict[Name, list[Run]] = {"reference": [], "cascadewatch": []}
    for repeat in range(options.repeats):
        kind = "SQLite" if server is None else "Postgres"
        progress(f"{size} a request, {kind}: {repeat + 1} of {options.repeats}")
        pace = limits.insert(rows, server)
        paces.append(pace.events / pace.seconds)
        for name, found in runs.items():
            found.append(run(name, size, count, server, repeat))
    limit = median(paces)
    ours, reference = summary(runs["cascadewatch"]), summary(runs["reference"])
    return {
        "events": count, "connections": CONNECTIONS[size],
        "cascadewatch": ours, "reference": reference, "limit": {"events_per_second": round(limit)},
        "ours_to_reference": ratio(ours, reference, "events_per_second"),
        "ours_to_reference_per_cpu_second": ratio(ours, reference, "events_per_cpu_second"),
        "ours_to_limit": round(ours["events_per_second"] / limit, 3),
    }  # fmt: skip


def run(name: Name, size: int, count: int, server: str | None, seed: int) -> Run:
    """Floods one server with `count` events. The first request, which warms it up, is not timed."""
    with empty(server) as database:
        before = database.bytes_held()
        with subject(name, database) as under:
            content = prepared(under, count + size, size, seed)
            accepted(flood(under.server.port, content[:1], 1))
            spent = under.server.cpu_seconds()
            answers = flood(under.server.port, content[1:], CONNECTIONS[size])
            spent = under.server.cpu_seconds() - spent
            taken = accepted(answers)
            assert under.held() == (count + size, count + size), under.held()
            rss = under.server.rss_mib()
        grown = database.bytes_held() - before
    return Run(taken / answers.seconds, taken / max(spent, 0.01), rss, grown / (count + size))


def prepared(under: Subject, count: int, size: int, seed: int) -> list[bytes]:
    """Whole requests, ready to send."""
    port = under.server.port
    return [request(body, under.path, port) for body in bodies(count, size, seed)]


def accepted(answers: Answers) -> int:
    """How many events were taken; every request must have been answered with 200."""
    assert set(answers.statuses) == {200}, answers.bodies[:1]
    return sum(json.loads(body)["accepted"] for body in answers.bodies)


def summary(runs: list[Run]) -> Json:
    """Medians; the best of CPU, which other processes disturb less than they do the clock."""
    per_second = sorted(r.per_second for r in runs)
    return {
        "events_per_second": round(median(per_second)),
        "lowest": round(per_second[0]), "highest": round(per_second[-1]),
        "events_per_cpu_second": round(max(r.per_cpu_second for r in runs)),
        "rss_mib": round(max(r.rss_mib for r in runs), 1),
        "bytes_per_event": round(median(r.bytes_per_event for r in runs)),
    }  # fmt: skip


def ratio(ours: Json, theirs: Json, key: str) -> float:
    """Ours as a share of theirs."""
    return round(float(ours[key]) / float(theirs[key]), 3)


def acknowledgement(options: Options, server: str | None) -> Json:
    """How long a sender waits at a steady 500 events a second in batches of 50."""
    progress("acknowledgement at a steady load")
    count = max(2 * STEADY_SIZE, int(STEADY_EVENTS * options.seconds))
    with empty(server) as database, subject("cascadewatch", database) as under:
        content = prepared(under, count + STEADY_SIZE, STEADY_SIZE, 1)
        accepted(flood(under.server.port, content[:1], 1))
        answers = steady(under.server.port, content[1:], STEADY_EVENTS / STEADY_SIZE)
        assert accepted(answers) == count
        assert under.held() == (count + STEADY_SIZE, count + STEADY_SIZE)
    waits = sorted(1000 * s for s in answers.latencies)
    return {"events": count, "events_per_second": STEADY_EVENTS, "per_request": STEADY_SIZE,
            "p50_ms": quantile(waits, 0.5),
            "p99_ms": quantile(waits, 0.99), "max_ms": quantile(waits, 1)}  # fmt: skip


def quantile(ascending: list[float], share: float) -> float:
    """What `share` of the values do not exceed."""
    return round(ascending[min(len(ascending) - 1, int(share * len(ascending)))], 2)


def from_file(options: Options, server: str | None) -> Json:
    """Events a second of `cascadewatch ingest FILE`, its start included."""
    rates, spent = [], []
    with lines(options.events) as file:
        for repeat in range(options.repeats):
            progress(f"from a file: {repeat + 1} of {options.repeats}")
            with empty(server) as database:
                command = cascadewatch("ingest", str(file), "--config", str(SETTINGS), "--db", database.url)
                before, start = children_cpu_seconds(), time.perf_counter()
                done = subprocess.run(
                    command, env=surroundings(KEY), capture_output=True, text=True, check=True
                )
                rates.append(options.events / (time.perf_counter() - start))
                spent.append(children_cpu_seconds() - before)
                assert json.loads(done.stdout)["accepted"] == options.events, done.stdout
                assert database.number("SELECT count(*) FROM events") == options.events
    return {
        "events": options.events,
        "events_per_second": round(median(rates)),
        "events_per_cpu_second": round(options.events / min(spent)),
    }


def children_cpu_seconds() -> float:
    """CPU time of all processes that this one started and that have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


@contextmanager
def lines(count: int) -> Iterator[Path]:
    """A file of JSON lines."""
    with tempfile.TemporaryDirectory(prefix="cascadewatch-bench-") as folder:
        path = Path(folder) / "events.jsonl"
        path.write_bytes(b"".join(encode(event) + b"\n" for event in events(count, 1)))
        yield path


def progress(message: str) -> None:
    """A word to whoever waits."""
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
