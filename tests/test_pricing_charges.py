"""What an attempt and a verdict cost, and where that figure comes from."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cascadewatch.model import Attempt, Mechanism, Outcome, Usage, Verdict
from cascadewatch.moments import epoch_ms
from cascadewatch.pricing import PriceBook, Priced, attempt_cost, verdict_cost
from cascadewatch.settings import Price

NOW = epoch_ms(datetime(2026, 11, 1, tzinfo=UTC))
BOOK = PriceBook(
    [
        Price.model_validate(
            {"model": "m", "input_usd_per_1m": 1, "output_usd_per_1m": 2, "batch_factor": 0.5}
        )
    ],
    bundled=False,
)
TOKENS = Usage(input=1000, output=100)
BY_TOKENS = Priced(1_200_000, "config")
UNPRICED = Priced(None, None)


def attempt(**said: Any) -> Priced:
    return attempt_cost(Attempt(tier="small", **said), NOW, BOOK)


def verdict(outcome: Outcome = "accept", **said: Any) -> Priced | None:
    return verdict_cost(Verdict(outcome=outcome, **said), NOW, BOOK)


def test_tokens_at_the_models_price() -> None:
    assert attempt(model="m", usage=TOKENS) == BY_TOKENS


def test_a_reported_cost_beats_a_computed_one() -> None:
    assert attempt(model="m", usage=TOKENS, cost_usd=0.00031) == Priced(310_000, "reported")


def test_a_reported_cost_of_nothing_is_a_cost() -> None:
    assert attempt(model="m", usage=TOKENS, cost_usd=0.0) == Priced(0, "reported")


def test_the_service_tier_decides_the_price() -> None:
    assert attempt(model="m", usage=TOKENS, service_tier="batch") == Priced(600_000, "config batch")
    assert attempt(model="m", usage=TOKENS, service_tier="flex") == UNPRICED


@pytest.mark.parametrize(
    "said",
    [
        {"usage": TOKENS},
        {"model": "unknown", "usage": TOKENS},
        {"model": "m"},
        {"model": "m", "usage": Usage()},
        {"model": "m", "usage": Usage(input=1000)},
        {"model": "m", "usage": Usage(output=100)},
    ],
    ids=["no model", "no price", "no usage", "empty usage", "no output count", "no input count"],
)
def test_what_is_not_known_is_not_guessed(said: dict[str, Any]) -> None:
    assert attempt(**said) == UNPRICED


@pytest.mark.parametrize("kind", ["cache", "rule"])
def test_caches_and_rules_are_free_unless_said(kind: str) -> None:
    assert attempt(kind=kind) == Priced(0, "free")
    assert attempt(kind=kind, cost_usd=0.5) == Priced(500_000_000, "reported")


@pytest.mark.parametrize("status", ["ok", "error"])
def test_people_cost_what_is_said_and_else_nobody_knows(status: str) -> None:
    assert attempt(kind="human", status=status) == UNPRICED
    assert attempt(kind="human", status=status, cost_usd=2.0) == Priced(2 * 10**9, "reported")


@pytest.mark.parametrize("status", ["rate_limited", "refused", "error"])
def test_a_failed_attempt_without_counts_is_not_billed(status: str) -> None:
    assert attempt(model="m", status=status) == Priced(0, "not_billed")
    assert attempt(model="m", status=status, usage=Usage()) == Priced(0, "not_billed")


def test_a_timeout_without_counts_may_have_been_billed() -> None:
    assert attempt(model="m", status="timeout") == UNPRICED


@pytest.mark.parametrize("status", ["rate_limited", "refused", "error", "timeout"])
def test_a_failed_attempt_with_counts_is_charged(status: str) -> None:
    assert attempt(model="m", status=status, usage=TOKENS) == BY_TOKENS


def test_the_cost_of_an_attempt_leaves_its_verdict_out() -> None:
    judged = Verdict(outcome="accept", cost_usd=1.0)
    assert attempt(model="m", usage=TOKENS, verdict=judged) == BY_TOKENS


def test_a_judge_with_counts_is_charged_by_its_tokens() -> None:
    assert verdict(mechanism="judge", model="m", usage=TOKENS) == BY_TOKENS
    assert verdict(mechanism="judge", model="m", usage=TOKENS, service_tier="batch") == Priced(
        600_000, "config batch"
    )


def test_a_reported_cost_of_a_verdict_beats_everything() -> None:
    assert verdict("skipped", mechanism="schema", cost_usd=0.25) == Priced(250_000_000, "reported")


@pytest.mark.parametrize("mechanism", ["schema", "rule", "tests", "confidence"])
def test_mechanisms_that_ask_no_model_are_free(mechanism: Mechanism) -> None:
    assert verdict(mechanism=mechanism) == Priced(0, "free")


@pytest.mark.parametrize("mechanism", ["schema", "rule", "tests"])
def test_they_stay_free_with_counts_but_without_a_model(mechanism: Mechanism) -> None:
    assert verdict(mechanism=mechanism, usage=TOKENS) == Priced(0, "free")
    assert verdict(mechanism=mechanism, usage=TOKENS, model="m") == BY_TOKENS


@pytest.mark.parametrize("mechanism", ["judge", "agreement", "human"])
@pytest.mark.parametrize("outcome", ["accept", "reject", "error", "timeout", "unparseable"])
def test_a_judge_agreement_or_person_without_cost_or_counts_is_unpriced(
    mechanism: Mechanism, outcome: Outcome
) -> None:
    assert verdict(outcome, mechanism=mechanism, model="m") == UNPRICED


def test_a_verdict_of_no_stated_mechanism_is_unpriced_only_if_it_names_a_model_or_tokens() -> None:
    assert verdict() == Priced(0, "free")
    assert verdict(model="m") == UNPRICED
    assert verdict(usage=TOKENS) == UNPRICED


def test_empty_counts_are_no_counts() -> None:
    assert verdict(mechanism="schema", model="m", usage=Usage()) == Priced(0, "free")
    assert verdict("skipped", mechanism="judge", model="m", usage=Usage()) is None


def test_a_skipped_verdict_is_nothing_to_price() -> None:
    assert verdict("skipped", mechanism="judge", model="m") is None
    assert verdict("skipped", mechanism="judge", model="m", usage=TOKENS) == BY_TOKENS
