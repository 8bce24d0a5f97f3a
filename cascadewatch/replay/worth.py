"""Should there be a cascade at all? What recorded answers of both tiers say beforehand. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cascadewatch.errors import UsageError
from cascadewatch.metrics.interval import wilson
from cascadewatch.pricing import PriceBook
from cascadewatch.replay import billing
from cascadewatch.replay.case import Recorded
from cascadewatch.replay.evalset import EvalSet
from cascadewatch.replay.targets.recorded import recorded


@dataclass(frozen=True, slots=True)
class Share:
    """A share of `n` cases with its 95 % interval."""

    value: float
    n: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Worth:
    """What a cascade of two tiers could gain on `n` cases.

    `routable` is the share the cheap tier gets right, `hopeless` what neither does. `best_quality` is what
    a perfect verifier reaches, at `best_cost` nano-dollars a case; `price_gap` is flagship / cheap mean
    cost. Costs are None where a price is missing.
    """

    n: int
    routable: Share
    flagship: Share
    only_flagship: float
    only_cheap: float
    hopeless: float
    best_quality: float
    cheap_cost: float | None
    flagship_cost: float | None
    best_cost: float | None

    @property
    def price_gap(self) -> float | None:
        """How many times dearer the flagship is."""
        return self.flagship_cost / self.cheap_cost if self.cheap_cost and self.flagship_cost else None

    @property
    def verifier_allowance(self) -> float | None:
        """The most a perfect verdict may cost, in nano-dollars, before the flagship alone is cheaper."""
        if self.best_cost is None or self.flagship_cost is None:
            return None
        return self.flagship_cost - self.best_cost

    def sentence(self) -> str:
        """The answer in words."""
        low, high = self.routable.low * 100, self.routable.high * 100
        share = f"The cheap tier gets {self.routable.value:.0%} right ({low:.0f}–{high:.0f})"
        if self.price_gap is None or self.verifier_allowance is None or self.flagship_cost is None:
            return f"{share}; what that saves is unknown, because a price is missing."
        gap = f"the flagship costs {self.price_gap:.1f} times as much"
        if self.verifier_allowance <= 0:
            return f"{share} and {gap}: no cascade, since even a free and perfect verifier would not save."
        saved = self.verifier_allowance / self.flagship_cost
        return (
            f"{share} and {gap}: a perfect verifier would save {saved:.0%} and answer"
            f" {self.best_quality:.0%} right against {self.flagship.value:.0%} by the flagship alone;"
            f" each verdict may cost up to ${self.verifier_allowance / 1e9:.6f}."
        )


def worth(cases: EvalSet, cheap: str, flagship: str, book: PriceBook, now: int) -> Worth:
    """From the answers under two keys. UsageError where too few cases have both, with a label each."""
    pairs = [
        (case.answers[cheap], case.answers[flagship])
        for case in cases.cases
        if cheap in case.answers and flagship in case.answers and case.control is None
    ]
    known = [(a, b) for a, b in pairs if a.correct is not None and b.correct is not None]
    if not known:
        keys = ", ".join(cases.keys()) or "none"
        raise UsageError(
            f'no case has labelled answers under "{cheap}" and "{flagship}"; answers there: {keys}'
        )
    n = len(known)
    right = [(bool(a.correct), bool(b.correct)) for a, b in known]
    cheap_costs = _costs([a for a, _ in known], book, now)
    dear_costs = _costs([b for _, b in known], book, now)
    best = None
    if cheap_costs is not None and dear_costs is not None:
        escalated = sum(cost for cost, (ok, other) in zip(dear_costs, right, strict=True) if not ok and other)
        best = (sum(cheap_costs) + escalated) / n
    return Worth(
        n=n,
        routable=_share(sum(a for a, _ in right), n),
        flagship=_share(sum(b for _, b in right), n),
        only_flagship=sum(b and not a for a, b in right) / n,
        only_cheap=sum(a and not b for a, b in right) / n,
        hopeless=sum(not a and not b for a, b in right) / n,
        best_quality=sum(a or b for a, b in right) / n,
        cheap_cost=None if cheap_costs is None else sum(cheap_costs) / n,
        flagship_cost=None if dear_costs is None else sum(dear_costs) / n,
        best_cost=best,
    )


def as_json(found: Worth) -> dict[str, Any]:
    """All figures, money in US dollars a case."""

    def usd(nano: float | None) -> float | None:
        return None if nano is None else nano / 1e9

    def share(part: Share) -> dict[str, Any]:
        return {"value": part.value, "n": part.n, "low": part.low, "high": part.high}

    return {
        "cases": found.n,
        "routable_share": share(found.routable),
        "flagship_accuracy": share(found.flagship),
        "only_flagship": found.only_flagship,
        "only_cheap": found.only_cheap,
        "hopeless": found.hopeless,
        "best_quality": found.best_quality,
        "price_gap": found.price_gap,
        "cheap_cost_usd": usd(found.cheap_cost),
        "flagship_cost_usd": usd(found.flagship_cost),
        "best_cost_usd": usd(found.best_cost),
        "verifier_allowance_usd": usd(found.verifier_allowance),
        "sentence": found.sentence(),
    }


def _costs(answers: Sequence[Recorded], book: PriceBook, now: int) -> list[int] | None:
    """What each answer cost, as recorded or by its tokens; None where one is not known."""
    spent = [recorded(answer) for answer in answers]
    costs = [billing.priced(a, book, now).cost for a in spent]
    known = [cost for cost in costs if cost is not None]
    return known if len(known) == len(costs) else None


def _share(k: int, n: int) -> Share:
    return Share(k / n, n, *wilson(k, n))
