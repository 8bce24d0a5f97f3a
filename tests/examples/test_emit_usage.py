"""How the usage objects of providers become disjoint token counts."""

import json
from collections.abc import Callable
from decimal import Decimal
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest


def obj(**fields: Any) -> SimpleNamespace:
    return SimpleNamespace(**fields)


@pytest.fixture(params=["objects", "dicts"])
def form(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """The same responses as objects of a client library and as parsed JSON."""
    return obj if request.param == "objects" else dict


def test_openai_counts_cached_tokens_into_the_prompt(emit: ModuleType, form: Callable[..., Any]) -> None:
    usage = form(
        prompt_tokens=1000,
        completion_tokens=200,
        total_tokens=1200,
        prompt_tokens_details=form(cached_tokens=600, audio_tokens=0),
        completion_tokens_details=form(reasoning_tokens=150),
    )
    assert emit.usage_of(usage) == {"input": 400, "cache_read": 600, "output": 200, "reasoning": 150}


def test_openai_responses_name_the_same_counts_differently(
    emit: ModuleType, form: Callable[..., Any]
) -> None:
    usage = form(
        input_tokens=1000,
        output_tokens=200,
        input_tokens_details=form(cached_tokens=600),
        output_tokens_details=form(reasoning_tokens=0),
    )
    assert emit.usage_of(usage) == {"input": 400, "cache_read": 600, "output": 200, "reasoning": 0}


def test_anthropic_counts_cached_tokens_beside_the_input(emit: ModuleType, form: Callable[..., Any]) -> None:
    usage = form(
        input_tokens=400, output_tokens=200, cache_read_input_tokens=600, cache_creation_input_tokens=50
    )
    assert emit.usage_of(usage) == {"input": 400, "cache_read": 600, "cache_write": 50, "output": 200}


def test_litellm_counts_read_and_written_tokens_into_the_prompt(
    emit: ModuleType, form: Callable[..., Any]
) -> None:
    usage = form(
        prompt_tokens=1050,
        completion_tokens=200,
        cache_read_input_tokens=600,
        cache_creation_input_tokens=50,
        prompt_tokens_details=form(cached_tokens=600, cache_creation_tokens=50),
    )
    assert emit.usage_of(usage) == {"input": 400, "cache_read": 600, "cache_write": 50, "output": 200}


def test_xai_counts_reasoning_beside_the_output(emit: ModuleType, form: Callable[..., Any]) -> None:
    usage = form(
        prompt_tokens=12,
        completion_tokens=2,
        total_tokens=331,
        prompt_tokens_details=form(cached_tokens=4),
        completion_tokens_details=form(reasoning_tokens=317),
    )
    assert emit.usage_of(usage) == {"input": 8, "cache_read": 4, "output": 319, "reasoning": 317}


def test_less_reasoning_than_output_is_seen_beside_it_by_the_total(
    emit: ModuleType, form: Callable[..., Any]
) -> None:
    usage = form(
        prompt_tokens=32,
        completion_tokens=100,
        total_tokens=142,
        completion_tokens_details=form(reasoning_tokens=10),
    )
    assert emit.usage_of(usage) == {"input": 32, "output": 110, "reasoning": 10}


def test_more_reasoning_than_output_stands_beside_it_also_without_a_total(
    emit: ModuleType, form: Callable[..., Any]
) -> None:
    usage = form(prompt_tokens=12, completion_tokens=2, completion_tokens_details=form(reasoning_tokens=317))
    assert emit.usage_of(usage) == {"input": 12, "output": 319, "reasoning": 317}


def test_gemini_counts_reasoning_in_the_total_alone(emit: ModuleType, form: Callable[..., Any]) -> None:
    assert emit.usage_of(form(prompt_tokens=10, completion_tokens=5, total_tokens=65)) == {
        "input": 10,
        "output": 55,
    }


def test_a_total_with_cached_tokens_that_stand_beside_the_input_adds_no_output(
    emit: ModuleType, form: Callable[..., Any]
) -> None:
    usage = form(input_tokens=400, output_tokens=200, cache_read_input_tokens=600, total_tokens=1200)
    assert emit.usage_of(usage) == {"input": 400, "cache_read": 600, "output": 200}


def test_cached_tokens_that_the_total_counts_beside_the_prompt_stay_there(
    emit: ModuleType, form: Callable[..., Any]
) -> None:
    usage = form(
        prompt_tokens=1000,
        completion_tokens=50,
        total_tokens=1650,
        prompt_tokens_details=form(cached_tokens=600),
    )
    assert emit.usage_of(usage) == {"input": 1000, "cache_read": 600, "output": 50}


def test_a_count_that_is_missing_is_not_zero(emit: ModuleType, form: Callable[..., Any]) -> None:
    assert emit.usage_of(form(prompt_tokens=10, completion_tokens=None)) == {"input": 10}


def test_numbers_of_numpy_are_numbers(emit: ModuleType, server: Any) -> None:
    usage = {"input": np.int64(5), "output": np.uint8(7)}
    with emit.request("support", completed=np.bool_(False)) as r:
        r.attempt("small", usage=usage, cost_usd=np.float32(0.5))
        r.verdict(True, score=Decimal("0.25"))
    assert emit.flush(10)
    (event,) = server.events
    (attempt,) = event["attempts"]
    told = (event["completed"], attempt["usage"], attempt["cost_usd"], attempt["verdict"]["score"])
    assert json.dumps(told) == '[false, {"input": 5, "output": 7}, 0.5, 0.25]'


def test_our_own_names_pass(emit: ModuleType) -> None:
    assert emit.usage_of({"input": 5, "output": None}) == {"input": 5}


def test_a_response_tells_model_provider_cost_and_usage(emit: ModuleType, server: Any) -> None:
    response = obj(
        model="gpt-4o-mini",
        service_tier="default",
        usage=obj(prompt_tokens=10, completion_tokens=2),
        _hidden_params={"response_cost": 0.00031, "custom_llm_provider": "openai"},
    )
    with emit.request("support") as r:
        r.attempt("small", response)
    assert emit.flush(10)
    (attempt,) = server.events[0]["attempts"]
    del attempt["latency_ms"]
    assert attempt == {
        "tier": "small",
        "status": "ok",
        "model": "gpt-4o-mini",
        "provider": "openai",
        "service_tier": "default",
        "cost_usd": 0.00031,
        "usage": {"input": 10, "output": 2},
    }


def test_what_is_said_wins_over_what_the_response_tells(emit: ModuleType, server: Any) -> None:
    with emit.request("support") as r:
        r.attempt("small", obj(model="alias", usage=None), model="real", usage={"input": 1, "output": 2})
    assert emit.flush(10)
    (attempt,) = server.events[0]["attempts"]
    assert (attempt["model"], attempt["usage"]) == ("real", {"input": 1, "output": 2})


def test_a_plain_text_response_tells_nothing_and_harms_nothing(emit: ModuleType, server: Any) -> None:
    with emit.request("support") as r:
        r.attempt("small", "the answer")
    assert emit.flush(10)
    assert set(server.events[0]["attempts"][0]) == {"tier", "status", "latency_ms"}
