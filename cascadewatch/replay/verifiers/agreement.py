"""Accepts what further answers of a model agree with (self-consistency)."""

from typing import Any

from cascadewatch.pricing import PriceBook
from cascadewatch.replay.answer import Answer, CallError, Judged, Spent
from cascadewatch.replay.asking import Asking
from cascadewatch.replay.case import Case
from cascadewatch.replay.graders.exact import plain
from cascadewatch.replay.numbers import last_number
from cascadewatch.settings.replaying import Verifier

SAMPLES, THRESHOLD = 4, 0.5


class Agreement:
    """The share of further answers that end with the same number, or are the same text without one."""

    is_paid = True

    def __init__(self, table: Verifier, asking: Asking) -> None:
        assert table.model is not None
        self._model, self._asking = table.model, asking
        self._samples = table.samples or SAMPLES
        self._threshold = THRESHOLD if table.threshold is None else table.threshold

    def judge(self, case: Case, answer: Answer, repeat: int = 0) -> Judged:
        """Raises CallError where the model fails."""
        said = self._further(case)
        wanted = _gist(answer.text)
        score = sum(_gist(other.text) == wanted for other in said) / len(said)
        accepted = score >= self._threshold
        return Judged(
            "accept" if accepted else "reject", "agreement", score, self._threshold,
            reason=None if accepted else "low_agreement", spent=_sum([other.spent for other in said]),
            provider=said[0].provider, model=said[0].model, priced_as=said[0].priced_as,
        )  # fmt: skip

    def _further(self, case: Case) -> list[Answer]:
        said: list[Answer] = []
        for number in range(self._samples):
            try:
                said.append(self._asking.ask(self._model, case.turns, number))
            except CallError as error:
                error.sent = error.sent or bool(said)  # those before it have been billed
                raise
        return said

    def worst_cost(self, case: Case, answer_tokens: int, book: PriceBook, at: int) -> int | None:
        """All further answers at their dearest."""
        asked = sum(len(turn.content) for turn in case.turns)
        one = self._asking.worst_cost(self._model, asked, book, at)
        return None if one is None else one * self._samples

    def describe(self) -> dict[str, Any]:
        """The model asked, how often, and the threshold."""
        return {
            "kind": "agreement", "model": self._model, "samples": self._samples, "threshold": self._threshold,
        }  # fmt: skip


def _gist(text: str) -> str:
    number = last_number(text)
    return plain(text) if number is None else str(number.normalize())


def _sum(all_spent: list[Spent]) -> Spent:
    """Tokens and money of all answers together; unknown where one is."""
    from cascadewatch.model import Usage

    usages, costs = [spent.usage for spent in all_spent], [spent.cost for spent in all_spent]
    usage = None
    if all(u is not None for u in usages):
        usage = Usage(
            input=sum((u.input or 0) for u in usages if u),
            cache_read=sum((u.cache_read or 0) for u in usages if u),
            output=sum((u.output or 0) for u in usages if u),
        )
    cost = None if None in costs else sum(c for c in costs if c is not None)
    return Spent(usage, cost, None, sum(spent.latency_ms or 0 for spent in all_spent))
