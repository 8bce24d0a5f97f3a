"""What the paired comparison and the early stop of replays can see: power, false alarms, calls saved.

    python bench/replay_power.py [--runs 2000] [--seed 7] > power.json

A case is wrong with 15 %; `flips` is the share of cases whose outcome differs between two runs of the same
system. A change adds `points` to the cases that go from 0 to 1. Everything is drawn from one seed.
"""

import argparse
import json
import sys
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from cascadewatch.drift.paired import mid_p
from cascadewatch.drift.stopping import decide

FLIPS = {"noise 10 %": 0.054, "noise 20 %": 0.10}
SIZES = (100, 200, 300, 500, 1_000)
STOPPING = (200, 500, 1_000, 2_000)
POINTS = 0.05


def pairs(rng: Random, n: int, flips: float, change: float) -> list[int]:
    """+1, -1 or 0 for each case: how its outcome differs between two runs."""
    up, down = flips / 2 + change, flips / 2
    draws = (rng.random() for _ in range(n))
    return [1 if draw < up else -1 if draw < up + down else 0 for draw in draws]


def fixed(rng: Random, n: int, flips: float, change: float, runs: int) -> float:
    """Share of runs in which mid-p McNemar over all cases is below 0.05."""
    hits = 0
    for _ in range(runs):
        found = pairs(rng, n, flips, change)
        hits += mid_p(found.count(1), found.count(-1)) < 0.05
    return hits / runs


def stopped(rng: Random, n: int, flips: float, change: float, runs: int) -> dict[str, float]:
    """Share of runs that say "changed", and of the calls they needed."""
    alarms = used = 0
    for _ in range(runs):
        rose = fell = done = 0
        decision = "go on"
        for outcome in pairs(rng, n, flips, change):
            done += 1
            rose, fell = rose + (outcome > 0), fell + (outcome < 0)
            decision = decide(rose, fell, done, n, POINTS)
            if decision != "go on":
                break
        alarms, used = alarms + (decision == "changed"), used + done
    return {"alarms": round(alarms / runs, 3), "calls": round(used / (n * runs), 3)}


def measure(runs: int, seed: int) -> dict[str, Any]:
    """All tables, in the order of docs/replays.md."""
    out: dict[str, Any] = {"runs": runs, "seed": seed, "fixed": {}, "early_stop": {}}
    for noise, flips in FLIPS.items():
        rng = Random(f"{seed} {noise}")
        out["fixed"][noise] = {
            n: {
                "power": round(fixed(rng, n, flips, POINTS, runs), 3),
                "false_alarms": round(fixed(rng, n, flips, 0.0, runs), 3),
            }
            for n in SIZES
        }
    rng = Random(f"{seed} early")
    for n in STOPPING:
        few = max(200, runs * 200 // n)
        out["early_stop"][n] = {
            name: stopped(rng, n, FLIPS["noise 10 %"], change, few)
            for name, change in (("nothing changed", 0.0), ("+5 points", 0.05), ("+10 points", 0.10))
        }
        print(f"{n} cases done", file=sys.stderr)
    return out


def main() -> None:
    """Prints one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    print(json.dumps(measure(given.runs, given.seed), indent=2))


if __name__ == "__main__":
    main()
