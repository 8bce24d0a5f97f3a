"""Right is what was found right when the answer was recorded."""

from typing import Any

from cascadewatch.replay.answer import Answer, Graded
from cascadewatch.replay.case import Case
from cascadewatch.settings.replaying import Grader


class Recorded:
    """Reads the `correct` stored with a recorded answer."""

    def __init__(self, table: Grader, ask: object) -> None:
        pass

    def grade(self, case: Case, answer: Answer) -> Graded:
        """Undecided for a fresh answer, and for a recorded one without a label."""
        if answer.correct is None:
            return Graded(None, "no recorded label; choose another grader for fresh answers")
        return Graded(answer.correct)

    def describe(self) -> dict[str, Any]:
        """Its kind says all."""
        return {"kind": "recorded"}
