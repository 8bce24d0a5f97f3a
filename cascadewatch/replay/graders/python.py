"""Right is what a function of your own says."""

from typing import Any

from cascadewatch.replay.answer import Answer, CallError, Graded
from cascadewatch.replay.case import Case
from cascadewatch.replay.python_file import function_of, hash_of_file
from cascadewatch.settings.replaying import Grader

FUNCTION = "grade"


class Python:
    """Calls `grade(prompt, answer, reference)`: True, False, or None for "cannot tell"."""

    def __init__(self, table: Grader, ask: object) -> None:
        assert table.file is not None
        self._name = table.function or FUNCTION
        self._function, self._hash = function_of(table.file, self._name), hash_of_file(table.file)

    def grade(self, case: Case, answer: Answer) -> Graded:
        """Raises CallError where the function raises or answers something else."""
        try:
            said = self._function(case.turns[-1].content, answer.text, case.reference)
        except Exception as error:
            raise _failed(f"the grader's {self._name} raised {type(error).__name__}") from error
        if said is not None and not isinstance(said, bool):
            raise _failed(
                f"the grader's {self._name} answered {type(said).__name__}, not True, False or None"
            )
        return Graded(said)

    def describe(self) -> dict[str, Any]:
        """The function's name and the file's hash."""
        return {"kind": "python", "function": self._name, "file_hash": self._hash}


def _failed(message: str) -> CallError:
    return CallError("other", message, again=False, sent=False)
