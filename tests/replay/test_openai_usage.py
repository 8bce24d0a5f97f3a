"""The usage that endpoints of kind `openai` and LiteLLM's logs tell becomes disjoint counts, with all that is
billed in them."""

import json
from typing import Any

import pytest

from cascadewatch.model import Usage
from cascadewatch.replay.targets.openai import OpenAI
from cascadewatch.settings.replaying import Model
from collectors.litellm_calls import Call, read

BESIDE = {
    "prompt_tokens": 100,
    "completion_tokens": 50,
    "total_tokens": 750,
    "prompt_tokens_details": {"cached_tokens": 600},
}


def answered(usage: Any) -> Usage | None:
    """What a replay reads of an answer."""
    model = Model(kind="openai", model="m", base_url="http://127.0.0.1:9/v1")
    return OpenAI(model).read({"choices": [{"message": {"content": "42"}}], "usage": usage}).usage


def logged(usage: dict[str, Any]) -> Usage:
    """What is read of a log, which says 0 for what is not known."""
    call = {
        "call_type": "acompletion",
        "startTime": 1,
        "id": "1",
        "model": "m",
        "metadata": {"usage_object": usage},
    }
    found = read(1, json.dumps(call).encode())
    assert isinstance(found, Call)
    return Usage(**found.usage)


def told(prompt: int, output: int, total: int | None = None, **details: int) -> Usage | None:
    usage: dict[str, Any] = {"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": total}
    usage["prompt_tokens_details"] = {"cached_tokens": details.pop("cached", 0)}
    usage["completion_tokens_details"] = {f"{name}_tokens": count for name, count in details.items()}
    return answered(usage)


def test_openai_counts_cached_tokens_into_the_prompt_and_reasoning_into_the_output() -> None:
    assert told(1000, 200, 1200, cached=600, reasoning=150) == Usage(400, 600, None, 200, 150)


@pytest.mark.parametrize(
    ("output", "total", "reasoning", "billed"),
    [(1499, 4340, 2809, 4308), (1499, None, 2809, 4308), (100, 142, 10, 110)],
)
def test_xai_counts_reasoning_beside_the_output(
    output: int, total: int | None, reasoning: int, billed: int
) -> None:
    assert told(32, output, total, reasoning=reasoning) == Usage(32, 0, None, billed, reasoning)


def test_gemini_counts_reasoning_in_the_total_alone() -> None:
    assert told(10, 5, 65) == Usage(10, 0, None, 55, None)


@pytest.mark.parametrize("total", [None, 0, 1, -5, 10**12])
def test_a_total_that_cannot_be_changes_nothing(total: int | None) -> None:
    assert told(10, 5, total) == Usage(10, 0, None, 5, None)


@pytest.mark.parametrize(
    ("usage", "disjoint"),
    [
        (BESIDE, Usage(100, 600, None, 50)),
        (BESIDE | {"prompt_tokens": 1000, "total_tokens": 1650}, Usage(1000, 600, None, 50)),
        (BESIDE | {"prompt_tokens": 1000, "total_tokens": 1050}, Usage(400, 600, None, 50)),
        # Gemini again: what the total has more is reasoning, and not what was cached
        (BESIDE | {"prompt_tokens": 1000, "total_tokens": 1900}, Usage(400, 600, None, 900)),
    ],
)
def test_cached_tokens_beside_the_prompt_are_no_output(usage: dict[str, Any], disjoint: Usage) -> None:
    assert answered(usage) == disjoint
    assert logged(usage) == disjoint


@pytest.mark.parametrize(
    "named",
    [
        {"prompt_tokens_details": {"cached_tokens": 600, "cache_creation_tokens": 100}},
        {"prompt_tokens_details": {"cached_tokens": 600, "cache_write_tokens": 100}},
        {"cache_read_input_tokens": 600, "cache_creation_input_tokens": 100},
        {
            "cache_read_input_tokens": 600,
            "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 100},
        },
    ],
)
def test_tokens_read_from_and_written_to_a_cache_go_by_several_names(named: dict[str, Any]) -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200} | named
    assert answered(usage) == logged(usage) == Usage(300, 600, 100, 200)


@pytest.mark.parametrize("odd", [None, "600", 6.5, -1, True, {}, 10**12])
def test_a_count_of_an_answer_that_cannot_be_is_not_known(odd: Any) -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 200}
    assert answered(usage | {"prompt_tokens_details": {"cached_tokens": odd}}) == Usage(1000, None, None, 200)
    assert answered(usage | {"completion_tokens": odd}) is None
