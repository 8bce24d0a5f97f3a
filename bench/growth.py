"""What a full database costs: the speed of taking events in while millions are held, against an empty one.

python bench/growth.py [--held 5000000] [--measured 100000] [--postgres] [--quick]

Prints one JSON document. Events go through the real decoder and the real writer in this process; the
figure is events per second of its CPU time, which other work on the machine disturbs least, and the wall
clock beside it. On Postgres the database's own work is not in the CPU time.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from databases import empty, postgres_server
from filling import fill, opened

STEP = 250_000
Json = dict[str, Any]


def main() -> None:
    """Fills, measures and prints."""
    parser = argparse.ArgumentParser(description="Measures ingest into a full database; prints JSON.")
    parser.add_argument("--held", type=int, default=5_000_000, help="events that are there already")
    parser.add_argument("--measured", type=int, default=100_000, help="events timed, at both ends")
    parser.add_argument("--postgres", action="store_true", help="on Postgres too: PG_URL, or an embedded one")
    parser.add_argument("--quick", action="store_true", help="small, to see that everything runs")
    given = parser.parse_args()
    held, timed = (6000, 2000) if given.quick else (given.held, given.measured)
    found: Json = {"sqlite": grown(None, held, timed)}
    if given.postgres:
        with postgres_server() as server:
            found["postgres"] = grown(server, held, timed)
    print(json.dumps({"growth": found}, indent=1))


def grown(server: str | None, held: int, timed: int) -> Json:
    """The pace into an empty database and into one that holds so many events, and its size then."""
    with empty(server) as database:
        with opened(database) as store:

            def pace(count: int, seed: int) -> tuple[float, float]:
                wall, cpu = time.perf_counter(), time.process_time()
                fill(database, store, count, seed)
                return count / (time.perf_counter() - wall), count / (time.process_time() - cpu)

            pace(min(timed, 2000), 1)  # imports and prices
            first = pace(timed, 2)
            for number, start in enumerate(range(0, held, STEP)):
                print(f"{start:,} of {held:,} events", file=sys.stderr, flush=True)
                fill(database, store, min(STEP, held - start), 10 + number)
            last = pace(timed, 3)
        size = database.bytes_held()
    total = held + 2 * timed + min(timed, 2000)
    return {
        "held": held, "empty": rates(first), "full": rates(last), "bytes_per_event": round(size / total),
        "full_to_empty_per_cpu_second": round(last[1] / first[1], 3),
    }  # fmt: skip


def rates(pace: tuple[float, float]) -> Json:
    """Events a second, by the clock and by CPU time."""
    return {"events_per_second": round(pace[0]), "events_per_cpu_second": round(pace[1])}


if __name__ == "__main__":
    main()
