"""Any endpoint that speaks OpenAI's chat completions."""

from math import isfinite
from typing import Any

from cascadewatch.model import Usage
from cascadewatch.pricing import PriceBook
from cascadewatch.replay import billing
from cascadewatch.replay.answer import Answer, CallError, Spent
from cascadewatch.replay.callers import MAX_TOKENS
from cascadewatch.replay.calling import Endpoint, Reply, bearer
from cascadewatch.replay.case import Case, Turn
from cascadewatch.replay.targets.reading import count, name_in, object_in, text_in
from cascadewatch.settings.replaying import Model


class OpenAI:
    """Posts to base_url/chat/completions."""

    is_paid = True

    def __init__(self, table: Model) -> None:
        self._table = table
        self._endpoint = Endpoint(
            f"{table.base_url}/chat/completions",
            headers=bearer(table.api_key),
            timeout_ms=table.timeout,
            concurrency=table.concurrency,
            per_minute=table.requests_per_minute,
            allow_private=bool(table.allow_private),
        )
        self.concurrency = self._endpoint.concurrency

    def answer(self, case: Case, repeat: int) -> Answer:
        """Raises CallError."""
        return self.ask(case.turns, repeat)

    def ask(self, turns: tuple[Turn, ...], repeat: int = 0) -> Answer:
        """Raises CallError, also for a refusal and an answer without text."""
        body: dict[str, Any] = {
            "model": self._table.model,
            "messages": [{"role": turn.role, "content": turn.content} for turn in turns],
            "temperature": self._table.temperature or 0,
            "max_tokens": self._table.max_tokens or MAX_TOKENS,
        }
        if self._table.logprobs:
            body["logprobs"] = True
        return self._read(self._endpoint.post(body))

    def worst_cost(self, prompt_characters: int, book: PriceBook, at: int) -> int | None:
        """By the listed price and `max_tokens`."""
        longest = self._table.max_tokens or MAX_TOKENS
        return billing.worst(book, self._table.model, self._table.provider, at, prompt_characters, longest)

    def describe(self) -> dict[str, Any]:
        """The endpoint's host is left out: it may be private."""
        return {
            "kind": "openai",
            "model": self._table.model,
            "temperature": self._table.temperature or 0,
            "max_tokens": self._table.max_tokens or MAX_TOKENS,
        }

    def _read(self, reply: Reply) -> Answer:
        body = object_in(reply.body)
        choices = body.get("choices")
        choice = object_in(choices[0]) if isinstance(choices, list) and choices else {}
        message = object_in(choice.get("message", {}))
        text = text_in(message.get("content"))
        if not text and message.get("refusal"):
            raise CallError("refused", "the model refused to answer", again=False, sent=True)
        if not text:
            raise CallError("empty", "the answer has no text", again=False, sent=True)
        return Answer(
            text=text,
            spent=Spent(_usage(body.get("usage")), latency_ms=reply.latency_ms),
            provider=self._table.provider,
            model=name_in(body.get("model")) or self._table.model,
            priced_as=self._table.model,
            fingerprint=name_in(body.get("system_fingerprint")),
            logprobs=_logprobs(choice.get("logprobs")),
        )


def _usage(raw: Any) -> Usage | None:
    """Disjoint buckets: OpenAI counts cached tokens among the prompt's."""
    if not isinstance(raw, dict):
        return None
    prompt, output = count(raw.get("prompt_tokens")), count(raw.get("completion_tokens"))
    if prompt is None or output is None:
        return None
    cached = count(object_in(raw.get("prompt_tokens_details") or {}).get("cached_tokens")) or 0
    reasoning = count(object_in(raw.get("completion_tokens_details") or {}).get("reasoning_tokens"))
    cached = min(cached, prompt)
    return Usage(input=prompt - cached, cache_read=cached, output=output, reasoning=reasoning)


def _logprobs(raw: Any) -> tuple[float, ...] | None:
    content = raw.get("content") if isinstance(raw, dict) else None
    if not isinstance(content, list):
        return None
    found = [token.get("logprob") for token in content if isinstance(token, dict)]
    return tuple(float(x) for x in found if isinstance(x, (int, float)) and isfinite(x) and x <= 0) or None
