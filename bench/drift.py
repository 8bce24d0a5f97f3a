"""How often the drift detector alarms for nothing, and how soon for something.

python bench/drift.py [--months 40] [--changes 60] [--quick]

Prints one JSON document: false alarms per 30 days and delays in hours from fixed seeds, for the product's
own `alarm_times` from minute buckets to alarm, beside the two rules people write first (the rate of the
last hour, or of the last 24 hours, is more than 5 points off), and for each rule which bars it holds.
A rule with short delays that alarms all the time sees nothing: read both columns together.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import islice
from math import exp, lgamma
from pathlib import Path
from statistics import mean, median
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from traffic import GAP_HOUR, MONDAY, WEEK_HOURS, Array, Buckets, Course, World, buckets, traffic, unchanged

from cascadewatch.drift import escalation, family, hypotheses
from cascadewatch.drift.baseline import Baseline
from cascadewatch.drift.delay import delay_to_see
from cascadewatch.drift.detector import State
from cascadewatch.drift.fitting import fit
from cascadewatch.drift.hours import Hour, hour_of, hourly

Json = dict[str, Any]
Rule = Callable[[Buckets, Buckets], Iterator[int]]
HOUR = 3600
MONTH = 720
REARM = 4 * HOUR
MISSED = 336.0  # hours after which a change counts as missed
LEVELS = (10, 100, 1000, 10_000)
FALSE_ALARM_HOURS = 2160.0

NULLS: dict[str, World] = {
    **{f"{n}/h": World(n) for n in LEVELS},
    "daily swing of 4 points, 1000/h": World(1000, swing=0.04),
    "hours correlated 0.6, 1000/h": World(1000, correlation=0.6),
    "gap of 12 h, 100/h": World(100, gap=12),
    "1/h": World(1, steady=True),
    "base rate 5 %, 100/h": World(100, rate=0.05),
    "base rate 60 %, 100/h": World(100, rate=0.60),
    "weekend -5 points, 1000/h": World(1000, weekend=-0.05),
    "weekend -5 points, 4000/h": World(4000, weekend=-0.05),
    "weekend +5 points, 100/h": World(100, weekend=0.05),
}
CORRELATED, GAP, SPARSE = "hours correlated 0.6, 1000/h", "gap of 12 h, 100/h", "1/h"


class Change(NamedTuple):
    """Something that happens to a stream, and for how many hours it is waited for."""

    world: World
    course: Course
    patience: int = 336


def step(points: float) -> Course:
    """A shift that lasts."""
    return lambda hours: np.where(hours >= 0, points, 0.0)


def ramp(hours: Array) -> Array:
    """30 points over six weeks."""
    return np.asarray(np.clip(hours / (6 * WEEK_HOURS), 0, 1) * 0.30)


SHIFTS = {"+5": 0.05, "-5": -0.05, "+10": 0.10, "-10": -0.10, "to 90 %": 0.60}
CHANGES: dict[str, Change] = {
    **{f"{name}, {n}/h": Change(World(n), step(d)) for n in LEVELS for name, d in SHIFTS.items()},
    **{f"+2, {n}/h": Change(World(n), step(0.02), MONTH) for n in LEVELS},
    **{f"30 to 60 % in six weeks, {n}/h": Change(World(n), ramp, 6 * WEEK_HOURS) for n in (100, 1000)},
    "5 to 1 %, 100/h": Change(World(100, rate=0.05, swing=0.0), step(-0.04)),
    "5 to 0 %, 100/h": Change(World(100, rate=0.05, swing=0.0), step(-0.05)),
}
FALLS = ("5 to 1 %, 100/h", "5 to 0 %, 100/h")


def main() -> None:
    """Simulates, measures and prints."""
    parser = argparse.ArgumentParser(description="Measures drift detection; prints JSON.")
    parser.add_argument("--months", type=int, default=40, help="months without a change per scenario")
    parser.add_argument("--changes", type=int, default=60, help="changes per scenario")
    parser.add_argument("--quick", action="store_true", help="few of both, to see that everything runs")
    given = parser.parse_args()
    months, changes = (2, 4) if given.quick else (given.months, given.changes)
    found: Json = {"months": months, "changes": changes, "speed": speed(), "rules": {}}
    for name, rule in RULES.items():
        found["rules"][name] = measured(name, rule, months, changes)
    print(json.dumps(found, indent=1))


def measured(name: str, rule: Rule, months: int, changes: int) -> Json:
    """Both columns of one rule and the bars it holds."""
    progress(f"{name}: {months} months of each of {len(NULLS)} streams on which nothing happens")
    nulls = {key: false_alarms(rule, world, months, i) for i, (key, world) in enumerate(NULLS.items())}
    number, gap = list(NULLS).index(GAP), (GAP_HOUR, GAP_HOUR + NULLS[GAP].gap + 24)
    across = false_alarms(rule, NULLS[GAP], months, number, gap)
    progress(f"{name}: {changes} of each of {len(CHANGES)} changes")
    waits = {key: delays(rule, change, changes, i) for i, (key, change) in enumerate(CHANGES.items())}
    return {
        "false_alarms_per_30_days": {key: round(value, 3) for key, value in nulls.items()},
        "delay_hours": {key: described(value, CHANGES[key]) for key, value in waits.items()},
        "bars": bars(nulls, across, waits),
    }


def false_alarms(
    rule: Rule, world: World, months: int, cell: int, hours: tuple[int, int] = (0, WEEK_HOURS + MONTH)
) -> float:
    """Per 30 days, in these hours of each history; alarms within 4 hours of a counted one are the same."""
    total = 0
    for month in range(months):
        past, live, border = history(world, unchanged, MONTH, np.random.default_rng([1, cell, month]))
        first, last = (border + (hour - WEEK_HOURS) * HOUR for hour in hours)
        quiet_until = first
        for at in rule(live, past):
            if quiet_until <= at <= last:
                total, quiet_until = total + 1, at + REARM
    return total / months


def delays(rule: Rule, change: Change, runs: int, cell: int) -> list[float]:
    """Hours from each change to the first alarm after it; as long as the patience where there is none."""
    found = []
    for run in range(runs):
        rng = np.random.default_rng([2, cell, run])
        past, live, moment = history(change.world, change.course, change.patience, rng)
        after = (at for at in rule(live, past) if at > moment)
        waited = [(at - moment) / HOUR for at in islice(after, 1)] or [float(change.patience)]
        found.append(min(waited[0], float(change.patience)))
    return found


def history(
    world: World, course: Course, patience: int, rng: np.random.Generator
) -> tuple[Buckets, Buckets, int]:
    """Seven days to learn from, what follows, and when the change comes: at any hour of the week after."""
    start, lead = (
        int(rng.integers(WEEK_HOURS)),
        int(rng.integers(WEEK_HOURS)) if course is not unchanged else 0,
    )
    change = start + WEEK_HOURS + lead
    every = buckets(world, rng, start, WEEK_HOURS + lead + patience, change, course)
    border = MONDAY + (start + WEEK_HOURS) * HOUR
    past = [bucket for bucket in every if bucket[0] < border]
    return past, every[len(past) :], MONDAY + change * HOUR


def described(waits: list[float], change: Change) -> Json:
    """Median, mean, how many were missed, and what the product says beforehand where it is a step."""
    missed = sum(wait >= change.patience for wait in waits) / len(waits)
    found = {"median": round(median(waits), 2), "mean": round(mean(waits), 2), "missed": round(missed, 3)}
    said = None if change.course is ramp else said_beforehand(change)
    return found if said is None else found | {"said_beforehand": round(said, 2)}


def said_beforehand(change: Change) -> float | None:
    """What the product says of it from a baseline of seven days: the median of five."""
    points, said = float(change.course(np.array([1.0]))[0]), []
    for run in range(5):
        past, _, _ = history(change.world, unchanged, 1, np.random.default_rng([4, run]))
        said.append(delay_to_see(fit(in_hours(past)), change.world.per_hour, points))
    return median(found) if (found := [hours for hours in said if hours is not None]) else None


def bars(nulls: dict[str, float], across: float, waits: dict[str, list[float]]) -> Json:
    """What has to hold, the value found, and whether it does."""
    fives = [f"{sign}5, {n}/h" for n in LEVELS for sign in "+-"]
    ratio = mean(mean(waits[key]) / optimum(CHANGES[key]) for key in fives)
    worst = max(value for key, value in nulls.items() if key != CORRELATED)
    falls = max(median(waits[key]) for key in FALLS)
    lost = sum(wait >= MISSED for key in FALLS for wait in waits[key])
    found = {
        "mean false alarms per 30 days <= 0.40": bar(mean(nulls.values()), 0.40),
        "worst stream (hours not correlated) <= 1.0": bar(worst, 1.0),
        "correlated hours <= 3": bar(nulls[CORRELATED], 3.0),
        "no alarm at 1/h": bar(nulls[SPARSE], 0.0),
        "no alarm in the gap and 24 h after": bar(across, 0.0),
        "mean delay / optimum for 5 points <= 1.8": bar(ratio, 1.8),
        "to 90 % at 100/h within 1 h": bar(median(waits["to 90 %, 100/h"]), 1.0),
        "falls from 5 % within 12 h": bar(falls, 12.0),
        "falls from 5 % never missed": bar(lost, 0),
    }
    return found | {"all hold": all(line["holds"] for line in found.values())}


def bar(value: float, limit: float) -> Json:
    """One line of the verdict."""
    return {"value": round(value, 3), "holds": value <= limit}


def optimum(change: Change) -> float:
    """Mean delay of a CUSUM that knows everything, at one false alarm in 90 days (Brownian form).

    Its information per hour is the mean over the traffic of a week.
    """
    world = change.world
    new = world.rate + float(change.course(np.array([1.0]))[0])
    week = traffic(world, np.arange(WEEK_HOURS))
    information = mean(divergence(round(n), new, world.rate, world.overdispersion) for n in week)
    low, high = 0.0, 50.0
    for _ in range(100):
        h = (low + high) / 2
        low, high = (h, high) if exp(h) - h - 1 < FALSE_ALARM_HOURS * information else (low, h)
    return (low + exp(-low) - 1) / information


@cache
def divergence(n: int, new: float, old: float, rho: float) -> float:
    """Kullback-Leibler divergence of two beta-binomial hours, in nats."""
    size = 1 / rho - 1

    def log_p(k: int, rate: float) -> float:
        a, b = rate * size, (1 - rate) * size
        choose = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
        return (
            choose + lgamma(k + a) + lgamma(n - k + b) - lgamma(n + size)
            - lgamma(a) - lgamma(b) + lgamma(size)
        )  # fmt: skip

    pairs = ((log_p(k, new), log_p(k, old)) for k in range(n + 1))
    return sum(exp(p) * (p - q) for p, q in pairs)


def hour_rule(live: Buckets, past: Buckets) -> Iterator[int]:
    """The last whole hour is more than 5 points off the baseline's mean."""
    return off_by_five(live, past, 1)


def day_rule(live: Buckets, past: Buckets) -> Iterator[int]:
    """The last 24 hours are more than 5 points off; one look an hour."""
    return off_by_five(live, past, 24)


def off_by_five(live: Buckets, past: Buckets, window: int) -> Iterator[int]:
    """Looks at the end of every hour that brought anything."""
    hours = {hour.start: hour for hour in in_hours(past + live)}
    rate = sum(k for _, k, _ in past) / max(1, sum(n for _, _, n in past))
    for hour in in_hours(live):
        seen = [hours.get(hour.start - i * HOUR * 1000, Hour(0, 0, 0)) for i in range(window)]
        if abs(sum(h.escalated for h in seen) / sum(h.judged for h in seen) - rate) > 0.05:
            yield hour.start // 1000 + HOUR


def in_hours(given: Iterable[tuple[int, int, int]]) -> list[Hour]:
    """Hourly sums of minutes."""
    return hourly((at * 1000, k, n) for at, k, n in given)


def speed() -> Json:
    """Milliseconds for a back-test of 30 days of minutes, and for one look at 200 streams."""
    progress("speed")
    past, live, _ = history(World(1000), unchanged, MONTH, np.random.default_rng(3))
    start = time.perf_counter()
    alarms = sum(1 for _ in escalation.alarm_times(live, past))
    back_test = 1000 * (time.perf_counter() - start)
    pinned = fit(in_hours(past)).to_dict()
    state = hypotheses.detector(Baseline.from_dict(pinned)).start()
    start = time.perf_counter()
    alarming = look(pinned, state, hour_of(live[0][0] * 1000))
    one_look = 1000 * (time.perf_counter() - start)
    return {
        "back_test_30_days_ms": {**bar(back_test, 2000), "buckets": len(live), "alarms": alarms},
        "look_at_200_streams_ms": {**bar(one_look, 100), "alarms": sum(alarming)},
    }


def look(pinned: Json, state: State, hour: int) -> list[bool]:
    """What an evaluation does, once baselines, states and this hour's counts are read."""
    streams = []
    for number in range(200):
        watching = hypotheses.detector(Baseline.from_dict(pinned))
        looked = watching.update(state, hour, 300, 1000)
        streams.append(family.Stream(watching.log_mean(looked), number < 20))
    return family.alarming(streams, FALSE_ALARM_HOURS)


def progress(message: str) -> None:
    """A word to whoever waits."""
    print(message, file=sys.stderr, flush=True)


RULES: dict[str, Rule] = {
    "cascadewatch": escalation.alarm_times,
    "1 h > 5 points": hour_rule,
    "24 h > 5 points": day_rule,
}

if __name__ == "__main__":
    main()
