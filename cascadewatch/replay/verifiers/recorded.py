"""Accepts what scored high enough when it was recorded."""

from typing import Any, ClassVar

from cascadewatch.model import Mechanism
from cascadewatch.replay.answer import Answer, CallError, Judged
from cascadewatch.replay.case import Case
from cascadewatch.replay.verifiers.free import Free
from cascadewatch.settings.replaying import Verifier


class Recorded(Free):
    """Compares a score stored with the answer with the threshold. What made the score is not known."""

    mechanism: ClassVar[Mechanism | None] = None

    def __init__(self, table: Verifier, asking: object) -> None:
        assert table.threshold is not None
        self._threshold, self._score = table.threshold, table.score

    def judge(self, case: Case, answer: Answer, repeat: int = 0) -> Judged:
        """Raises CallError for an answer without that score."""
        score = answer.score if self._score is None else answer.parts.get(self._score)
        if score is None:
            which = "score" if self._score is None else f'part "{self._score}"'
            message = f"the answer has no recorded {which}"
            raise CallError("other", message, again=False, sent=False)
        return self._scored(score, self._threshold, "low_score")

    def describe(self) -> dict[str, Any]:
        """The threshold, and which score."""
        return {"kind": "recorded", "threshold": self._threshold, "score": self._score}
