"""Whom a verifier or grader may ask: the targets of a run, by name."""

from typing import Protocol

from cascadewatch.pricing import PriceBook
from cascadewatch.replay.answer import Answer
from cascadewatch.replay.case import Turn
from cascadewatch.settings.replaying import Verifier


class Asking(Protocol):
    """What verifiers and graders that need somebody else are given."""

    def ask(self, model: str, turns: tuple[Turn, ...], repeat: int = 0) -> Answer:
        """An answer of [model.NAME]. Raises CallError."""

    def post(self, verifier: Verifier, body: bytes) -> bytes:
        """What the verifier's own endpoint answers to a JSON body. Raises CallError."""

    def worst_cost(self, model: str, prompt_characters: int, book: PriceBook, at: int) -> int | None:
        """The most one answer of the model can cost in nano-dollars; None: its price is not known."""
