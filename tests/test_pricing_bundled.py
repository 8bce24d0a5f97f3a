"""The bundled price list gives exactly what its library would charge, and refuses to guess."""

import socket
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

import genai_prices
import pytest
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ConditionalPrice, ModelInfo, ModelPrice
from hypothesis import given, settings
from hypothesis import strategies as st

from cascadewatch.model import Usage
from cascadewatch.moments import EPOCH, epoch_ms
from cascadewatch.pricing import PriceBook, Rates, cost

BOOK = PriceBook()
LATE = (2026, 11, 1)

Request = tuple[str, str, datetime, str | None]


def at(*date: int) -> int:
    return epoch_ms(datetime(*date, tzinfo=UTC))  # type: ignore[misc, arg-type]


def dollars(rates: Rates | None, usage: Usage) -> float | None:
    nano = cost(rates, usage) if rates else None
    return None if nano is None else nano / 1e9


def decimals(model: ModelInfo) -> int:
    """The most decimals of any listed amount; beyond nine they are noise of binary fractions."""

    def listed(price: ModelPrice) -> list[Decimal]:
        found = []
        for value in vars(price).values():
            found += (
                [value.base, *(tier.price for tier in value.tiers)] if hasattr(value, "tiers") else [value]
            )
        return [amount for amount in found if amount is not None]

    choices = [model.prices] if isinstance(model.prices, ModelPrice) else [c.prices for c in model.prices]
    choices += [variant.prices for variant in model.price_variants or ()]
    return max((-int(a.as_tuple().exponent) for price in choices for a in listed(price)), default=0)


MODELS = [(p.id, m.id) for p in get_snapshot().providers for m in p.models if decimals(m) <= 9]
DATED = [
    (p.id, m.id)
    for p in get_snapshot().providers
    for m in p.models
    if m.price_variants or (isinstance(m.prices, list) and isinstance(m.prices[0], ConditionalPrice))
]

counts = st.one_of(st.integers(0, 2000), st.integers(0, 2_000_000))
usages = st.builds(Usage, input=counts, cache_read=counts, cache_write=counts, output=counts)
moments = st.datetimes(datetime(2023, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
requests = st.tuples(
    st.one_of(st.sampled_from(MODELS), st.sampled_from(DATED)),
    moments,
    st.sampled_from([None, None, "default", "batch", "flex", "priority"]),
)


def charged_by_the_library(
    provider: str, model: str, moment: datetime, tier: str | None, usage: Usage
) -> int:
    tokens = genai_prices.Usage(
        input_tokens=usage.prompt,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
        output_tokens=usage.output,
        output_reasoning_tokens=usage.reasoning,
    )
    context = {"processing": tier} if tier == "batch" else {"service_tier": tier} if tier else None
    price = genai_prices.calc_price(
        tokens, model, provider_id=provider, genai_request_timestamp=moment, price_context=context
    )
    return int((price.total_price * 10**9).to_integral_value(ROUND_HALF_EVEN))


@settings(max_examples=600)
@given(requests, usages)
def test_every_cost_equals_the_librarys_own(
    request: tuple[tuple[str, str], datetime, str | None], usage: Usage
) -> None:
    (provider, model), moment, tier = request
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    rates = BOOK.rates(model, provider, epoch_ms(moment), tier)
    ours = cost(rates, usage) if rates else None
    if ours is not None:
        assert ours == charged_by_the_library(provider, model, moment, tier, usage)


def test_nearly_every_chat_model_of_the_list_has_a_price() -> None:
    sold = [
        (provider.id, model.id)
        for provider in get_snapshot().providers
        for model in provider.models
        if model.is_match(model.id)
        and {"input_mtok", "output_mtok"} <= set(vars(model.get_prices(EPOCH + timedelta(days=20_000))))
    ]
    unknown = [(p, m) for p, m in sold if BOOK.rates(m, p, at(*LATE)) is None]
    assert len(sold) > 1500
    assert unknown == []


@pytest.mark.parametrize(("date", "usd"), [((2025, 6, 9), 10), ((2025, 6, 10), 2)])
def test_o3_became_cheaper_on_a_day(date: tuple[int, ...], usd: float) -> None:
    assert dollars(BOOK.rates("o3", "openai", at(*date)), Usage(input=1_000_000, output=0)) == usd


@pytest.mark.parametrize(("tokens", "usd"), [(200_000, 0.6), (250_000, 1.5)])
def test_a_long_prompt_pays_the_higher_price_for_all_of_it(tokens: int, usd: float) -> None:
    rates = BOOK.rates("claude-sonnet-4-5", "anthropic", at(*LATE))
    assert dollars(rates, Usage(input=tokens, output=0)) == usd
    assert dollars(rates, Usage(input=1, cache_read=tokens, output=0)) == pytest.approx(
        tokens * (0.6 if tokens >= 200_000 else 0.3) / 1e6, abs=1e-4
    )


@pytest.mark.parametrize(
    ("clock", "usd"),
    [((0, 29), 0.135), ((0, 30), 0.27), ((16, 29), 0.27), ((16, 30), 0.135), ((23, 59), 0.135)],
)
def test_deepseek_is_cheaper_at_night_to_the_minute(clock: tuple[int, int], usd: float) -> None:
    rates = BOOK.rates("deepseek-chat", "deepseek", at(*LATE, *clock))
    assert dollars(rates, Usage(input=1_000_000, output=0)) == usd


def test_batch_costs_half() -> None:
    usage = Usage(input=1_000_000, output=1_000_000)
    assert dollars(BOOK.rates("gpt-4o-mini", "openai", at(*LATE)), usage) == 0.75
    batch = BOOK.rates("gpt-4o-mini", "openai", at(*LATE), "batch")
    assert dollars(batch, usage) == 0.375
    assert batch is not None
    assert batch.source.endswith(" openai/gpt-4o-mini batch")


def test_cached_tokens_cost_what_is_listed_for_them() -> None:
    rates = BOOK.rates("gpt-4o-mini", "openai", at(*LATE))
    assert dollars(rates, Usage(input=0, cache_read=1_000_000, output=0)) == 0.075
    assert dollars(rates, Usage(input=0, cache_write=1_000_000, output=0)) == 0.15


def test_the_recorded_prices_of_gpt_4_turbo() -> None:
    rates = BOOK.rates("gpt-4-1106-preview", "openai", at(*LATE))
    assert dollars(rates, Usage(input=1_000_000, output=1_000_000)) == 40


@pytest.mark.parametrize("tier", ["batch", "flex", "warp"])
def test_a_service_tier_without_a_price_is_unknown_rather_than_charged_in_full(tier: str) -> None:
    assert BOOK.rates("gpt-3.5-turbo-0301", "openai", at(2024, 1, 1)) is not None
    assert BOOK.rates("gpt-3.5-turbo-0301", "openai", at(2024, 1, 1), tier) is None


def test_a_reseller_does_not_inherit_the_makers_service_tiers() -> None:
    _, listed = get_snapshot().find_provider_model("gpt-4.1", None, "openai", None)
    _, resold = get_snapshot().find_provider_model("gpt-4.1", None, "azure", None)
    assert resold is listed
    assert BOOK.rates("gpt-4.1", "openai", at(*LATE), "priority") is not None
    assert BOOK.rates("gpt-4.1", "azure", at(*LATE)) is not None
    assert BOOK.rates("gpt-4.1", "azure", at(*LATE), "priority") is None


def test_a_service_tier_is_unknown_on_days_before_its_first_listed_price() -> None:
    assert BOOK.rates("gpt-4o-mini", "openai", at(2026, 10, 13), "batch") is None
    assert BOOK.rates("gpt-4o-mini", "openai", at(2026, 10, 14), "batch") is not None


@pytest.mark.parametrize(
    ("model", "provider", "found"),
    [
        ("gpt-4o-mini", None, "openai/gpt-4o-mini"),
        ("gpt-4o-mini", "OpenAI", "openai/gpt-4o-mini"),
        ("gpt-4o-mini-2024-07-18", "openai", "openai/gpt-4o-mini"),
        ("openai/gpt-4o-mini", None, "openai/gpt-4o-mini"),
        ("openai/gpt-4o-mini", "openai", "openai/gpt-4o-mini"),
        ("openrouter/openai/gpt-4o-mini", None, "openrouter/openai/gpt-4o-mini"),
        ("openai/gpt-4o-mini", "openrouter", "openrouter/openai/gpt-4o-mini"),
        ("grok-4-0709", "x_ai", "x-ai/grok-4-0709"),
        ("gemini-2.5-flash", "gcp.gen_ai", "google/gemini-2.5-flash"),
        ("gemini-2.5-flash", "gcp.vertex_ai", "google/gemini-2.5-flash"),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", "together", "together/mistralai/Mixtral-8x7B-Instruct-v0.1"),
    ],
)  # fmt: skip
def test_a_model_is_found_under_the_names_people_use(model: str, provider: str | None, found: str) -> None:
    rates = BOOK.rates(model, provider, at(*LATE))
    assert rates is not None
    assert rates.source == f"genai-prices {genai_prices.__version__} {found}"


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("gpt-4o-mini", "my-own-server"),
        ("gpt-4o-mini", "anthropic"),
        ("openai/gpt-4o-mini", "together"),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", "vllm"),
        ("no-such-model", None),
        ("no-such-model", "openai"),
        ("nobody/no-such-model", None),
        ("/", None),
        ("openai/", "openai"),
        ("", "openai"),
    ],
)
def test_a_price_of_another_seller_is_never_taken(model: str, provider: str | None) -> None:
    assert BOOK.rates(model, provider, at(*LATE)) is None


def test_an_entry_that_charges_no_tokens_is_no_price() -> None:
    assert BOOK.rates("whisper-large-v3", "groq", at(*LATE)) is None
    assert BOOK.rates("gpt-4o", "github-copilot", at(*LATE)) is None


def test_a_model_that_is_called_free_is_free() -> None:
    free = next(m for p, m in MODELS if p == "openrouter" and m.endswith(":free"))
    assert dollars(BOOK.rates(free, "openrouter", at(*LATE)), Usage(input=1000, output=1000)) == 0


def test_a_fee_for_each_request_is_part_of_the_cost() -> None:
    rates = BOOK.rates("sonar", "perplexity", at(*LATE))
    assert dollars(rates, Usage(input=0, output=0)) == 0.012


def test_reasoning_with_its_own_price_is_charged_as_the_library_does() -> None:
    usage = Usage(input=1000, cache_read=0, cache_write=0, output=1000, reasoning=900)
    rates = BOOK.rates("sonar-deep-research", "perplexity", at(*LATE))
    assert rates is not None
    moment = datetime(*LATE, tzinfo=UTC)
    assert cost(rates, usage) == charged_by_the_library(
        "perplexity", "sonar-deep-research", moment, None, usage
    )


def test_the_network_is_never_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a price was looked for on the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    fresh = PriceBook()
    assert fresh.rates("gpt-4o-mini", "openai", at(*LATE)) is not None
    assert fresh.rates("no-such-model", None, at(*LATE)) is None
