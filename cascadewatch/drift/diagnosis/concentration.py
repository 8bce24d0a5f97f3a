"""Do few callers carry a move, or all of them? Compares each caller with its own past.

What is expected of a caller is its own past rate, drawn towards the rate of all callers as long as its past
is short. Gini coefficients and shares of the busiest callers do not tell an attack from a quiet day. Two
other numbers do: the share of the excess that few callers carry, and how many callers lie above what is
expected of them. That is about half on a quiet day and in an attack, and nearly all when the verifier broke.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, lgamma, log
from typing import Any, Literal, NamedTuple

from cascadewatch.drift.diagnosis.material import Callers, Group, Share
from cascadewatch.drift.hours import HOUR_MS, Hour

SPREAD = 0.04  # overdispersion between honest callers
STEADY = 240.0  # past requests beyond which a caller's own day-to-day wobble is all that is left
FALSE_NAMES = 0.001  # share of false names among those named (Benjamini-Hochberg)
SYSTEMIC = 0.70  # share of callers above their expectation from which on it is everybody
COMPARED = 5  # judged requests a caller needs to count in that share
ENOUGH_CALLERS = 8
CARRIED = 0.5  # of the excess, by those named, to say that they carry the move

Verdict = Literal["concentrated", "systemic", "unclear"]


class Named(NamedTuple):
    """A caller that moved beyond chance. `expected` of its judged requests would have escalated."""

    caller: str
    before: Share
    after: Share
    expected: float
    p: float

    @property
    def excess(self) -> float:
        """Escalated beyond what was expected; below 0 in a fall."""
        return self.after.k - self.expected


@dataclass(frozen=True, slots=True)
class Concentration:
    """Which callers carry a move.

    `excess` counts the escalations of all callers beyond what was expected of them; `carried` is the share
    of it by the callers in `named`. `compared` callers had enough requests to be compared, and `above` is
    the share of them that lies beyond its expectation in the direction of the move; None: fewer than 8 were
    compared. `without` is the rate of everybody who is not named, `seen` the number of callers.
    """

    verdict: Verdict
    named: tuple[Named, ...]
    excess: float
    carried: float
    above: float | None
    compared: int
    without: float | None
    seen: int

    def to_dict(self, most: int = 10) -> dict[str, Any]:
        """JSON-ready, with the callers that carry most."""
        return {
            "verdict": self.verdict, "excess": self.excess, "carried": self.carried, "above": self.above,
            "compared": self.compared, "without": self.without, "seen": self.seen,
            "named": [
                {"caller": one.caller, "escalated": one.after.k, "judged": one.after.n, "p": one.p,
                 "expected": one.expected, "excess": one.excess, "rate_before": one.before.rate}
                for one in self.named[:most]
            ],
        }  # fmt: skip


def concentration(callers: Callers, rising: bool) -> Concentration | None:
    """Which callers carry a rise, or a fall. None without callers or without a past.

    An alert asks who made the rate move: so each caller is compared with its own past, and of the callers
    named about one in a thousand may be wrong (Benjamini-Hochberg). The Traffic page asks who is expensive
    in the range on show, whether or not anything changed: so it compares a caller with all others and keeps
    to one false mark in twenty looks (Bonferroni). A caller that has always escalated much is marked there
    and not named here.
    """
    everybody = [*callers.busiest, callers.rest]
    fleet = _fleet(everybody)
    listed = [g for g in callers.busiest if g.after.n]
    if not listed or fleet is None:
        return None
    tested = [_tested(g, fleet, rising) for g in listed]
    named = _discoveries(tested, max(callers.seen, len(listed)), rising)
    excess = sum(g.after.k - g.after.n * _expected(g, fleet) for g in everybody)
    compared = [one for one in tested if one.after.n >= COMPARED]
    beyond = sum((one.excess > 0) == rising and one.excess != 0 for one in compared)
    above = beyond / len(compared) if len(compared) >= ENOUGH_CALLERS else None
    carried = sum(one.excess for one in named) / excess if excess and (excess > 0) == rising else 0.0
    return Concentration(
        verdict=_verdict(carried, above, bool(named)),
        named=tuple(named),
        excess=excess,
        carried=carried,
        above=above,
        compared=len(compared),
        without=_without(everybody, {one.caller for one in named}),
        seen=callers.seen,
    )


def standing_out(callers: Callers, false_names: float = FALSE_NAMES) -> tuple[Named, ...]:
    """Which callers escalate more than their own past, and than all others with them, explain; the largest
    excess first. Empty without a past, and where nobody else was judged.

    A rule asks this day by day, whether or not the whole moved. So where all the others lie above what was
    expected of them, as with a stricter verifier, as much is expected of the caller too (in log-odds): it
    stands out from the rest, not with it. The test is that of `concentration`; of those named the share
    `false_names` may be wrong (Benjamini-Hochberg), which is also the chance that anybody is named on a day
    on which nobody changed.
    """
    everybody = [*callers.busiest, callers.rest]
    fleet = _fleet(everybody)
    if fleet is None:
        return ()
    k, n = (sum(side) for side in zip(*(g.after for g in everybody), strict=True))
    expected = sum(g.after.n * _expected(g, fleet) for g in everybody)
    tested = []
    for g in callers.busiest:
        others = n - g.after.n
        if g.after.n and others:
            normal = (expected - g.after.n * _expected(g, fleet)) / others
            risen = max(0.0, _log_odds((k - g.after.k) / others) - _log_odds(normal))
            tested.append(_tested(g, fleet, True, risen))
    return tuple(_discoveries(tested, max(callers.seen, len(tested)), True, false_names))


def began(hours: Iterable[Hour], normal: float) -> int | None:
    """Since when (epoch ms) callers escalate more than `normal`, a share: the start that best explains these
    hours; None if none of them lies above it.

    Maximises (Σ(k - n·normal))² / Σn over the start, the gain in Gaussian log-likelihood of hours that vary
    like coins.
    """
    first = _farthest(sorted(hours, reverse=True), normal)
    return None if first is None else first.start


def ended(hours: Iterable[Hour], normal: float) -> int | None:
    """Until when (epoch ms) they did: the end of the hour that best explains these hours, by the same gain.
    None if none of them lies above `normal`."""
    last = _farthest(sorted(hours), normal)
    return None if last is None else last.start + HOUR_MS


def _farthest(hours: Iterable[Hour], normal: float) -> Hour | None:
    """The hour up to which, counted from the first of them, these lie most clearly above `normal`."""
    best, found, pull, weight = 0.0, None, 0.0, 0
    for hour in hours:
        pull += hour.escalated - hour.judged * normal
        weight += hour.judged
        if pull > 0 and pull * pull / weight > best:
            best, found = pull * pull / weight, hour
    return found


def _fleet(everybody: Sequence[Group]) -> float | None:
    """The past rate of all callers together, kept off 0 and 1; None without a past."""
    judged, escalated = sum(g.before.n for g in everybody), sum(g.before.k for g in everybody)
    return min(0.999, max(0.001, escalated / judged)) if judged else None


def _log_odds(share: float) -> float:
    held = min(0.999, max(0.001, share))
    return log(held / (1 - held))


def _verdict(carried: float, above: float | None, named: bool) -> Verdict:
    if above is not None and above >= SYSTEMIC:
        return "systemic"
    return "concentrated" if named and carried >= CARRIED else "unclear"


def _tested(g: Group, fleet: float, rising: bool, risen: float = 0.0) -> Named:
    """The caller with the chance of so many escalations, or more extreme ones, if nothing had changed but
    the log-odds of everybody, by `risen`."""
    strength = min(STEADY, sum(_prior(g, fleet)))
    mean = _expected(g, fleet)
    if risen:
        mean = 1 / (1 + exp(-_log_odds(mean) - risen))
    a, b = mean * strength, (1 - mean) * strength
    k, n = g.after if rising else Share(g.after.n - g.after.k, g.after.n)
    p = upper_tail(round(k), round(n), *((a, b) if rising else (b, a)))
    return Named(g.name, g.before, g.after, n * mean, p)


def _prior(g: Group, fleet: float) -> tuple[float, float]:
    """Beta of the caller's rate after its past: the fleet's, and what it did itself."""
    size = 1 / SPREAD - 1
    return fleet * size + g.before.k, (1 - fleet) * size + g.before.n - g.before.k


def _expected(g: Group, fleet: float) -> float:
    a, b = _prior(g, fleet)
    return a / (a + b)


def _discoveries(
    tested: Sequence[Named], family: int, rising: bool, false_names: float = FALSE_NAMES
) -> list[Named]:
    """Benjamini & Hochberg 1995 over all callers seen, those not tested counted as unsuspicious; of these,
    the ones that moved with the whole, the largest excess first."""
    ordered = sorted(tested, key=lambda one: (one.p, one.caller))
    last = 0
    for rank, one in enumerate(ordered, 1):
        if one.p <= false_names * rank / family:
            last = rank
    found = [one for one in ordered[:last] if (one.excess > 0) == rising]
    return sorted(found, key=lambda one: (-abs(one.excess), one.caller))


def _without(everybody: Iterable[Group], named: set[str]) -> float | None:
    others = [g.after for g in everybody if g.name not in named]
    return Share(sum(s.k for s in others), sum(s.n for s in others)).rate


def upper_tail(k: int, n: int, a: float, b: float) -> float:
    """P(K ≥ k) of a beta-binomial of n draws.

    Summed term by term from k up, each from the one before; at or below the mean it is not worth summing
    and counts as 1.

    >>> round(upper_tail(2, 2, 1, 1), 4)  # uniform over 0, 1, 2
    0.3333
    """
    if k <= n * a / (a + b):
        return 1.0
    term = exp(
        lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
        + lgamma(k + a) + lgamma(n - k + b) - lgamma(n + a + b)
        + lgamma(a + b) - lgamma(a) - lgamma(b)
    )  # fmt: skip
    total = 0.0
    for x in range(k, n + 1):
        total += term
        if term < total * 1e-12:
            break
        term *= (n - x) / (x + 1) * (x + a) / (n - x - 1 + b) if x < n else 0.0
    return min(1.0, total)
