"""Accepts what further answers of a model agree with (self-consistency)."""

from collections.abc import Sequence
from typing import Any, TypeVar

from cascadewatch.model import Usage
from cascadewatch.pricing import PriceBook
from cascadewatch.replay.answer import Answer, CallError, Judged, Spent
from cascadewatch.replay.asking import Asking
from cascadewatch.replay.case import Case
from cascadewatch.replay.graders.exact import plain
from cascadewatch.replay.numbers import last_number
from cascadewatch.settings.replaying import Verifier

SAMPLES, THRESHOLD = 4, 0.5
Number = TypeVar("Number", int, float)


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
            reason=None if accepted else "low_agreement", spent=_together([other.spent for other in said]),
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

    def worst_cost(self, case: Case, answer_characters: int, book: PriceBook, at: int) -> int | None:
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


def _together(calls: list[Spent]) -> Spent:
    """All calls as one. What a call did not tell makes input, output and time unknown; caches and reasoning
    count as none where a call does not tell them, as they do in prices, and are unknown where none does.
    """
    used = [spent.usage for spent in calls if spent.usage is not None]
    usage = None
    if len(used) == len(calls):
        usage = Usage(
            input=_all([one.input for one in used]),
            cache_read=_told([one.cache_read for one in used]),
            cache_write=_told([one.cache_write for one in used]),
            output=_all([one.output for one in used]),
            reasoning=_told([one.reasoning for one in used]),
        )
    return Spent(
        usage,
        cost=_all([spent.cost for spent in calls]),
        latency_ms=_all([spent.latency_ms for spent in calls]),
        calls=tuple(calls),
    )


def _told(counts: Sequence[Number | None]) -> Number | None:
    """The sum of what is known; None where nothing is."""
    known = [count for count in counts if count is not None]
    return sum(known[1:], known[0]) if known else None


def _all(counts: Sequence[Number | None]) -> Number | None:
    """The sum; None where one is unknown."""
    return None if None in counts else _told(counts)
