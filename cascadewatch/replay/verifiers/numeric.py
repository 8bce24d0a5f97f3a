"""Accepts what holds a number."""

from typing import Any

from cascadewatch.replay.answer import Answer, Judged
from cascadewatch.replay.case import Case
from cascadewatch.replay.numbers import last_number
from cascadewatch.replay.verifiers.free import Free
from cascadewatch.settings.replaying import Verifier


class Numeric(Free):
    """Looks for a number; whether it is the right one only a grader knows."""

    def __init__(self, table: Verifier, asking: object) -> None:
        pass

    def judge(self, case: Case, answer: Answer, repeat: int = 0) -> Judged:
        """The reason is `no_number`."""
        return self._said(None if last_number(answer.text) is not None else "no_number")

    def describe(self) -> dict[str, Any]:
        """Its kind says all."""
        return {"kind": "numeric"}
