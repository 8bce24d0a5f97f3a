"""What the flagship alone would have cost, where its price is not the plain one of the list."""

from decimal import Decimal
from typing import Any

import pytest

from cascadewatch.model import Event, Usage
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


def traffic(
    cheap: dict[str, Any] | None = None, flagship: dict[str, Any] | None = None, route: str = "default"
) -> list[Event]:
    """100 requests over ten hours, 40 of which are escalated; both tiers take the same tokens."""
    low, high = {"usage": TOKENS, **(cheap or {})}, {"usage": TOKENS, **(flagship or {})}
    return [
        event(
            f"{route}-{n}",
            attempt("small", "reject" if n % 5 < 2 else "accept", **low),
            *([attempt("flagship", **high)] if n % 5 < 2 else []),
            at=NOON - n * 360_000,
            route=route,
        )
        for n in range(100)
    ]


def metrics(opened: Opened, route: str | None = None) -> dict[str, Any]:
    with opened.store.reading() as connection:
        rows = report(connection, opened.settings, NOON - DAY, NOON + DAY)["cascades"]
    return next(dict(row["metrics"]) for row in rows if row["route"] == route)


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


def test_bills_below_the_price_hold_for_the_rest_too_until_the_price_is_set(fresh: Fresh) -> None:
    paid = {"cost_usd": LISTED / 2}
    with fresh() as opened:
        opened.send(*traffic(flagship=paid))
        found = metrics(opened)
        alone = found["flagship_only_cost_usd"]
        assert (alone["value"], alone["high"]) == pytest.approx((100 * LISTED / 2, 70 * LISTED + 10 * LISTED))
        assert "50 % of its price" in alone["reason"]
    told = (
        *PRICES[:2],
        Price.model_validate({"model": "flagship-1", "input_usd_per_1m": 5, "output_usd_per_1m": 15}),
    )
    with fresh(price=told) as opened:
        opened.send(*traffic(flagship=paid))
        exact = metrics(opened)
        assert exact["flagship_only_cost_usd"]["value"] == pytest.approx(100 * LISTED / 2)
        assert "reason" not in exact["flagship_only_cost_usd"]
        assert exact["break_even_rate"]["value"] == pytest.approx(found["break_even_rate"]["value"])


def test_routes_at_what_is_billed_add_up_to_the_cascade(fresh: Fresh) -> None:
    with fresh() as opened:
        opened.send(*traffic(flagship={"cost_usd": LISTED / 2}, route="faq"))
        opened.send(*(traffic(flagship={"cost_usd": LISTED / 2}, route="orders")[:50]))
        whole, *routes = (metrics(opened, route) for route in (None, "faq", "orders"))
        key = "flagship_only_cost_usd"
        assert sum(one[key]["value"] for one in routes) == pytest.approx(whole[key]["value"])


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
