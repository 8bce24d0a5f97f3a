"""Any endpoint that speaks OpenAI's chat completions."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

import msgspec

from cascadewatch.model import Usage
from cascadewatch.openai_usage import Told, usage_of
from cascadewatch.replay.calling import bearer
from cascadewatch.replay.case import Turn
from cascadewatch.replay.targets.hosted import Hosted, Said
from cascadewatch.replay.targets.reading import count, name_in, object_in, text_in
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
    """Counts that cannot be are taken for ones that are not there."""
    if not isinstance(raw, dict):
        return None
    parts = ("prompt_tokens_details", "completion_tokens_details")
    details = {name: _counts(object_in(raw.get(name) or {})) for name in parts}
    return usage_of(msgspec.convert(_counts(raw) | details, Told))


def _counts(raw: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if count(value) is not None}


def _logprobs(raw: Any) -> tuple[float, ...] | None:
    content = raw.get("content") if isinstance(raw, dict) else None
    if not isinstance(content, list):
        return None
    found = [token.get("logprob") for token in content if isinstance(token, dict)]
    return tuple(float(x) for x in found if isinstance(x, (int, float)) and isfinite(x) and x <= 0) or None
