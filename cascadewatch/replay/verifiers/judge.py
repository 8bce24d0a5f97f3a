"""Accepts what a model accepts, asked with a prompt of your own."""

import json
import re
from hashlib import sha256
from typing import Any

from cascadewatch.pricing import PriceBook
from cascadewatch.replay.answer import Answer, Judged
from cascadewatch.replay.asking import Asking
from cascadewatch.replay.case import Case, Turn
from cascadewatch.replay.json_schema import unfenced
from cascadewatch.replay.prompt_file import filled, length, one_word, template_of
from cascadewatch.settings.replaying import Verifier

ACCEPT, REJECT = ("accept", "pass", "yes", "correct"), ("reject", "fail", "no", "incorrect")
_SCORE = re.compile(r"\bscore\b\W{0,4}([01](?:\.\d+)?)\b", re.IGNORECASE)


class Judge:
    """Reads {"score": 0.8} or "score: 0.8" for the threshold to decide, else a word such as ACCEPT or REJECT.

    A judge that says neither is `unparseable`, which is no reject.
    """

    is_paid = True

    def __init__(self, table: Verifier, asking: Asking) -> None:
        assert table.prompt_file is not None
        assert table.model is not None
        self._model, self._asking, self._threshold = table.model, asking, table.threshold
        self._template = template_of(table.prompt_file)

    def judge(self, case: Case, answer: Answer, repeat: int = 0) -> Judged:
        """Raises CallError where the model fails."""
        prompt = filled(self._template, case, answer.text)
        said = self._asking.ask(self._model, (Turn("user", prompt),), repeat)
        outcome, score = read(said.text, self._threshold)
        return Judged(
            outcome, "judge", score, self._threshold,  # type: ignore[arg-type]
            reason="low_score" if outcome == "reject" and score is not None else None,
            spent=said.spent, provider=said.provider, model=said.model, priced_as=said.priced_as,
        )  # fmt: skip

    def worst_cost(self, case: Case, answer_characters: int, book: PriceBook, at: int) -> int | None:
        """By the judge model's price, with the longest answer in its prompt."""
        asked = length(self._template, case, answer_characters)
        return self._asking.worst_cost(self._model, asked, book, at)

    def describe(self) -> dict[str, Any]:
        """The model asked, the prompt's hash and the threshold."""
        digest = sha256(self._template.template.encode()).hexdigest()[:16]
        return {"kind": "judge", "model": self._model, "prompt_hash": digest, "threshold": self._threshold}


def read(text: str, threshold: float | None) -> tuple[str, float | None]:
    """The outcome and the score of a judge's words.

    >>> read('{"score": 0.25}', 0.5), read("Looks fine. ACCEPT", None), read("hm", 0.5)
    (('reject', 0.25), ('accept', None), ('unparseable', None))
    """
    score = _score(text)
    if score is not None and threshold is not None:
        return ("accept" if score >= threshold else "reject"), score
    word = one_word(text, (*ACCEPT, *REJECT))
    if word is None:
        return "unparseable", score
    return ("accept" if word in ACCEPT else "reject"), score


def _score(text: str) -> float | None:
    try:
        value = json.loads(unfenced(text)).get("score")
    except (ValueError, AttributeError, RecursionError):
        found = _SCORE.search(text)
        value = float(found[1]) if found else None
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1
    return float(value) if usable else None
