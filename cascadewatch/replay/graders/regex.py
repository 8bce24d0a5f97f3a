"""Right is what the reference, a regular expression, finds in the answer."""

import re
from functools import lru_cache
from typing import Any

from cascadewatch.replay import bounded
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
        try:
            return Graded(bounded.call(f"{__name__}:is_found", case.reference, answer.text[:LOOKED_AT]))
        except bounded.TooMuchError:
            return Graded(None, "the regular expression takes too long on this answer")

    def describe(self) -> dict[str, Any]:
        """Its kind says all."""
        return {"kind": "regex"}


def is_found(pattern: str, text: str) -> bool:
    """Whether a regular expression that is one finds something; how long it takes nobody can say."""
    return re.compile(pattern).search(text) is not None


@lru_cache(maxsize=4096)
def _compiled(text: str) -> re.Pattern[str] | str:
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        return f"the case's reference is no regular expression: {error}"
