"""Accepts what your own endpoint accepts: the verifier that runs in production, asked as it is."""

import json
from typing import Any

from cascadewatch.pricing import PriceBook
from cascadewatch.replay.answer import Answer, CallError, Judged
from cascadewatch.replay.asking import Asking
from cascadewatch.replay.case import Case
from cascadewatch.replay.targets.reading import name_in
from cascadewatch.settings.replaying import Verifier


class Http:
    """Posts {"prompt", "answer", "reference"?} and reads {"accept": bool} or {"score": 0..1}.

    `reason` and `outcome` ("error", "timeout", "unparseable") may stand beside them. Its own costs are the
    cascade's, so it counts as free here.
    """

    is_paid = False

    def __init__(self, table: Verifier, asking: Asking) -> None:
        self._table, self._asking = table, asking

    def judge(self, case: Case, answer: Answer, repeat: int = 0) -> Judged:
        """Raises CallError where the endpoint fails or answers something else."""
        asked = {"id": case.id, "prompt": case.turns[-1].content, "answer": answer.text}
        if case.reference is not None:
            asked["reference"] = case.reference
        said = json.loads(self._asking.post(self._table, json.dumps(asked).encode()))
        if not isinstance(said, dict):
            raise _odd("an object was expected")
        reason = name_in(said.get("reason"))
        if said.get("outcome") in ("error", "timeout", "unparseable"):
            return Judged(said["outcome"], "judge", reason=reason)
        return self._decided(said, reason)

    def worst_cost(self, case: Case, answer_characters: int, book: PriceBook, at: int) -> int | None:
        """Nothing that is known here."""
        return 0

    def describe(self) -> dict[str, Any]:
        """The threshold; the address is left out, since it may be private."""
        return {"kind": "http", "threshold": self._table.threshold}

    def _decided(self, said: dict[str, Any], reason: str | None) -> Judged:
        score, accept, threshold = said.get("score"), said.get("accept"), self._table.threshold
        if isinstance(score, bool) or not isinstance(score, (int, float)) or not 0 <= score <= 1:
            score = None
        if isinstance(accept, bool):
            return Judged("accept" if accept else "reject", "judge", score, threshold, reason)
        if score is None:
            raise _odd('{"accept": true} or {"score": 0.8} was expected')
        if threshold is None:
            raise _odd("it answers scores, so its [verifier] needs a threshold")
        accepted = score >= threshold
        word = reason or (None if accepted else "low_score")
        return Judged("accept" if accepted else "reject", "judge", float(score), threshold, word)


def _odd(what: str) -> CallError:
    message = f"the verifier's endpoint answered something else: {what}"
    return CallError("not_json", message, again=False, sent=True)
