"""What answers cost, and what they can cost at the most; nano-dollars, None where no price is known."""

from dataclasses import dataclass, replace
from typing import Protocol

from cascadewatch.model import Usage
from cascadewatch.pricing import PriceBook, Rates, cost
from cascadewatch.replay.answer import Spent

BYTES_PER_CHARACTER = 4  # at the most in UTF-8; no tokenizer makes more tokens of a text than it has bytes
CHARACTERS_PER_TOKEN = 4  # about; an answer not given yet is held for by it, one with more is not sent on
OVERHEAD = 200  # tokens of roles and templates


def worst(
    book: PriceBook, model: str | None, provider: str | None, at: int, characters: int, output: int
) -> int | None:
    """The dearest answer to a prompt of so many characters: too high, never too low."""
    rates = book.rates(model, provider, at)
    if rates is None:
        return None
    return cost(rates, Usage(input=characters * BYTES_PER_CHARACTER + OVERHEAD, output=output))


class Said(Protocol):
    """An answer, a verdict or a grade: what it spent, and on whom."""

    @property
    def spent(self) -> Spent: ...

    @property
    def provider(self) -> str | None: ...

    @property
    def model(self) -> str | None: ...

    @property
    def priced_as(self) -> str | None: ...


def priced(said: Said, book: PriceBook, at: int) -> Spent:
    """What was spent with its cost: as told, else by its tokens at the price of the model that was asked.

    That is what a bill names and what was held beforehand; another name in the answer counts only where
    the asked one has no price.
    """
    spent = said.spent
    if spent.cost is not None or spent.usage is None:
        return spent
    for model in (said.priced_as, said.model):
        rates = None if model is None else book.rates(model, said.provider, at)
        if rates is not None:
            return replace(spent, cost=_cost(rates, spent), source=rates.source, calls=())
    return spent


def _cost(rates: Rates, spent: Spent) -> int | None:
    """Call by call: a price may be per request, or rise with the length of one prompt."""
    total = 0
    for call in spent.calls or (spent,):
        one = None if call.usage is None else cost(rates, call.usage)
        if one is None:
            return None
        total += one
    return total


@dataclass
class Bill:
    """What one answer has newly cost, and what stays held since nobody knows its cost; nano-dollars."""

    spent: int = 0
    held: int = 0

    def book(self, spent: Spent, worst: int) -> None:
        """Adds a call. What recorded answers cost was paid long ago."""
        if spent.source == "recorded":
            return
        if spent.cost is None:
            self.held += worst
        else:
            self.spent += spent.cost
