"""What would every threshold cost, and how good would the answers be? From cases answered by both tiers."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from cascadewatch.metrics.interval import wilson


@dataclass(frozen=True, slots=True)
class Case:
    """One case as both tiers answered it.

    `score` is the verifier's of the cheap answer. Costs are nano-dollars: `cheap_cost` with its verdict,
    which is `verdict_cost` of it, `flagship_cost` what escalating adds. `weight` is the share of the case
    that the answer stands for: repeats have one id and weigh 1 together, so all sums count cases.
    """

    id: str
    score: float
    cheap_right: bool
    flagship_right: bool
    cheap_cost: int
    flagship_cost: int
    verdict_cost: int = 0
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Point:
    """A cascade that accepts from `threshold` on, over `n` cases; None escalates everything.

    `quality` is the share of right answers served, with its 95 % interval; `cost` nano-dollars in all.
    `false_accept_rate` is of wrong cheap answers, `false_escalate_rate` of right ones; None without any.
    """

    threshold: float | None
    n: int
    escalation_rate: float
    quality: float
    low: float
    high: float
    cost: int
    accepted_wrong: float
    escalated_right: float
    false_accept_rate: float | None
    false_escalate_rate: float | None

    @property
    def mean_cost(self) -> float:
        """Nano-dollars per case."""
        return self.cost / self.n


@dataclass(frozen=True, slots=True)
class Recommended:
    """A threshold chosen on one half of the cases, and how it did on the other.

    `holds` is whether the wanted bar lies under the quality measured there (for a cost budget: whether the
    cost does not pass it).
    """

    chosen: Point
    measured: Point
    holds: bool


def sweep(cases: Sequence[Case]) -> list[Point]:
    """A point for every distinct score, from accepting all to accepting none; ties are kept together."""
    thresholds: list[float | None] = [*sorted({case.score for case in cases}), None]
    return [point(cases, threshold) for threshold in thresholds] if cases else []


def point(cases: Sequence[Case], threshold: float | None) -> Point:
    """The cascade at one threshold; `cases` must not be empty."""
    accepted: list[Case] = []
    escalated: list[Case] = []
    for case in cases:
        (accepted if threshold is not None and case.score >= threshold else escalated).append(case)
    n, right = count_of(cases), weight(case for case in cases if case.cheap_right)
    wrong = weight(case for case in cases if not case.cheap_right)
    wrong_accepted = weight(case for case in accepted if not case.cheap_right)
    right_escalated = weight(case for case in escalated if case.cheap_right)
    good = weight(case for case in accepted if case.cheap_right)
    good = min(n, good + weight(case for case in escalated if case.flagship_right))
    low, high = wilson(good, n)
    return Point(
        threshold=threshold,
        n=n,
        escalation_rate=min(1.0, weight(escalated) / n),
        quality=good / n,
        low=low,
        high=high,
        cost=round(
            sum(case.weight * case.cheap_cost for case in cases)
            + sum(case.weight * case.flagship_cost for case in escalated)
        ),
        accepted_wrong=wrong_accepted,
        escalated_right=right_escalated,
        false_accept_rate=wrong_accepted / wrong if wrong else None,
        false_escalate_rate=right_escalated / right if right else None,
    )


def count_of(cases: Iterable[Case]) -> int:
    """How many cases there are; repeats of one count once."""
    return len({case.id for case in cases})


def weight(cases: Iterable[Case]) -> float:
    """What they weigh together: how many cases they stand for."""
    return sum(case.weight for case in cases)


def pareto(points: Sequence[Point]) -> list[Point]:
    """Those that no other beats in cost without losing quality, cheapest first."""
    front: list[Point] = []
    for found in sorted(points, key=lambda p: (p.cost, -p.quality)):
        if not front or found.quality > front[-1].quality:
            front.append(found)
    return front


def cheapest_above(
    cases: Sequence[Case], bar: float, is_fitting: Callable[[str], bool]
) -> Recommended | None:
    """The cheapest threshold whose quality's lower bound meets the bar on the fitting half.

    None if no threshold does, or if a half is empty.
    """
    fitting, held_out = _halves(cases, is_fitting)
    meeting = [p for p in sweep(fitting) if p.low >= bar]
    if not meeting or not held_out:
        return None
    chosen = min(meeting, key=lambda p: (p.cost, -p.quality))
    measured = point(held_out, chosen.threshold)
    return Recommended(chosen, measured, measured.quality >= bar)


def best_within(
    cases: Sequence[Case], mean_cost: float, is_fitting: Callable[[str], bool]
) -> Recommended | None:
    """The threshold of best quality that costs at most `mean_cost` nano-dollars a case; None if none does."""
    fitting, held_out = _halves(cases, is_fitting)
    affordable = [p for p in sweep(fitting) if p.mean_cost <= mean_cost]
    if not affordable or not held_out:
        return None
    chosen = max(affordable, key=lambda p: (p.quality, -p.cost))
    measured = point(held_out, chosen.threshold)
    return Recommended(chosen, measured, measured.mean_cost <= mean_cost)


def _halves(cases: Sequence[Case], is_fitting: Callable[[str], bool]) -> tuple[list[Case], list[Case]]:
    fitting = [case for case in cases if is_fitting(case.id)]
    return fitting, [case for case in cases if not is_fitting(case.id)]
