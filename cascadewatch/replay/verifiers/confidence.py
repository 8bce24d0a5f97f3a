"""Accepts what the model itself was sure of: the mean probability of the answer's tokens."""

from math import exp
from typing import Any, ClassVar

from cascadewatch.model import Mechanism
from cascadewatch.replay.answer import Answer, CallError, Judged
from cascadewatch.replay.case import Case
from cascadewatch.replay.verifiers.free import Free
from cascadewatch.settings.replaying import Verifier


class Confidence(Free):
    """exp of the mean token log-probability, which is the geometric mean of the tokens' probabilities."""

    mechanism: ClassVar[Mechanism] = "confidence"

    def __init__(self, table: Verifier, asking: object) -> None:
        assert table.threshold is not None
        self._threshold = table.threshold

    def judge(self, case: Case, answer: Answer, repeat: int = 0) -> Judged:
        """Raises CallError where the answer came without token probabilities."""
        if not answer.logprobs:
            message = "the answer came without token probabilities; set logprobs = true on its [model]"
            raise CallError("other", message, again=False, sent=False)
        mean = sum(answer.logprobs) / len(answer.logprobs)
        return self._scored(min(1.0, exp(mean)), self._threshold, "low_confidence")

    def describe(self) -> dict[str, Any]:
        """The threshold."""
        return {"kind": "confidence", "threshold": self._threshold}
