"""What a full database costs: the speed of taking events in while millions are held, against an empty one.

python bench/growth.py [--held 5000000] [--measured 100000] [--postgres] [--quick]

Prints one JSON document. Events go through the real decoder and the real writer in this process; the figure
is events per second of its CPU time, which other work on the machine disturbs least, and the wall clock
beside it. On a local Postgres the CPU time of the writer's backend is counted in. Full and empty are measured
at once, in turn. bench/size.py tells the same of the ten million events that it takes in.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from databases import empty, postgres_server
from filling import Step, clock, load, opened
from history import DAY_MS, History, shapes
from watching import watched

Json = dict[str, Any]


def main() -> None:
    """Fills, measures and prints."""
    parser = argparse.ArgumentParser(description="Measures ingest into a full database; prints JSON.")
    parser.add_argument("--held", type=int, default=5_000_000, help="events that are there already")
    parser.add_argument("--measured", type=int, default=100_000, help="events timed, at both ends")
    parser.add_argument("--postgres", action="store_true", help="on Postgres too: PG_URL, or an embedded one")
    parser.add_argument("--quick", action="store_true", help="small, to see that everything runs")
    given = parser.parse_args()
    held, timed = (30_000, 10_000) if given.quick else (given.held, given.measured)
    found: Json = {"sqlite": grown(None, held, timed)}
    if given.postgres:
        with postgres_server() as server:
            found["postgres"] = grown(server, held, timed)
    print(json.dumps({"growth": found}, indent=1))


def grown(server: str | None, held: int, timed: int) -> Json:
    """Both paces, and the size of the full database."""
    with empty(server) as database:
        with opened(database) as store:
            steps = load(database, store, old(held + timed), shapes(), lambda _: None)
            pair = Pair(server, held, timed)
            listed = watched(pair.beside(steps), held + timed)
        return {**pair.figures(), "bytes_per_event": round(database.bytes_held() / listed[-1].after)}


def old(count: int) -> History:
    """Events of a time of which sums per minute are no longer kept, 110,000 a day."""
    return History(count, max(1, round(count / 110_000)), clock() - 20 * DAY_MS)


class Pair:
    """While a database takes in what comes after `held` events, an empty one takes in as much, in turn with
    it: whatever else the machine does slows both."""

    def __init__(self, server: str | None, held: int, timed: int) -> None:
        self.server, self.held, self.timed = server, held, timed
        self.empty: list[Step] = []
        self.full: list[Step] = []

    def beside(self, steps: Iterator[Step]) -> Iterator[Step]:
        """The steps of the database that gets full, the empty one's taken meanwhile."""
        for step in steps:
            yield step
            if step.after >= self.held:
                break
        else:
            return
        with empty(self.server) as database, opened(database) as store:
            others = load(database, store, old(2 * self.timed), shapes(), lambda _: None)
            next(others)  # imports, and looks up prices
            for step, other in zip(steps, others, strict=False):
                self.full.append(step)
                self.empty.append(other)
                yield step
                if step.after >= self.held + self.timed:
                    break
        yield from steps

    def figures(self) -> Json:
        """Both paces and how they compare; nothing where so many events were never held."""
        if not self.full:
            return {}
        empty_pace, full_pace = rates(self.empty), rates(self.full)
        share = full_pace["events_per_cpu_second"] / empty_pace["events_per_cpu_second"]
        return {"held": self.full[0].before, "empty": empty_pace, "full": full_pace,
                "full_to_empty_per_cpu_second": round(share, 3)}  # fmt: skip


def rates(steps: Iterable[Step]) -> Json:
    """Events a second, by the clock and by CPU time."""
    listed = list(steps)
    count = sum(s.after - s.before for s in listed)
    return {
        "events_per_second": round(count / sum(s.seconds for s in listed)),
        "events_per_cpu_second": round(count / sum(s.cpu for s in listed)),
    }


if __name__ == "__main__":
    main()
