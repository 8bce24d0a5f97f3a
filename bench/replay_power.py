"""What the paired comparison and the early stop of replays can see: power, false alarms, calls saved.

    python bench/replay_power.py [--runs 2000] [--seed 7] > power.json

`flips` is the share of cases whose outcome differs between two runs of the same system. `fixed` compares one
rate over all cases; a change adds 5 points to the cases that go from 0 to 1. `early_stop` plays whole runs in
which nothing changed: three rates watched at once, 80 % of the answers right, 15 % of each kind misjudged,
tolerance 5 points. Everything is drawn from one seed.
"""

import argparse
import json
import sys
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from cascadewatch.drift.paired import mid_p
from cascadewatch.replay.outcomes import by_case
from cascadewatch.replay.stop import Watch
from cascadewatch.store.replays import DONE, Result

FLIPS = {"noise 10 %": 0.054, "noise 20 %": 0.10}
SIZES = (100, 200, 300, 500, 1_000)
STOPPING = (500, 1_000, 2_000)
STOPPING_FLIPS = (0.0, 0.02, 0.05)
ACCURACY, MISJUDGED = 0.8, 0.15
ALPHA = 0.05
POINTS = 0.05

Runs = tuple[Result, Result]


def pairs(rng: Random, n: int, flips: float, change: float) -> list[int]:
    """+1, -1 or 0 for each case: how its outcome differs between two runs."""
    up, down = flips / 2 + change, flips / 2
    draws = (rng.random() for _ in range(n))
    return [1 if draw < up else -1 if draw < up + down else 0 for draw in draws]


def fixed(rng: Random, n: int, flips: float, change: float, runs: int) -> float:
    """Share of runs in which mid-p McNemar over all cases is below alpha."""
    hits = 0
    for _ in range(runs):
        found = pairs(rng, n, flips, change)
        hits += mid_p(found.count(1), found.count(-1)) < ALPHA
    return hits / runs


def case(rng: Random, number: int, flips: float) -> Runs:
    """One case in two runs of the same system: in `flips` of all the answer differs, and so the verdict."""
    right, judged_well = rng.random() < ACCURACY, rng.random() >= MISJUDGED
    answer_is_coin, verdict_is_coin = rng.random() < 2 * flips, rng.random() < 2 * flips

    def once() -> Result:
        correct = rng.random() < 0.5 if answer_is_coin else right
        accepted = rng.random() < 0.5 if verdict_is_coin else correct is judged_well
        return Result(str(number), 0, DONE, "ok", correct=correct, accepted=accepted)

    return once(), once()


def watched(rng: Random, n: int, flips: float, runs: int) -> dict[str, float]:
    """Share of the calls that runs in which nothing changed need until all three rates are decided, of runs
    that ended early at all, and of runs in which any rate is said to have changed."""
    used = early = alarms = 0
    for _ in range(runs):
        cases = [case(rng, number, flips) for number in range(n)]
        watch = Watch(by_case((old for old, _ in cases), is_check=False), POINTS, alpha=ALPHA, is_check=False)
        done = next((at for at, (_, new) in enumerate(cases, 1) if watch.take(new)), n)
        used, early = used + done, early + (done < n)
        alarms += "changed" in watch.decided.values()
    calls, ended = round(used / (n * runs), 2), round(early / runs, 2)
    return {"calls": calls, "ended_early": ended, "false_alarms": round(alarms / runs, 3)}


def measure(runs: int, seed: int) -> dict[str, Any]:
    """Both tables; docs/replays.md has figures of the second."""
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
        few = max(20, runs // 10)
        out["early_stop"][n] = {f"flips {flips:.0%}": watched(rng, n, flips, few) for flips in STOPPING_FLIPS}
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
