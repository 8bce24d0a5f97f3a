"""Anthropic's messages."""

from typing import Any

from cascadewatch.model import Usage
from cascadewatch.pricing import PriceBook
from cascadewatch.replay import billing
from cascadewatch.replay.answer import Answer, CallError, Spent
from cascadewatch.replay.callers import MAX_TOKENS
from cascadewatch.replay.calling import Endpoint, Reply
from cascadewatch.replay.case import Case, Turn
from cascadewatch.replay.targets.reading import count, name_in, object_in, text_in
from cascadewatch.settings.replaying import Model

BASE_URL = "https://api.anthropic.com/v1"
VERSION = "2023-06-01"


class Anthropic:
    """Posts to base_url/messages."""

    is_paid = True

    def __init__(self, table: Model) -> None:
        self._table = table
        key = {} if table.api_key is None else {"x-api-key": table.api_key.reveal()}
        self._endpoint = Endpoint(
            f"{table.base_url or BASE_URL}/messages",
            headers={"anthropic-version": VERSION, **key},
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
        system = "\n\n".join(turn.content for turn in turns if turn.role == "system")
        body: dict[str, Any] = {
            "model": self._table.model,
            "messages": [{"role": t.role, "content": t.content} for t in turns if t.role != "system"],
            "temperature": min(1.0, self._table.temperature or 0),
            "max_tokens": self._table.max_tokens or MAX_TOKENS,
        }
        return self._read(self._endpoint.post(body | ({"system": system} if system else {})))

    def worst_cost(self, prompt_characters: int, book: PriceBook, at: int) -> int | None:
        """By the listed price and `max_tokens`."""
        longest = self._table.max_tokens or MAX_TOKENS
        return billing.worst(book, self._table.model, self._table.provider, at, prompt_characters, longest)

    def describe(self) -> dict[str, Any]:
        """What decides."""
        return {
            "kind": "anthropic",
            "model": self._table.model,
            "temperature": min(1.0, self._table.temperature or 0),
            "max_tokens": self._table.max_tokens or MAX_TOKENS,
        }

    def _read(self, reply: Reply) -> Answer:
        body = object_in(reply.body)
        parts = body.get("content")
        texts = [text_in(object_in(part).get("text")) for part in parts] if isinstance(parts, list) else []
        text = "".join(texts)
        if body.get("stop_reason") == "refusal":
            raise CallError("refused", "the model refused to answer", again=False, sent=True)
        if not text:
            raise CallError("empty", "the answer has no text", again=False, sent=True)
        return Answer(
            text=text,
            spent=Spent(_usage(body.get("usage")), latency_ms=reply.latency_ms),
            provider=self._table.provider,
            model=name_in(body.get("model")) or self._table.model,
            priced_as=self._table.model,
        )


def _usage(raw: Any) -> Usage | None:
    """Anthropic counts cached tokens apart, as events do."""
    if not isinstance(raw, dict):
        return None
    given, output = count(raw.get("input_tokens")), count(raw.get("output_tokens"))
    if given is None or output is None:
        return None
    read, write = count(raw.get("cache_read_input_tokens")), count(raw.get("cache_creation_input_tokens"))
    return Usage(input=given, cache_read=read, cache_write=write, output=output)
