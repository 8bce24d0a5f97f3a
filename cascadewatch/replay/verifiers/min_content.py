"""Accepts what has enough words."""

from typing import Any

from cascadewatch.replay.answer import Answer, Judged
from cascadewatch.replay.case import Case
from cascadewatch.replay.verifiers.free import Free
from cascadewatch.settings.replaying import Verifier


class MinContent(Free):
    """Counts words."""

    def __init__(self, table: Verifier, asking: object) -> None:
        self._words = table.words or 1

    def judge(self, case: Case, answer: Answer, repeat: int = 0) -> Judged:
        """The reason is `too_short`."""
        return self._said(None if len(answer.text.split()) >= self._words else "too_short")

    def describe(self) -> dict[str, Any]:
        """The fewest words."""
        return {"kind": "min_content", "words": self._words}
