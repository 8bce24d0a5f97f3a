"""How soon the program is there, and how much memory it holds while nothing happens.

python bench/startup.py [--repeats 5] [--quick]

Prints one JSON document; all times are milliseconds of wall clock, process start included. Commands and
servers work on a new database, except `report`, which reads one that exists.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from databases import Database, empty
from filling import fill, opened
from processes import cascadewatch, free_port, running, surroundings
from servers import KEY, SETTINGS

EVENTS = 2000  # in the database that `report` reads
SETTLED = 1.0  # seconds after which an idle server has done what it does at its start
Json = dict[str, Any]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="Measures start and idle memory; prints JSON.")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="once, to see that everything runs")
    given = parser.parse_args()
    repeats = 1 if given.quick else given.repeats
    print(json.dumps({"commands_ms": commands(repeats), "servers": servers(repeats)}, indent=1))


def commands(repeats: int) -> Json:
    """From start to end of short commands, beside Python alone and its largest part."""
    with empty(None) as database:
        with opened(database) as store:
            fill(database, store, EVENTS)
        place = ["--config", str(SETTINGS), "--db", database.url]
        wanted = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "import sqlalchemy": [sys.executable, "-c", "import sqlalchemy"],
            "--help": cascadewatch("--help"),
            "report": cascadewatch("report", *place),
            "report --json": cascadewatch("report", "--json", *place),
        }
        return {
            name: spread([ran(command) for _ in range(repeats + 1)][1:]) for name, command in wanted.items()
        }


def ran(command: Sequence[str]) -> float:
    """Milliseconds a command took."""
    start = time.perf_counter()
    subprocess.run(command, env=surroundings(KEY), check=True, capture_output=True)
    return 1000 * (time.perf_counter() - start)


def servers(repeats: int) -> Json:
    """Start of `serve` until its first 200; of `up` until its health and then its page are there."""
    serve = [served("serve", ["/readyz"]) for _ in range(repeats)]
    up = [served("up", ["/readyz", "/"]) for _ in range(repeats)]
    return {
        "serve": {
            "first_200_ms": spread([s[0] for s in serve]),
            "rss_mib": round(max(s[1] for s in serve), 1),
        },
        "up": {"first_page_ms": spread([s[0] for s in up]), "rss_mib": round(max(s[1] for s in up), 1)},
    }


def served(command: str, paths: list[str]) -> tuple[float, float]:
    """Milliseconds until all paths answered 200, on a new database, and the memory held then, idle."""
    with ExitStack() as stack:
        database: Database = stack.enter_context(empty(None))
        port = free_port()
        start = time.perf_counter()
        line = cascadewatch(command, "--config", str(SETTINGS), "--db", database.url, "--port", str(port))
        server = stack.enter_context(running(line, port, paths[0], KEY))
        for path in paths[1:]:
            server.wait(path)
        taken = 1000 * (time.perf_counter() - start)
        time.sleep(SETTLED)
        return taken, server.rss_mib()


def spread(values: list[float]) -> Json:
    """Median and extremes."""
    return {"median": round(median(values)), "lowest": round(min(values)), "highest": round(max(values))}


if __name__ == "__main__":
    main()
