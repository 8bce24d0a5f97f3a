"""Accepts what contains all wanted texts and none of the unwanted."""

from typing import Any

from cascadewatch.replay.answer import Answer, Judged
from cascadewatch.replay.case import Case
from cascadewatch.replay.verifiers.free import Free
from cascadewatch.settings.replaying import Verifier


class Markers(Free):
    """Looks for texts, whatever their case."""

    def __init__(self, table: Verifier, asking: object) -> None:
        self._required, self._forbidden = table.required or (), table.forbidden or ()

    def judge(self, case: Case, answer: Answer, repeat: int = 0) -> Judged:
        """The reason is `missing` or `forbidden` with the text."""
        text = answer.text.casefold()
        missing = next((m for m in self._required if m.casefold() not in text), None)
        if missing is not None:
            return self._said(f"missing {missing}"[:128])
        found = next((m for m in self._forbidden if m.casefold() in text), None)
        return self._said(None if found is None else f"forbidden {found}"[:128])

    def describe(self) -> dict[str, Any]:
        """Both lists."""
        return {"kind": "markers", "required": list(self._required), "forbidden": list(self._forbidden)}
