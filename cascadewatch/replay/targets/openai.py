"""Any endpoint that speaks OpenAI's chat completions."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from cascadewatch.model import Usage
from cascadewatch.replay.calling import bearer
from cascadewatch.replay.case import Turn
from cascadewatch.replay.targets.hosted import Hosted, Said
from cascadewatch.replay.targets.reading import MOST_TOKENS, count, name_in, object_in, text_in
from cascadewatch.settings.replaying import Model


class OpenAI(Hosted):
    """Posts to base_url/chat/completions."""

    kind = "openai"

    def __init__(self, table: Model) -> None:
        super().__init__(table, f"{table.base_url}/chat/completions", bearer(table.api_key))

    def body(self, turns: tuple[Turn, ...]) -> dict[str, Any]:
        """The messages as they are, and the wish for probabilities."""
        asked: dict[str, Any] = {"messages": [{"role": turn.role, "content": turn.content} for turn in turns]}
        return asked | ({"logprobs": True} if self.table.logprobs else {})

    def read(self, body: Mapping[str, Any]) -> Said:
        """The first choice. Raises CallError."""
        choices = body.get("choices")
        choice = object_in(choices[0]) if isinstance(choices, list) and choices else {}
        message = object_in(choice.get("message", {}))
        text = text_in(message.get("content"))
        return Said(
            text=text,
            refused=not text and bool(message.get("refusal")),
            usage=_usage(body.get("usage")),
            fingerprint=name_in(body.get("system_fingerprint")),
            logprobs=_logprobs(choice.get("logprobs")),
        )


def _usage(raw: Any) -> Usage | None:
    """Disjoint buckets: OpenAI counts cached tokens among the prompt's, and reasoning among the output.

    xAI counts reasoning beside the output, Gemini in the total alone, and both bill it as output.
    """
    if not isinstance(raw, dict):
        return None
    prompt, output = count(raw.get("prompt_tokens")), count(raw.get("completion_tokens"))
    if prompt is None or output is None:
        return None
    cached = count(object_in(raw.get("prompt_tokens_details") or {}).get("cached_tokens")) or 0
    reasoning = count(object_in(raw.get("completion_tokens_details") or {}).get("reasoning_tokens"))
    output = max(output, (count(raw.get("total_tokens")) or 0) - prompt)
    if reasoning is not None and reasoning > output:
        output = min(output + reasoning, MOST_TOKENS)
    cached = min(cached, prompt)
    return Usage(input=prompt - cached, cache_read=cached, output=output, reasoning=reasoning)


def _logprobs(raw: Any) -> tuple[float, ...] | None:
    content = raw.get("content") if isinstance(raw, dict) else None
    if not isinstance(content, list):
        return None
    found = [token.get("logprob") for token in content if isinstance(token, dict)]
    return tuple(float(x) for x in found if isinstance(x, (int, float)) and isfinite(x) and x <= 0) or None
