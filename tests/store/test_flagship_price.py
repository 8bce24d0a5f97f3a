"""What the flagship alone would have cost, where its price is not the plain one of the list."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cascadewatch.model import Event, Usage
from cascadewatch.moments import utc
from cascadewatch.pricing import PriceBook
from cascadewatch.settings import Price
from cascadewatch.store import repricing
from cascadewatch.store.audit import Actor
from cascadewatch.store.reads import report
from tests.model.events import NOON, attempt, event
from tests.store.conftest import Fresh
from tests.store.opened import DAY, PRICES, Opened

TOKENS = Usage(input=1_000, output=200)
HALF = tuple(p.model_copy(update={"batch_factor": Decimal("0.5")}) for p in PRICES)
LISTED = 0.016  # $10 and $30 a million


def traffic(cheap: dict[str, Any] | None = None, flagship: dict[str, Any] | None = None) -> list[Event]:
    """100 requests over ten hours, 40 of which are escalated; both tiers take the same tokens."""
    low, high = {"usage": TOKENS, **(cheap or {})}, {"usage": TOKENS, **(flagship or {})}
    return [
        event(
            f"e{n}",
            attempt("small", "reject" if n % 5 < 2 else "accept", **low),
            *([attempt("flagship", **high)] if n % 5 < 2 else []),
            at=NOON - n * 360_000,
        )
        for n in range(100)
    ]


def metrics(opened: Opened, start: int = NOON - DAY) -> dict[str, Any]:
    with opened.store.reading() as connection:
        rows = report(connection, opened.settings, start, NOON + DAY)["cascades"]
    return dict(rows[0]["metrics"])


def test_what_is_served_as_a_batch_is_compared_with_a_batch(fresh: Fresh) -> None:
    batch = {"service_tier": "batch"}
    with fresh(price=HALF) as plain, fresh(price=HALF) as halved:
        plain.send(*traffic())
        halved.send(*traffic(batch, batch))
        one, other = metrics(plain), metrics(halved)
        assert one["flagship_only_cost_usd"]["value"] == pytest.approx(100 * LISTED)
        assert other["flagship_only_cost_usd"]["value"] == pytest.approx(100 * LISTED / 2)
        for key in ("savings_share", "break_even_rate", "headroom"):
            assert other[key]["value"] == pytest.approx(one[key]["value"])
        assert halved.broken() == {}


def test_a_service_tier_without_a_price_takes_the_mean_of_real_calls(fresh: Fresh) -> None:
    with fresh() as opened:
        opened.send(*traffic({"service_tier": "flex", "cost_usd": 0.001}, {"cost_usd": 0.005}))
        found = metrics(opened)["flagship_only_cost_usd"]
        assert found["value"] == pytest.approx(100 * 0.005)
        assert found["reason"] == "60 of 100 events at the flagship's mean cost"


def flagship_at(*prices: tuple[int, int, date | None]) -> tuple[Price, ...]:
    """Prices with those of the flagship's (input, output, from) instead of the plain one."""
    entries = (
        Price.model_validate(
            {"model": "flagship-1", "input_usd_per_1m": i, "output_usd_per_1m": o, "from": day}
        )
        for i, o, day in prices
    )
    return (*PRICES[:2], *entries)


def test_who_pays_another_price_says_so_with_a_price_of_their_own(fresh: Fresh) -> None:
    """Real calls count as they were paid; what the others would have cost is for the price to say."""
    paid = {"cost_usd": LISTED / 2}
    with fresh() as opened:
        opened.send(*traffic(flagship=paid))
        found = metrics(opened)["flagship_only_cost_usd"]
        assert found["value"] == pytest.approx(40 * LISTED / 2 + 60 * LISTED)
        assert "reason" not in found
    with fresh(price=flagship_at((5, 15, None))) as opened:
        opened.send(*traffic(flagship=paid))
        assert metrics(opened)["flagship_only_cost_usd"]["value"] == pytest.approx(100 * LISTED / 2)


def test_a_price_that_fell_while_escalation_rose_is_no_discount(fresh: Fresh) -> None:
    """Of the days at the old price 4 requests in 40 are escalated, of those at the new one 20."""
    days = [(NOON - n * DAY, 4 if n > 1 else 20) for n in range(4)]
    sent = [
        event(
            f"{at}-{n}",
            attempt("small", "reject" if n < up else "accept", usage=TOKENS),
            *([attempt("flagship", usage=TOKENS)] if n < up else []),
            at=at + n * 60_000,
        )
        for at, up in days
        for n in range(40)
    ]
    fell = utc(NOON - DAY).date()
    with fresh(price=flagship_at((10, 30, None), (5, 15, fell))) as opened:
        opened.send(*sent)
        found = metrics(opened, start=NOON - 4 * DAY)["flagship_only_cost_usd"]
        assert found["value"] == pytest.approx(80 * LISTED + 80 * LISTED / 2)
        assert "reason" not in found


def test_cheap_batches_beside_standard_calls_of_the_flagship_do_not_raise_its_price(fresh: Fresh) -> None:
    with fresh(price=HALF) as opened:
        opened.send(*traffic({"service_tier": "batch"}))
        found = metrics(opened)["flagship_only_cost_usd"]
        assert found["value"] == pytest.approx(40 * LISTED + 60 * LISTED / 2)
        assert "reason" not in found


@pytest.fixture(scope="module")
def listed() -> PriceBook:
    return PriceBook()


def with_fee(n: int = 100) -> list[Event]:
    """A flagship with a fee for each request, which takes three times the tokens."""
    cheap = {"provider": "openai", "model": "gpt-4o-mini"}
    dear = {"provider": "perplexity", "model": "sonar-pro", "usage": Usage(input=3_000, output=200)}
    return traffic(cheap, dear)[:n]


def test_a_fee_for_each_request_is_not_multiplied_by_tokens(fresh: Fresh, listed: PriceBook) -> None:
    with fresh() as opened:
        opened.writer.around.book = listed
        opened.send(*with_fee())
        found = metrics(opened)
        each = [a["cost"] for a in opened.rows("attempts") if a["tier"] == "flagship"]
        assert set(each) == {26 * 10**6}
        assert found["flagship_only_cost_usd"]["value"] == pytest.approx(100 * 0.026)


def test_what_was_reckoned_otherwise_before_is_mended_by_repricing(fresh: Fresh) -> None:
    """As an older version stored it: at the plain price although a batch, and summed so."""
    batch = {"service_tier": "batch"}
    with fresh(price=HALF) as opened, fresh(price=HALF) as always:
        for store in (opened, always):
            store.send(*traffic(batch, batch))
        opened.tamper(
            "UPDATE events SET counterfactual_input = 2 * counterfactual_input,"
            " counterfactual_output = 2 * counterfactual_output WHERE counterfactual_input IS NOT NULL"
        )
        opened.rebuild()
        assert metrics(opened)["flagship_only_cost_usd"] != metrics(always)["flagship_only_cost_usd"]
        found = repricing.plan(opened.store, opened.writer.around, repricing.Scope())
        assert (found.to_change, found.flagship_only) == (60, 60)
        repricing.carry_out(opened.writer, repricing.Scope(), found, Actor("ada", "command"))
        assert opened.rollups() == always.rollups()
        assert opened.broken() == {}
