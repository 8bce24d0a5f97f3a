"""The run log of cascadeflow: what is taken from it, and what is not believed."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.model import Event, Usage
from cascadewatch.pricing import PriceBook
from cascadewatch.pricing.rates import Rates, cost
from cascadewatch.store.receipt import Rejection
from collectors.cascadeflow import decode
from collectors.formats import Decoded, Notice, Options
from collectors.plausibility import ceiling, implausible, split

LOG = Path(__file__).parents[1] / "data" / "recorded" / "cascadeflow_run_log.jsonl"
NOW = 1_761_700_000_000
BOOK = PriceBook()
MINI = Rates(150_000_000, 600_000_000, 75_000_000, 150_000_000, "list")  # $0.15 and $0.60 a million
LLAMA = Rates(50_000_000, 80_000_000, 50_000_000, 50_000_000, "list")


def read(lines: Iterable[bytes]) -> tuple[list[Decoded], list[str]]:
    out = list(decode(enumerate(lines, 1), Options(prices=BOOK), NOW, 0))
    return [o for o in out if isinstance(o, Decoded)], [o.text for o in out if isinstance(o, Notice)]


def log(*records: dict[str, Any]) -> list[bytes]:
    return [json.dumps(r).encode() for r in records]


def call(**changes: Any) -> dict[str, Any]:
    plain = {
        "kind": "single_call", "query_id": "q1", "provider": "groq", "model": "llama-3.1-8b-instant",
        "tokens_used": 51, "confidence": 0.3, "latency_ms": 157.0, "cost_usd": 2.82e-06,
        "unix_time": 1761635588.168, "error": None,
    }  # fmt: skip
    return plain | changes


def run(**changes: Any) -> dict[str, Any]:
    plain = {
        "kind": "cascade_run", "query_id": "q1", "category": "trivial", "domain": "general",
        "expected_routing": "cascade", "actual_model_used": "llama-3.1-8b-instant+gpt-4o-mini",
        "actual_provider": "groq", "confidence": 0.0, "latency_ms": 887.0, "cost_usd": 2.4e-06,
        "tokens_used": 0,
    }  # fmt: skip
    return plain | changes


def one(*records: dict[str, Any]) -> tuple[Event, list[str]]:
    (decoded,), notices = read(log(*records))
    assert isinstance(decoded.result, Event), decoded.result
    return decoded.result, notices


@pytest.fixture(scope="module")
def recorded() -> tuple[list[Event], list[str]]:
    decoded, notices = read(LOG.read_bytes().splitlines())
    return [d.result for d in decoded if isinstance(d.result, Event)], notices


def test_each_recorded_run_is_one_event(recorded: tuple[list[Event], list[str]]) -> None:
    events, _ = recorded
    shapes = Counter(
        (tuple(a.tier for a in e.attempts), e.attempts[0].verdict.outcome if e.attempts[0].verdict else None)
        for e in events
    )
    assert shapes == {
        (("drafter",), "accept"): 63,
        (("drafter", "flagship"), "reject"): 18,
        (("flagship",), None): 30,
    }


def test_no_recorded_cost_of_the_second_model_is_believed(recorded: tuple[list[Event], list[str]]) -> None:
    events, notices = recorded
    assert {a.cost_usd for e in events for a in e.attempts if a.tier == "flagship"} == {None}
    (said,) = (n for n in notices if "too high" in n)
    assert said.startswith("48 costs about 1,000 times too high were not taken")


def test_every_recorded_drafter_bill_gives_its_tokens_exactly(
    recorded: tuple[list[Event], list[str]],
) -> None:
    events, _ = recorded
    drafters = [e.attempts[0] for e in events if e.attempts[0].tier == "drafter"]
    assert len(drafters) == 81
    for attempt in drafters:
        assert attempt.usage is not None
        assert attempt.cost_usd is not None
        assert cost(LLAMA, attempt.usage) == round(attempt.cost_usd * 1e9)


def test_no_attempt_takes_longer_than_its_request(recorded: tuple[list[Event], list[str]]) -> None:
    events, notices = recorded
    for event in events:
        for attempt in event.attempts:
            assert (attempt.latency_ms or 0) <= (event.latency_ms or 0)
    assert "14 drafter latencies longer than the whole run were not taken" in notices


def test_what_the_log_lacks_is_said(recorded: tuple[list[Event], list[str]]) -> None:
    assert recorded[1][0].startswith("a cascadeflow log lacks: the verifier's verdict")


def test_a_run_takes_time_tokens_and_score_from_its_single_call() -> None:
    event, _ = one(call(), run())
    (drafter,) = event.attempts
    assert (event.id, event.millis, event.cascade, event.route) == (
        "q1",
        1761635588168,
        "cascadeflow",
        "general",
    )
    assert (drafter.usage, drafter.cost_usd, drafter.latency_ms) == (Usage(input=42, output=9), 2.82e-06, 157)
    assert drafter.verdict is not None
    assert (drafter.verdict.outcome, drafter.verdict.score, drafter.verdict.mechanism) == (
        "accept",
        0.3,
        "confidence",
    )
    assert event.tags == {"category": "trivial", "expected_routing": "cascade"}


def test_the_zeros_of_a_run_are_not_taken_for_counts() -> None:
    event, _ = one(call(), run(actual_model_used="gpt-4o-mini", cost_usd=0.0001))
    (flagship,) = event.attempts
    assert (flagship.tier, flagship.usage, flagship.verdict) == ("flagship", None, None)


def test_a_cost_that_can_be_true_is_taken_without_the_drafters_share() -> None:
    event, notices = one(call(), run(cost_usd=2.82e-06 + 0.00002))
    assert event.attempts[1].cost_usd == pytest.approx(0.00002)
    assert not any("too high" in n for n in notices)


def test_a_bill_between_one_and_two_models_gives_no_verdict() -> None:
    event, notices = one(call(), run(cost_usd=2.5 * 2.82e-06))
    assert [a.tier for a in event.attempts] == ["drafter"]
    assert event.attempts[0].verdict is None
    assert any(n.startswith("1 runs do not tell") for n in notices)


def test_a_drafter_that_failed_alone_tells_nothing_of_the_run() -> None:
    event, _ = one(call(error="boom", cost_usd=0, tokens_used=0, confidence=0), run())
    (drafter,) = event.attempts
    assert (drafter.usage, drafter.cost_usd, drafter.verdict) == (None, None, None)


def test_a_run_without_single_call_is_rejected() -> None:
    (decoded,), _ = read(log(run()))
    assert isinstance(decoded.result, Rejection)
    assert (decoded.result.field, decoded.line) == ("query_id", 1)


def test_lines_of_another_kind_are_rejected_and_the_rest_is_read() -> None:
    (bad, good), _ = read([b'{"kind": "other"}', b"\n", *log(call(), run())])
    assert isinstance(bad.result, Rejection)
    assert isinstance(good.result, Event)


def test_a_cost_beyond_what_time_and_prompt_allow_is_implausible() -> None:
    why = implausible(0.2532, ceiling(prompt=50, latency_ms=8269), MINI)
    assert why == (
        "$0.25 is claimed, but at most 200 input and 41,346 output tokens cost $0.025 at list price (list)"
    )


def test_known_tokens_are_a_bound_too() -> None:
    assert implausible(0.0036, Usage(input=42, output=6), MINI) is not None


@given(st.integers(0, 100_000), st.integers(0, 10_000))
def test_a_cost_at_list_price_is_never_implausible(tokens_in: int, tokens_out: int) -> None:
    usage = Usage(input=tokens_in, output=tokens_out)
    nano = cost(MINI, usage)
    assert nano is not None
    assert implausible(nano / 1e9, usage, MINI) is None


@given(st.integers(0, 100_000), st.integers(0, 100_000))
def test_a_bill_at_list_price_splits_into_its_tokens(tokens_in: int, tokens_out: int) -> None:
    usage = Usage(input=tokens_in, output=tokens_out)
    usd = (tokens_in * 0.05 + tokens_out * 0.08) / 1e6
    assert split(tokens_in + tokens_out, usd, LLAMA) == usage


def test_a_bill_at_another_price_does_not_split() -> None:
    assert split(51, 2.83e-06, LLAMA) is None
    assert split(51, 1.0, LLAMA) is None
