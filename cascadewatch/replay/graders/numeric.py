"""Right is what ends with the reference's number."""

from decimal import Decimal
from typing import Any

from cascadewatch.replay.answer import Answer, Graded
from cascadewatch.replay.case import Case
from cascadewatch.replay.numbers import last_number
from cascadewatch.settings.replaying import Grader


class Numeric:
    """Compares the last number of answer and reference, exactly or to so many decimals."""

    def __init__(self, table: Grader, ask: object) -> None:
        self._digits = table.digits

    def grade(self, case: Case, answer: Answer) -> Graded:
        """An answer without a number is wrong; a reference without one decides nothing."""
        wanted = last_number(case.reference or "")
        if wanted is None:
            return Graded(None, "the case's reference has no number")
        found = last_number(answer.text)
        if found is None:
            return Graded(False, "no number")
        if self._digits is None:
            return Graded(found == wanted)
        return Graded(abs(found - wanted) <= Decimal(1).scaleb(-self._digits) / 2)

    def describe(self) -> dict[str, Any]:
        """The precision asked for."""
        return {"kind": "numeric", "digits": self._digits}
