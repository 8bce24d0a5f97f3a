"""What verifiers have in common that ask nobody and cost nothing."""

from typing import ClassVar

from cascadewatch.model import Mechanism
from cascadewatch.pricing import PriceBook
from cascadewatch.replay.answer import Judged
from cascadewatch.replay.case import Case


class Free:
    """A verdict from a rule on the text."""

    is_paid = False
    mechanism: ClassVar[Mechanism | None] = "rule"

    def worst_cost(self, case: Case, answer_characters: int, book: PriceBook, at: int) -> int | None:
        """Nothing."""
        return 0

    def _said(self, wrong: str | None) -> Judged:
        """Accepted unless something is wrong, which is the reason."""
        return Judged("accept" if wrong is None else "reject", self.mechanism, reason=wrong)

    def _scored(self, score: float, threshold: float, low: str) -> Judged:
        """Accepted from the threshold on."""
        accepted = score >= threshold
        return Judged(
            "accept" if accepted else "reject", self.mechanism, score, threshold, None if accepted else low
        )
