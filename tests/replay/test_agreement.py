"""What several calls of one verdict used together, and what that costs."""

import pytest

from cascadewatch.model import Usage
from cascadewatch.pricing import PriceBook, cost
from cascadewatch.replay import billing
from cascadewatch.replay.answer import Answer, Judged, Spent
from cascadewatch.replay.case import Case, Turn
from cascadewatch.replay.verifiers.agreement import Agreement
from cascadewatch.settings.replaying import Verifier

NOW = 1_795_262_400_000


class Answering:
    """Gives what each call used, one after the other."""

    def __init__(self, calls: tuple[Spent, ...], provider: str | None) -> None:
        self._calls, self._provider = iter(calls), provider

    def ask(self, model: str, turns: tuple[Turn, ...], repeat: int = 0) -> Answer:
        return Answer("42", next(self._calls), self._provider, model, model)

    def post(self, verifier: Verifier, body: bytes) -> bytes:
        raise AssertionError("nobody's own endpoint is asked")

    def worst_cost(self, model: str, prompt_characters: int, book: PriceBook, at: int) -> int | None:
        return None


def judged(*calls: Spent, model: str = "small", provider: str | None = None) -> Judged:
    table = Verifier(kind="agreement", model=model, samples=len(calls))
    return Agreement(table, Answering(calls, provider)).judge(Case("1", prompt="?"), Answer("42"))


def used(*usages: Usage | None) -> Usage | None:
    return judged(*(Spent(usage, latency_ms=1.0) for usage in usages)).spent.usage


def test_every_bucket_is_added_up() -> None:
    assert used(Usage(10, 1, 500, 2, 1), Usage(10, 3, 500, 2, 1)) == Usage(20, 4, 1000, 4, 2)


def test_a_cache_or_reasoning_that_a_call_does_not_tell_counts_as_none_as_it_does_in_prices() -> None:
    assert used(Usage(10, None, 500, 2, 1), Usage(10, 3, 500, 2, None)) == Usage(20, 3, 1000, 4, 1)


def test_what_no_call_tells_is_unknown_and_not_zero() -> None:
    assert used(Usage(10, output=2), Usage(10, output=2)) == Usage(20, None, None, 4, None)


@pytest.mark.parametrize("unknown", [Usage(None, output=2), Usage(10, output=None)])
def test_input_or_output_that_one_call_does_not_tell_is_unknown(unknown: Usage) -> None:
    found = judged(Spent(Usage(10, output=2)), Spent(unknown))
    assert found.spent.usage is not None
    assert None in (found.spent.usage.input, found.spent.usage.output)
    assert billing.priced(found, PriceBook(), NOW).cost is None


def test_a_call_that_tells_nothing_leaves_all_unknown() -> None:
    assert used(Usage(10, output=2), None) is None


@pytest.mark.parametrize(("times", "together"), [((3.0, 4.0), 7.0), ((3.0, None), None)])
def test_the_time_is_unknown_where_one_is(times: tuple[float | None, ...], together: float | None) -> None:
    assert judged(*(Spent(latency_ms=one) for one in times)).spent.latency_ms == together


@pytest.mark.parametrize(
    ("model", "provider", "usage"),
    [
        ("sonar", "perplexity", Usage(10, output=2)),
        ("gemini-2.5-pro", None, Usage(150_000, output=10)),
    ],
    ids=["each request has a fee", "dearer from 200,000 tokens of one prompt on"],
)
def test_each_call_is_priced_by_itself(model: str, provider: str | None, usage: Usage) -> None:
    book = PriceBook()
    rates = book.rates(model, provider, NOW)
    assert rates is not None
    assert rates.request or rates.tiers
    said = judged(Spent(usage), Spent(usage), model=model, provider=provider)
    one = cost(rates, usage)
    assert one is not None
    assert billing.priced(said, book, NOW).cost == 2 * one
