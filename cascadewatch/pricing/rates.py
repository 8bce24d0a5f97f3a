"""Rates per token, and what a usage costs at them."""

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal

from cascadewatch.model import Usage

FEMTO_PER_NANO = 1_000_000
FEMTO_PER_USD_PER_1M = 10**9  # a dollar for a million tokens, in femto-dollars for one


@dataclass(frozen=True, slots=True)
class Rates:
    """What one token costs in femto-dollars (1e-15 USD), and where that was learned.

    `cache_read` and `cache_write` equal `input` where no cache price is listed: a cached token is
    then charged as input. `output` None: the model lists no output price (embeddings), so that an
    answer with output tokens stays without a cost. `reasoning` is set only where reasoning tokens,
    which are part of the output, are charged apart. `request` is charged once for each attempt.

    `tiers` holds (threshold, rates) in ascending order: a request whose prompt, cached tokens
    included, has more tokens than the threshold pays those rates for every token.
    """

    input: int
    output: int | None
    cache_read: int
    cache_write: int
    source: str
    reasoning: int | None = None
    request: int = 0
    tiers: tuple[tuple[int, "Rates"], ...] = ()

    def scaled(self, factor: Decimal, source: str) -> "Rates":
        """The same untiered rates times `factor`."""
        return replace(
            self,
            input=half_even(self.input * factor),
            output=None if self.output is None else half_even(self.output * factor),
            cache_read=half_even(self.cache_read * factor),
            cache_write=half_even(self.cache_write * factor),
            source=source,
        )


def cost(rates: Rates, usage: Usage) -> int | None:
    """Nano-dollars (1e-9 USD) of one answer, rounded half-even once.

    None when the input or output count is unknown. A cache count that is unknown counts as none.
    """
    if usage.input is None or usage.output is None:
        return None
    read, write = usage.cache_read or 0, usage.cache_write or 0
    if rates.tiers:
        rates = _reached(rates, usage.input + read + write)
    output = _output(rates, usage)
    if output is None:
        return None
    femto = rates.request + usage.input * rates.input + output
    if read or write:
        femto += read * rates.cache_read + write * rates.cache_write
    nano, rest = divmod(femto, FEMTO_PER_NANO)
    if 2 * rest > FEMTO_PER_NANO or (2 * rest == FEMTO_PER_NANO and nano & 1):
        return nano + 1
    return nano


def _reached(rates: Rates, prompt: int) -> Rates:
    for threshold, tier in reversed(rates.tiers):
        if prompt > threshold:
            return tier
    return rates


def _output(rates: Rates, usage: Usage) -> int | None:
    """Femto-dollars of all output tokens; None where they have no price."""
    count = usage.output or 0
    if rates.output is None:
        return None if count else 0
    if rates.reasoning is None or not usage.reasoning:
        return count * rates.output
    reasoning = min(usage.reasoning, count)
    return (count - reasoning) * rates.output + reasoning * rates.reasoning


def nano_usd(usd: float) -> int:
    """Nano-dollars of an amount in dollars, rounded half-even."""
    return round(usd * 1e9)


def femto_per_token(usd_per_1m: Decimal) -> int:
    """Femto-dollars a token from US dollars a million tokens: exact to nine decimals of the price."""
    return half_even(usd_per_1m * FEMTO_PER_USD_PER_1M)


def half_even(number: Decimal) -> int:
    """The nearest whole number, the even one of two equally near."""
    return int(number.to_integral_value(ROUND_HALF_EVEN))
