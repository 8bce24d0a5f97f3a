"""Right is what contains the reference, but for case and spaces."""

from typing import Any

from cascadewatch.replay.answer import Answer, Graded
from cascadewatch.replay.case import Case
from cascadewatch.replay.graders.exact import plain
from cascadewatch.settings.replaying import Grader


class Contains:
    """Looks for the reference anywhere in the answer."""

    def __init__(self, table: Grader, ask: object) -> None:
        pass

    def grade(self, case: Case, answer: Answer) -> Graded:
        """Undecided without a reference, and with an empty one: everything contains nothing."""
        if case.reference is None or not case.reference.strip():
            return Graded(None, "the case has no reference")
        return Graded(plain(case.reference) in plain(answer.text))

    def describe(self) -> dict[str, Any]:
        """Its kind says all."""
        return {"kind": "contains"}
