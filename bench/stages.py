"""Where the CPU time of an event goes on its way in: decoding, keys, prices, rows, sums, database, commit.

python bench/stages.py [--events 110000] [--postgres] [--quick]

Prints one JSON document: microseconds of CPU time per event and stage. A timer looks every few milliseconds
of CPU time at what is being done, which hardly costs anything. A stage's time is without that of the stages
inside it. The events are those of history.py, 5,000 in a transaction, 110,000 a day. On Postgres the time is
that of this process alone; `backend` is what the database took beside it.
"""

import argparse
import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from databases import empty, postgres_server
from filling import backend_of, clock, cpu_seconds, opened, writing
from history import DAY_MS, TOGETHER, History, shapes
from sqlalchemy.engine.default import DefaultDialect

from cascadewatch import pricing
from cascadewatch.store import dialect, ingest, rows
from cascadewatch.store.cells import Cells
from collectors.decode import decode_events

EVERY = 0.002  # seconds of CPU time between two looks
REST = "everything else"
STAGES: dict[str, tuple[Callable[..., Any], ...]] = {
    "decode": (decode_events,),
    "keys and digests, known ones looked up": (ingest._sort,),
    "tiers": (ingest._learn,),
    "prices": (pricing.attempt_cost, pricing.verdict_cost, rows._counterfactual),
    "facts and rows": (ingest.build,),
    "sums of each event": (Cells.add,),
    "sums of all buckets": (Cells.tables,),
    "rows into the database": (dialect.insert,),
    "sums into the database": (dialect.add,),
    "commit": (DefaultDialect.do_commit,),
}
OF: dict[CodeType, str] = {f.__code__: stage for stage, some in STAGES.items() for f in some}
Json = dict[str, Any]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="Profiles ingest; prints JSON.")
    parser.add_argument("--events", type=int, default=110_000)
    parser.add_argument("--postgres", action="store_true", help="on Postgres too: PG_URL, or an embedded one")
    parser.add_argument("--quick", action="store_true", help="small, to see that everything runs")
    given = parser.parse_args()
    count = 10_000 if given.quick else given.events
    found: Json = {"sqlite": stages(None, count)}
    if given.postgres:
        with postgres_server() as server:
            found["postgres"] = stages(server, count)
    print(json.dumps({"stages": found}, indent=1))


def stages(server: str | None, count: int) -> Json:
    """Microseconds of CPU time per event: `total`, of each stage on its way, and of the `backend`."""
    # Its days are long gone: sums per minute are of the last two weeks only.
    history = History(count + TOGETHER, max(1, round(count / 110_000)), clock() - 20 * DAY_MS)
    first, *others = history.parts(shapes())
    with empty(server) as database, opened(database) as store, writing(database, store) as take:
        take(first.body)  # imports, and looks up prices
        backend = backend_of(store)
        start, behind = time.process_time(), cpu_seconds(backend)
        with looking() as seen:
            for part in others:
                take(part.body)
        total, behind = time.process_time() - start, cpu_seconds(backend) - behind
    micros = 1e6 / sum(len(part.times) for part in others)
    per_look = total * micros / max(1, seen.total())
    return {
        "total": round(total * micros, 1),
        "stages": {stage: round(seen[stage] * per_look, 1) for stage in (*STAGES, REST)},
        "backend": round(behind * micros, 1),
    }


@contextmanager
def looking() -> Iterator[Counter[str]]:
    """Counts, look by look, in which stage the program is."""
    seen: Counter[str] = Counter()

    def look(_signal: int, frame: FrameType | None) -> None:
        while frame is not None and frame.f_code not in OF:
            frame = frame.f_back
        seen[REST if frame is None else OF[frame.f_code]] += 1

    before = signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
    try:
        yield seen
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


if __name__ == "__main__":
    main()
