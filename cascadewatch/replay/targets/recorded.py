"""Plays back answers stored in the eval set: for a look at the past, for demos, and free of charge."""

from typing import Any

from cascadewatch.pricing import PriceBook, nano_usd
from cascadewatch.replay.answer import Answer, CallError, Spent
from cascadewatch.replay.case import Case, Turn
from cascadewatch.replay.case import Recorded as Stored
from cascadewatch.settings.replaying import Model


class Recorded:
    """Answers with what stands under one key of each case's answers."""

    is_paid = False
    concurrency = 1

    def __init__(self, table: Model) -> None:
        assert table.answer is not None
        self.key = table.answer

    def answer(self, case: Case, repeat: int) -> Answer:
        """Raises CallError for a case without an answer under the key."""
        stored = case.answers.get(self.key)
        if stored is None:
            message = f'the case has no recorded answer "{self.key}"'
            raise CallError("empty", message, again=False, sent=False)
        return recorded(stored)

    def ask(self, turns: tuple[Turn, ...], repeat: int = 0) -> Answer:
        """Raises CallError: nothing was recorded for other questions."""
        raise CallError("empty", "a recorded model cannot be asked anything new", again=False, sent=False)

    def worst_cost(self, prompt_characters: int, book: PriceBook, at: int) -> int | None:
        """Nothing."""
        return 0

    def describe(self) -> dict[str, Any]:
        """The key."""
        return {"kind": "recorded", "answer": self.key}


def recorded(stored: Stored) -> Answer:
    """A stored answer as one that was given now. What it cost then is told, and not spent again."""
    cost = None if stored.cost_usd is None else nano_usd(stored.cost_usd)
    return Answer(
        text=stored.text,
        spent=Spent(stored.usage, cost, "recorded", stored.latency_ms),
        model=stored.model,
        correct=stored.correct,
        score=stored.score,
        parts=stored.parts,
    )
