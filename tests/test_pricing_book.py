"""The user's prices answer first, the latest that has begun; what nobody knows stays unknown."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cascadewatch.model import Usage
from cascadewatch.moments import epoch_ms
from cascadewatch.pricing import PriceBook, Rates, cost
from cascadewatch.settings import Price

MILLION = Usage(input=1_000_000, output=0)


def at(*date: int) -> int:
    return epoch_ms(datetime(*date, tzinfo=UTC))  # type: ignore[misc, arg-type]


def entry(usd: float, more: Mapping[str, object] | None = None, **keys: object) -> Price:
    said = {"model": "m", "input_usd_per_1m": usd, "output_usd_per_1m": 2 * usd, **keys, **(more or {})}
    return Price.model_validate(said)


def since(*date: int) -> dict[str, object]:
    return {"from": datetime(*date, tzinfo=UTC).date()}  # type: ignore[misc, arg-type]


def book(*entries: Price) -> PriceBook:
    return PriceBook(entries, bundled=False)


def dollars(rates: Rates | None) -> float | None:
    """What a million input tokens cost."""
    nano = cost(rates, MILLION) if rates else None
    return None if nano is None else nano / 1e9


def test_an_entry_prices_input_output_and_caches() -> None:
    rates = book(entry(1, cache_read_usd_per_1m=0.1, cache_write_usd_per_1m=1.25)).rates("m", None, 0)
    assert rates == Rates(10**9, 2 * 10**9, 10**8, 1_250_000_000, "config")


def test_without_cache_prices_cached_tokens_pay_as_input() -> None:
    assert book(entry(0.6)).rates("m", None, 0) == Rates(
        600_000_000, 1_200_000_000, 600_000_000, 600_000_000, "config"
    )


def test_the_model_must_be_named_exactly() -> None:
    prices = book(entry(1))
    assert prices.rates("M", None, 0) is None
    assert prices.rates("m-2024", None, 0) is None
    assert prices.rates(None, "p", 0) is None


def test_an_entry_without_provider_holds_for_all() -> None:
    assert dollars(book(entry(1)).rates("m", "anyone", 0)) == 1


def test_an_entry_with_a_provider_holds_for_that_one_only() -> None:
    prices = book(entry(1, provider="p"))
    assert dollars(prices.rates("m", "p", 0)) == 1
    assert prices.rates("m", "other", 0) is None
    assert prices.rates("m", None, 0) is None


def test_an_entry_with_the_provider_goes_before_a_later_one_without() -> None:
    prices = book(entry(2, since(2026, 1, 1)), entry(1, provider="p"))
    assert dollars(prices.rates("m", "p", at(2026, 6, 1))) == 1
    assert dollars(prices.rates("m", "other", at(2026, 6, 1))) == 2


def test_the_latest_price_that_has_begun_holds_from_its_first_millisecond_in_utc() -> None:
    prices = book(entry(3, since(2026, 3, 1)), entry(1), entry(2, since(2026, 2, 1)))
    begin = at(2026, 3, 1)
    assert dollars(prices.rates("m", None, at(2020, 1, 1))) == 1
    assert dollars(prices.rates("m", None, at(2026, 2, 1))) == 2
    assert dollars(prices.rates("m", None, begin - 1)) == 2
    assert dollars(prices.rates("m", None, begin)) == 3


def test_the_source_names_the_day_the_price_began() -> None:
    prices = book(entry(1), entry(2, since(2026, 1, 1)))
    sources = [r.source for day in (2025, 2026) if (r := prices.rates("m", None, at(day, 5, 5)))]
    assert sources == ["config", "config:2026-01-01"]


def test_before_its_first_day_a_price_is_unknown() -> None:
    assert book(entry(1, since(2026, 1, 1))).rates("m", None, at(2025, 12, 31)) is None


@pytest.mark.parametrize("tier", ["default", "standard", "on_demand", "DEFAULT", None])
def test_standard_service_tiers_pay_the_entry_itself(tier: str | None) -> None:
    assert dollars(book(entry(1, batch_factor=0.5)).rates("m", None, 0, tier)) == 1


def test_batch_pays_the_factor_of_the_entry() -> None:
    rates = book(entry(1, cache_read_usd_per_1m=0.1, batch_factor=0.5)).rates("m", None, 0, "batch")
    assert rates == Rates(500_000_000, 10**9, 50_000_000, 500_000_000, "config batch")


@pytest.mark.parametrize("tier", ["batch", "flex", "priority"])
def test_a_service_tier_the_entry_does_not_price_is_unknown(tier: str) -> None:
    assert book(entry(1)).rates("m", None, 0, tier) is None
    assert PriceBook([entry(1, model="gpt-4o")]).rates("gpt-4o", "openai", at(2026, 11, 1), tier) is None


def test_an_entry_goes_before_the_bundled_price() -> None:
    prices = PriceBook([entry(7, since(2026, 1, 1), model="gpt-4o-mini")])
    assert dollars(prices.rates("gpt-4o-mini", "openai", at(2026, 2, 1))) == 7
    assert dollars(prices.rates("gpt-4o-mini", "openai", at(2025, 2, 1))) == 0.15


def test_without_the_bundled_list_only_entries_count() -> None:
    assert book().rates("gpt-4o-mini", "openai", 0) is None


def test_any_number_of_names_keeps_the_memory_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cascadewatch.pricing.book.REMEMBERED", 10)
    prices = book(entry(1))
    for n in range(95):
        assert prices.rates(f"unknown-{n}", None, 0) is None
        assert dollars(prices.rates("m", None, n * 86_400_000)) == 1
    assert len(prices._known) <= 10


def test_an_answer_is_remembered() -> None:
    prices = book(entry(1))
    first = prices.rates("m", None, at(2026, 1, 1))
    assert prices.rates("m", None, at(2026, 1, 1, 23)) is first


def test_pricing_by_entries_reads_no_bundled_list() -> None:
    code = (
        "import sys; from cascadewatch.pricing import PriceBook; PriceBook().rates(None, None, 0); "
        "print([m for m in ('genai_prices', 'pydantic', 'pandas', 'sqlalchemy') if m in sys.modules])"
    )
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.strip() == "[]"
