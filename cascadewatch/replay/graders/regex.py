"""Right is what the reference, a regular expression, finds in the answer."""

import re
from functools import lru_cache
from typing import Any

from cascadewatch.replay.answer import Answer, Graded
from cascadewatch.replay.case import Case
from cascadewatch.settings.replaying import Grader

LOOKED_AT = 100_000  # characters


class Regex:
    """Searches the answer; write ^ and $ to bind the ends."""

    def __init__(self, table: Grader, ask: object) -> None:
        pass

    def grade(self, case: Case, answer: Answer) -> Graded:
        """Undecided without a reference, or where it is no regular expression."""
        if not case.reference:
            return Graded(None, "the case has no reference")
        pattern = _compiled(case.reference)
        if isinstance(pattern, str):
            return Graded(None, pattern)
        return Graded(pattern.search(answer.text[:LOOKED_AT]) is not None)

    def describe(self) -> dict[str, Any]:
        """Its kind says all."""
        return {"kind": "regex"}


@lru_cache(maxsize=4096)
def _compiled(text: str) -> re.Pattern[str] | str:
    try:
        return re.compile(text)
    except re.error as error:
        return f"the case's reference is no regular expression: {error}"
