"""Accepts what a function of your own accepts."""

from typing import Any

from cascadewatch.replay.answer import Answer, CallError, Judged
from cascadewatch.replay.case import Case
from cascadewatch.replay.python_file import function_of, hash_of_file
from cascadewatch.replay.verifiers.free import Free
from cascadewatch.settings.replaying import Verifier

FUNCTION = "verify"


class Python(Free):
    """Calls `verify(prompt, answer)`: True or False, or a score in [0, 1] for the threshold to decide."""

    def __init__(self, table: Verifier, asking: object) -> None:
        assert table.file is not None
        self._name, self._threshold = table.function or FUNCTION, table.threshold
        self._function, self._hash = function_of(table.file, self._name), hash_of_file(table.file)

    def judge(self, case: Case, answer: Answer, repeat: int = 0) -> Judged:
        """Raises CallError where the function raises or answers something else."""
        try:
            said = self._function(case.turns[-1].content, answer.text)
        except Exception as error:
            raise _failed(f"the verifier's {self._name} raised {type(error).__name__}") from error
        if isinstance(said, bool):
            return self._said(None if said else "rejected")
        if not isinstance(said, (int, float)) or not 0 <= said <= 1:
            raise _failed(f"the verifier's {self._name} answered neither True, False nor a score in [0, 1]")
        if self._threshold is None:
            raise _failed(f"the verifier's {self._name} answered a score; set its threshold")
        return self._scored(float(said), self._threshold, "low_score")

    def describe(self) -> dict[str, Any]:
        """The function's name, the file's hash and the threshold."""
        return {
            "kind": "python",
            "function": self._name,
            "file_hash": self._hash,
            "threshold": self._threshold,
        }


def _failed(message: str) -> CallError:
    return CallError("other", message, again=False, sent=False)
