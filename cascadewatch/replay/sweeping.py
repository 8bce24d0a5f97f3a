"""The threshold sweep of a replay: what every threshold of its verifier would cost, and how good it is.

Needs both tiers' answers to the same cases: the run's own answers stand for the cheap tier, recorded ones
for the flagship.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from cascadewatch.drift.paired import interval_of
from cascadewatch.metrics.exact_calibration import is_fitting_half
from cascadewatch.metrics.sweep import (
    Case,
    Point,
    Recommended,
    best_within,
    cheapest_above,
    count_of,
    pareto,
    point,
    sweep,
    weight,
)
from cascadewatch.pricing import PriceBook
from cascadewatch.replay import billing
from cascadewatch.replay.case import Case as EvalCase
from cascadewatch.replay.outcomes import is_counted
from cascadewatch.replay.targets.recorded import recorded
from cascadewatch.store.replays import Result

FLAGSHIP = "flagship"  # the key of the recorded answers that stand for it
FEWEST = 30
MOST_POINTS = 200


def swept(
    cases: Mapping[str, EvalCase],
    results: Sequence[Result],
    threshold: float | None,
    bar: float | None,
    book: PriceBook,
    now: int,
) -> dict[str, Any] | None:
    """All points, JSON-ready, with the present and the recommended ones; None with fewer than 30 cases.

    `bar` is the quality asked for: recommended is the cheapest threshold that meets it, else the best one
    at no more than the present cost. Costs are US dollars a case, None where a price is missing. `change`
    of a point is what it does to quality against the present threshold, case by case, with its 95 %
    interval; None without a present threshold.
    """
    found, is_priced = both(cases, results, book, now)
    if count_of(found) < FEWEST:
        return None
    present = None if threshold is None else point(found, threshold)
    if bar is not None:
        chosen = cheapest_above(found, bar, is_fitting_half)
    else:
        chosen = None if present is None else best_within(found, present.mean_cost, is_fitting_half)
    points = _thinned(sweep(found))
    return {
        "n": count_of(found),
        "priced": is_priced,
        "points": [
            as_json(p, is_priced) | {"change": _change(found, threshold, p.threshold)} for p in points
        ],
        "front": [p.threshold for p in pareto(points)],
        "present": None if present is None else as_json(present, is_priced),
        "recommended": None
        if chosen is None
        else _recommended(chosen, found, is_priced)
        | {"change": _change(found, threshold, chosen.chosen.threshold)},
        "bar": bar,
        "cheap_only": _cheap_only(found, is_priced),
        "flagship_only": _flagship_only(found, is_priced),
    }


def both(
    cases: Mapping[str, EvalCase], results: Sequence[Result], book: PriceBook, now: int
) -> tuple[list[Case], bool]:
    """The cases that both tiers answered, with all repeats, and whether all of their costs are known."""
    found: list[Case] = []
    is_priced = True
    for result in results:
        case = cases.get(result.case)
        other = None if case is None else case.answers.get(FLAGSHIP)
        if other is None or other.correct is None or result.score is None or not is_counted(result):
            continue
        answer = recorded(other)
        dear = billing.priced(answer, book, now).cost
        is_priced = is_priced and None not in (result.cost, dear)
        verdict = _verdict_cost(result)
        found.append(Case(
            result.case, result.score, bool(result.correct), other.correct,
            (result.cost or 0) + verdict, dear or 0, verdict,
        ))  # fmt: skip
    answers = Counter(case.id for case in found)
    return [replace(case, weight=1 / answers[case.id]) for case in found], is_priced and bool(found)


def as_json(p: Point, is_priced: bool) -> dict[str, Any]:
    """A point with its cost in US dollars a case."""
    fields = asdict(p)
    del fields["cost"]
    return fields | {"cost_usd": p.mean_cost / 1e9 if is_priced else None}


def _recommended(found: Recommended, cases: Sequence[Case], is_priced: bool) -> dict[str, Any]:
    """The threshold with its figures over all cases, and those of the half that did not choose it."""
    everywhere = point(cases, found.chosen.threshold)
    return as_json(everywhere, is_priced) | {
        "held_out": as_json(found.measured, is_priced),
        "holds": found.holds,
    }


def _change(cases: Sequence[Case], present: float | None, other: float | None) -> dict[str, float] | None:
    """Quality at another threshold less that at the present one: only cases scored in between count."""
    if present is None:
        return None
    moved: dict[str, float] = {}
    for case in cases:
        change = _right(case, other) - _right(case, present)
        moved[case.id] = moved.get(case.id, 0.0) + case.weight * change
    low, high = interval_of(list(moved.values()))
    return {"quality": sum(moved.values()) / len(moved), "low": low, "high": high}


def _right(case: Case, threshold: float | None) -> int:
    """1 where the answer served at this threshold is right."""
    accepted = threshold is not None and case.score >= threshold
    return int(case.cheap_right if accepted else case.flagship_right)


def _cheap_only(cases: Sequence[Case], is_priced: bool) -> dict[str, Any]:
    """Nothing but the cheap tier: every answer served, whatever its score, and no verdict paid for."""
    n = count_of(cases)
    cost = sum(case.weight * (case.cheap_cost - case.verdict_cost) for case in cases)
    return {
        "quality": min(1.0, weight(case for case in cases if case.cheap_right) / n),
        "cost_usd": cost / n / 1e9 if is_priced else None,
        "escalation_rate": 0.0,
    }


def _flagship_only(cases: Sequence[Case], is_priced: bool) -> dict[str, Any]:
    """Nothing but the flagship, without cheap answers and verdicts."""
    n, cost = count_of(cases), sum(case.weight * case.flagship_cost for case in cases)
    return {
        "quality": min(1.0, weight(case for case in cases if case.flagship_right) / n),
        "cost_usd": cost / n / 1e9 if is_priced else None,
    }


def _thinned(points: list[Point]) -> list[Point]:
    """At most 200 points, evenly taken, the ends kept."""
    if len(points) <= MOST_POINTS:
        return points
    step = (len(points) - 1) / (MOST_POINTS - 1)
    return [points[round(i * step)] for i in range(MOST_POINTS)]


def _verdict_cost(result: Result) -> int:
    cost = (result.detail or {}).get("verdict", {}).get("spent", {}).get("cost")
    return cost or 0
