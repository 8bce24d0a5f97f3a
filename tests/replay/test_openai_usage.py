"""The usage that endpoints of kind `openai` tell becomes disjoint counts, with all that is billed in them."""

from typing import Any

import pytest

from cascadewatch.model import Usage
from cascadewatch.replay.targets.openai import OpenAI
from cascadewatch.settings.replaying import Model


def told(prompt: int, output: int, total: int | None = None, **details: int) -> Usage | None:
    usage: dict[str, Any] = {"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": total}
    usage["prompt_tokens_details"] = {"cached_tokens": details.pop("cached", 0)}
    usage["completion_tokens_details"] = {f"{name}_tokens": count for name, count in details.items()}
    model = Model(kind="openai", model="m", base_url="http://127.0.0.1:9/v1")
    return OpenAI(model).read({"choices": [{"message": {"content": "42"}}], "usage": usage}).usage


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
