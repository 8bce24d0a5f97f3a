"""What models behind an HTTP API have in common: who is asked, what it may cost, what an answer is."""

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from cascadewatch.model import Usage
from cascadewatch.pricing import PriceBook
from cascadewatch.replay import billing
from cascadewatch.replay.answer import Answer, CallError, Spent
from cascadewatch.replay.callers import MAX_TOKENS
from cascadewatch.replay.calling import Endpoint, Reply
from cascadewatch.replay.case import Case, Turn
from cascadewatch.replay.targets.reading import name_in, object_in
from cascadewatch.settings.replaying import Model


class Said(NamedTuple):
    """What an answer holds; `refused`: the model says that it will not answer."""

    text: str
    refused: bool
    usage: Usage | None
    fingerprint: str | None = None
    logprobs: tuple[float, ...] | None = None


class Hosted:
    """A [model.NAME] that is asked over HTTP; a kind says how it is asked and how it answers."""

    is_paid = True
    kind: ClassVar[str]
    hottest: ClassVar[float] = 2.0  # highest temperature that is taken

    def __init__(self, table: Model, url: str, headers: Mapping[str, str]) -> None:
        self.table = table
        self.temperature = min(self.hottest, table.temperature or 0)
        self.max_tokens = table.max_tokens or MAX_TOKENS
        self._endpoint = Endpoint(
            url,
            headers=headers,
            timeout_ms=table.timeout,
            concurrency=table.concurrency,
            per_minute=table.requests_per_minute,
            allow_private=bool(table.allow_private),
        )
        self.concurrency = self._endpoint.concurrency

    def body(self, turns: tuple[Turn, ...]) -> dict[str, Any]:
        """What is posted, besides model, temperature and longest answer."""
        raise NotImplementedError

    def read(self, body: Mapping[str, Any]) -> Said:
        """What an answer says. Raises CallError where it has another shape."""
        raise NotImplementedError

    def answer(self, case: Case, repeat: int) -> Answer:
        """Raises CallError."""
        return self.ask(case.turns, repeat)

    def ask(self, turns: tuple[Turn, ...], repeat: int = 0) -> Answer:
        """Raises CallError, also for a refusal and an answer without text."""
        limits = {"temperature": self.temperature, "max_tokens": self.max_tokens}
        return self._answer(self._endpoint.post({"model": self.table.model, **limits, **self.body(turns)}))

    def worst_cost(self, prompt_characters: int, book: PriceBook, at: int) -> int | None:
        """By the listed price and `max_tokens`."""
        table = self.table
        return billing.worst(book, table.model, table.provider, at, prompt_characters, self.max_tokens)

    def describe(self) -> dict[str, Any]:
        """What decides. The endpoint's host is left out: it may be private."""
        limits = {"temperature": self.temperature, "max_tokens": self.max_tokens}
        return {"kind": self.kind, "model": self.table.model, **limits}

    def _answer(self, reply: Reply) -> Answer:
        body = object_in(reply.body)
        said = self.read(body)
        if said.refused:
            raise CallError("refused", "the model refused to answer", again=False, sent=True)
        if not said.text:
            raise CallError("empty", "the answer has no text", again=False, sent=True)
        return Answer(
            text=said.text,
            spent=Spent(said.usage, latency_ms=reply.latency_ms),
            provider=self.table.provider,
            model=name_in(body.get("model")) or self.table.model,
            priced_as=self.table.model,
            fingerprint=said.fingerprint,
            logprobs=said.logprobs,
        )
