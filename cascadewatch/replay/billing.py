"""What answers cost, and what they can cost at the most; nano-dollars, None where no price is known."""

from dataclasses import replace

from cascadewatch.model import Usage
from cascadewatch.pricing import PriceBook, cost
from cascadewatch.replay.answer import Spent

BYTES_PER_CHARACTER = 4  # no tokenizer makes more tokens of a text than it has bytes
OVERHEAD = 200  # tokens of roles and templates


def worst(
    book: PriceBook, model: str | None, provider: str | None, at: int, characters: int, output: int
) -> int | None:
    """The dearest answer to a prompt of so many characters: too high, never too low."""
    rates = book.rates(model, provider, at)
    if rates is None:
        return None
    return cost(rates, Usage(input=characters * BYTES_PER_CHARACTER + OVERHEAD, output=output))


def priced(
    spent: Spent, models: tuple[str | None, ...], provider: str | None, book: PriceBook, at: int
) -> Spent:
    """The same with its cost: as told, else by its tokens at the price of the first model that has one."""
    if spent.cost is not None or spent.usage is None:
        return spent
    for model in models:
        rates = book.rates(model, provider, at)
        if rates is not None:
            return replace(spent, cost=cost(rates, spent.usage), source=rates.source)
    return spent
