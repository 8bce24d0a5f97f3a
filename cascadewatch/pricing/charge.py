"""What one attempt, and one verdict, cost."""

from typing import NamedTuple

from cascadewatch.model import FREE_MECHANISMS, Attempt, Usage, Verdict
from cascadewatch.pricing.book import PriceBook
from cascadewatch.pricing.rates import cost, nano_usd

NOT_BILLED_STATUSES = frozenset({"rate_limited", "refused", "error"})
FREE_KINDS = frozenset({"cache", "rule"})
PAID_MECHANISMS = frozenset({"judge", "agreement", "human"})


class Priced(NamedTuple):
    """Nano-dollars and where they come from; both None where nobody knows."""

    cost: int | None
    source: str | None


FREE = Priced(0, "free")
NOT_BILLED = Priced(0, "not_billed")
UNPRICED = Priced(None, None)


def attempt_cost(attempt: Attempt, at_ms: int, book: PriceBook) -> Priced:
    """What the answer cost, without its verdict.

    The sender's `cost_usd` wins. Tiers of kind `cache` and `rule` are free, those of kind `human`
    unpriced. Without any token count an attempt that failed is not billed, except that a timeout
    may have been, so that it is unpriced like every other answer without counts or price.
    """
    if attempt.cost_usd is not None:
        return Priced(nano_usd(attempt.cost_usd), "reported")
    if attempt.kind != "model":
        return FREE if attempt.kind in FREE_KINDS else UNPRICED
    usage = attempt.usage
    if usage is None or not _counted(usage):
        return NOT_BILLED if attempt.status in NOT_BILLED_STATUSES else UNPRICED
    return _by_tokens(attempt, usage, at_ms, book)


def verdict_cost(verdict: Verdict, at_ms: int, book: PriceBook) -> Priced | None:
    """What the verifier's word on one attempt cost; None if there was nothing to pay for.

    The sender's `cost_usd` wins, then token counts. Without either, a skipped verdict is no
    verdict; `schema`, `rule` and `tests` are free; so is `confidence`, which reads the answer's own
    tokens; `judge`, `agreement` and `human` are unpriced. Without a mechanism a verdict that names
    a model is unpriced and one that names none is free.
    """
    if verdict.cost_usd is not None:
        return Priced(nano_usd(verdict.cost_usd), "reported")
    usage = verdict.usage
    if usage is not None and _counted(usage):
        if verdict.model is None and verdict.mechanism in FREE_MECHANISMS:
            return FREE
        return _by_tokens(verdict, usage, at_ms, book)
    if verdict.outcome == "skipped":
        return None
    if verdict.mechanism in PAID_MECHANISMS or (verdict.mechanism is None and verdict.model is not None):
        return UNPRICED
    return FREE


def _counted(usage: Usage) -> bool:
    return usage.input is not None or usage.output is not None


def _by_tokens(said: Attempt | Verdict, usage: Usage, at_ms: int, book: PriceBook) -> Priced:
    rates = book.rates(said.model, said.provider, at_ms, said.service_tier)
    if rates is None:
        return UNPRICED
    amount = cost(rates, usage)
    return UNPRICED if amount is None else Priced(amount, rates.source)
