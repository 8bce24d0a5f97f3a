"""Right is what equals the reference, but for case and spaces."""

from typing import Any

from cascadewatch.replay.answer import Answer, Graded
from cascadewatch.replay.case import Case
from cascadewatch.settings.replaying import Grader


class Exact:
    """Compares whole answers."""

    def __init__(self, table: Grader, ask: object) -> None:
        pass

    def grade(self, case: Case, answer: Answer) -> Graded:
        """Undecided without a reference."""
        if case.reference is None:
            return Graded(None, "the case has no reference")
        return Graded(plain(answer.text) == plain(case.reference))

    def describe(self) -> dict[str, Any]:
        """Its kind says all."""
        return {"kind": "exact"}


def plain(text: str) -> str:
    """Without case, and with single spaces."""
    return " ".join(text.split()).casefold()
