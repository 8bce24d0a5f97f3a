"""What real flagship calls were billed, against the price that flagship-only is worked out with.

That price is the listed one, or the user's own. Who pays another one, and sends it as `cost_usd`, is found
here until a [[price]] entry says it.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cascadewatch.metrics.coverage import MIN_COVERAGE
from cascadewatch.metrics.window import Counts, TierCounts
from cascadewatch.model import TierOrder

MIN_CALLS = 30
TOLERANCE = 0.1  # the answers compared are not the same ones: a difference has to be more than theirs
READ_FROM_CACHE = 0.1  # the least, and
WRITTEN_TO_CACHE = 1.25  # the most that a token of a prompt cache costs of another one
# Those of EVENT_MEASURES that are needed.
MEASURES = ("counterfactual", "counterfactual_input", "counterfactual_output",
            "pairs", "pair_cheap_input", "pair_cheap_output")  # fmt: skip


class _Sums(NamedTuple):
    """Sums of ATTEMPT_MEASURES over the rows of one tier."""

    attempts: int
    ok: int
    priced: int
    tokens_known: int
    cost: int
    input: int
    cache_read: int
    cache_write: int
    output: int

    @property
    def prompt(self) -> int:
        return self.input + self.cache_read + self.cache_write

    @property
    def is_known(self) -> bool:
        tokens, costs = MIN_COVERAGE * self.ok, MIN_COVERAGE * self.attempts
        return self.tokens_known >= max(MIN_CALLS, tokens) and self.priced >= costs


def billed_share(per_route: Iterable[Counts], tiers: Sequence[TierCounts], order: TierOrder) -> float:
    """Cost of a cascade's real flagship calls / cost of their tokens at the price flagship-only is worked out
    with; `per_route` are the event sums of its routes, `tiers` those of all its attempts.

    1 where both agree within 10 % and what a prompt cache explains, or where it cannot be told: fewer than 30
    calls, several flagship models, tokens or costs not known, nothing worked out. The price of a token is
    what worked-out events cost at ratio 1 / their tokens, which are told from the mean of the cheap answers
    outside of pairs.
    """
    counts = dict.fromkeys(MEASURES, 0)
    for route in per_route:
        counts = {name: n + route[name] for name, n in counts.items()}
    cheap, top = _sums(tiers, order.cheap), _sums(tiers, order.flagship)
    models = {t.model for t in tiers if t.tier == order.flagship}
    alone = cheap.tokens_known - counts["pairs"]
    if alone <= 0 or len(models) != 1 or not top.is_known:
        return 1.0
    worked_out = counts["counterfactual"] / alone
    given = _each(counts["counterfactual_input"], (cheap.prompt - counts["pair_cheap_input"]) * worked_out)
    written = _each(
        counts["counterfactual_output"], (cheap.output - counts["pair_cheap_output"]) * worked_out
    )
    listed = given * top.prompt + written * top.output
    least = listed - given * top.cache_read * (1 - READ_FROM_CACHE)
    most = listed + given * top.cache_write * (WRITTEN_TO_CACHE - 1)
    if listed <= 0 or least * (1 - TOLERANCE) <= top.cost <= most * (1 + TOLERANCE):
        return 1.0
    return top.cost / listed


def _sums(tiers: Sequence[TierCounts], tier: str | None) -> _Sums:
    rows = [t.counts for t in tiers if t.tier == tier]
    return _Sums(*(sum(counts[name] for counts in rows) for name in _Sums._fields))


def _each(cost: int, tokens: float) -> float:
    return cost / tokens if tokens > 0 else 0.0
