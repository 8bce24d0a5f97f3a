"""What a replay says in the end: each rate against its baseline, and all of them together. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from cascadewatch.drift.mde import smallest_change
from cascadewatch.drift.mix import holm
from cascadewatch.drift.paired import Paired, compare
from cascadewatch.metrics.interval import wilson

Verdict = Literal["incomplete", "regressed", "inconclusive", "improved", "unchanged"]
RateName = Literal["accuracy", "false_accept", "false_escalate"]

WORST_FIRST: tuple[Verdict, ...] = ("incomplete", "regressed", "inconclusive", "improved", "unchanged")
WORDS = {
    "accuracy": "accuracy",
    "false_accept": "false accepts",
    "false_escalate": "false escalations",
}
OF = {"accuracy": "cases", "false_accept": "wrong answers", "false_escalate": "right answers"}
UNSTABLE = 0.1  # share of cases that flip between identical runs, until it has been measured
LEAST_UNSTABLE = 0.02  # of which a run without any flip is no proof
SMALL = 0.05 / 100


@dataclass(frozen=True, slots=True)
class Rate:
    """One rate of a replay beside its baseline.

    `value` over `n` cases with its 95 % interval `low`–`high`; `change` is the paired difference over
    `paired` cases with its own interval and `p` after Holm's correction. `smallest` is the change that so
    many cases can see. None where there is nothing to compare with.
    """

    name: RateName
    verdict: Verdict
    value: float
    n: int
    low: float
    high: float
    baseline: float | None
    paired: int
    change: float | None
    change_low: float | None
    change_high: float | None
    p: float | None
    smallest: float | None
    rose: int
    fell: int
    sentence: str


class Limits(NamedTuple):
    """What all rates of a run are held to: how rarely chance alone may say "changed", the tolerance (a
    share), answers per case, and how many rates are compared at once."""

    alpha: float
    tolerance: float
    repeats: int
    at_once: int


def rates(
    after: Mapping[RateName, Mapping[str, float]],
    before: Mapping[RateName, Mapping[str, float]] | None,
    *,
    alpha: float,
    tolerance: float,
    repeats: int = 1,
    reason: str = "there is no baseline yet",
    decided: Mapping[RateName, str] | None = None,
) -> dict[RateName, Rate]:
    """Every rate that has cases; outcomes by case, 0 or 1 (means over `repeats` answers are in between).

    `before` None: nothing to compare with, for the `reason` given. A rate is regressed or improved where
    Holm's p over all rates compared is below `alpha`; unchanged where the interval of the change lies
    within the tolerance (a share); else there were too few cases to tell. A run that was stopped early says
    what it was stopped for: `decided` has "changed" or "unchanged" for its rates.
    """
    present = [name for name in after if after[name]]
    pairs = {name: compare((before or {}).get(name, {}), after[name]) for name in present}
    tested = [name for name in present if pairs[name].p is not None]
    adjusted = holm([pairs[name].p or 0.0 for name in tested])
    ps = dict(zip(tested, adjusted, strict=True))
    limits = Limits(alpha, tolerance, repeats, len(tested or present))
    return {
        name: _rate(
            name,
            after[name],
            pairs[name],
            ps.get(name),
            limits,
            reason,
            (decided or {}).get(name),
        )
        for name in present
    }


def whole(found: Sequence[Rate], *, incomplete: bool) -> Verdict:
    """The worst of all rates; inconclusive without any."""
    said = {rate.verdict for rate in found} or {"inconclusive"}
    if incomplete:
        return "incomplete"
    return next(verdict for verdict in WORST_FIRST if verdict in said)


def _rate(
    name: RateName,
    outcomes: Mapping[str, float],
    pair: Paired,
    p: float | None,
    limits: Limits,
    reason: str,
    decided: str | None,
) -> Rate:
    n = len(outcomes)
    value = sum(outcomes.values()) / n
    low, high = wilson(value * n, n)
    smallest = _smallest(pair, n, limits)
    verdict = _verdict(name, pair, p, limits, decided)
    return Rate(
        name=name,
        verdict=verdict,
        value=value,
        n=n,
        low=low,
        high=high,
        baseline=pair.before,
        paired=pair.n,
        change=pair.difference,
        change_low=pair.low,
        change_high=pair.high,
        p=p,
        smallest=smallest,
        rose=pair.rose,
        fell=pair.fell,
        sentence=_sentence(name, verdict, value, pair, p, smallest, reason),
    )


def _smallest(pair: Paired, n: int, limits: Limits) -> float | None:
    """The change that so many cases can see, with the noise between the two runs where there are two."""
    flips, n = (UNSTABLE, n) if pair.noise is None else (pair.noise * limits.repeats, pair.n)
    return smallest_change(n, max(LEAST_UNSTABLE, flips), limits.repeats, limits.alpha, limits.at_once)


def _verdict(name: RateName, pair: Paired, p: float | None, limits: Limits, decided: str | None) -> Verdict:
    if p is None or pair.difference is None or pair.low is None or pair.high is None:
        return "inconclusive"
    if decided == "unchanged":
        return "unchanged"
    if p < limits.alpha or decided == "changed":
        better = pair.difference > 0 if name == "accuracy" else pair.difference < 0
        return "improved" if better else "regressed"
    reach = max(-pair.low, pair.high)
    return "unchanged" if reach <= limits.tolerance else "inconclusive"


def _sentence(
    name: RateName, verdict: Verdict, value: float, pair: Paired, p: float | None, smallest: float | None,
    reason: str,
) -> str:  # fmt: skip
    """One sentence for people, with every number that decided."""
    what = f"{WORDS[name]}: {value * 100:.1f} %"
    if pair.difference is None or pair.low is None or pair.high is None or p is None:
        return f"{what}; not compared: {reason}."
    base = f"{what} against {(pair.before or 0) * 100:.1f} % before"
    span = f"{_points(pair.difference)} points ({_points(pair.low)} to {_points(pair.high)})"
    over = f"over the same {pair.n:,} {OF[name]}"
    if verdict in ("regressed", "improved"):
        chance = "less than 1 in 1,000" if p < 0.001 else f"about {p:.3f}"
        return f"{base}, {span} {over}; chance alone does this with probability {chance}."
    if verdict == "unchanged":
        return f"{base}, {span} {over}: no change that matters."
    seen = "no change at all" if smallest is None else f"changes from {smallest * 100:.0f} points on"
    return f"{base}, {span} {over}: too few to tell, they show {seen}."


def _points(share: float) -> str:
    return "±0.0" if abs(share) < SMALL else f"{share * 100:+.1f}".replace("-", "−")
