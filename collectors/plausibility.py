"""Whether a claimed cost can be true, and how a total of tokens divides. Pure."""

from cascadewatch.model import Usage
from cascadewatch.pricing.rates import Rates, cost

MARGIN = 2  # list prices change and surcharges exist; twice the ceiling is no such thing
TOKENS_PER_SECOND = 5_000  # no hosted model writes faster
PROMPT_GROWTH = 4  # another tokenizer and a longer system prompt do not make more of the same prompt


def ceiling(prompt: int, latency_ms: float) -> Usage:
    """The most tokens one answer can have used: `prompt` are those another model counted for the
    same prompt, and what is written takes time."""
    return Usage(input=prompt * PROMPT_GROWTH, output=int(latency_ms * TOKENS_PER_SECOND / 1000) + 1)


def implausible(cost_usd: float, most: Usage, rates: Rates) -> str | None:
    """Why `cost_usd` cannot be what an answer of at most `most` tokens cost at list price, else None.

    A cost below the ceiling may still be wrong; this finds only what is impossible.
    """
    limit = cost(rates, most)
    if limit is None or cost_usd * 1e9 <= limit * MARGIN:
        return None
    return (
        f"${cost_usd:.2g} is claimed, but at most {most.input:,} input and {most.output:,} output tokens "
        f"cost ${limit / 1e9:.2g} at list price ({rates.source})"
    )


def split(total: int, cost_usd: float, rates: Rates) -> Usage | None:
    """Input and output tokens of which only the sum and the bill are known.

    input + output = total and input x rate + output x rate = cost have one solution. None unless
    it is in whole numbers from 0 on: then the bill was not made at these rates.
    """
    if rates.output is None or rates.output == rates.input or rates.tiers:
        return None
    femto = round(cost_usd * 1e12) * 1000  # bills are floats: what is finer than 1e-12 is their noise
    output, rest = divmod(femto - total * rates.input, rates.output - rates.input)
    if rest or not 0 <= output <= total:
        return None
    return Usage(input=total - output, output=output)
