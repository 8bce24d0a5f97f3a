"""Right is what is JSON of the given shape, and equal to the reference where there is one."""

from typing import Any

from cascadewatch.replay.answer import Answer, Graded
from cascadewatch.replay.case import Case
from cascadewatch.replay.json_schema import checker, is_same, parsed
from cascadewatch.replay.python_file import hash_of_file
from cascadewatch.settings.replaying import Grader


class Schema:
    """Checks an answer against a JSON schema."""

    def __init__(self, table: Grader, ask: object) -> None:
        assert table.file is not None
        self._wrong, self._hash = checker(table.file), hash_of_file(table.file)

    def grade(self, case: Case, answer: Answer) -> Graded:
        """A reference that is no JSON itself is not compared."""
        wrong = self._wrong(answer.text)
        if wrong is not None:
            return Graded(False, wrong)
        if case.reference is None:
            return Graded(True)
        try:
            wanted = parsed(case.reference)
        except (ValueError, RecursionError):
            return Graded(True, "the reference is no JSON, so only the shape counts")
        try:
            said = parsed(answer.text)
        except RecursionError:  # the check had more of the stack left
            return Graded(False, "odd_value")
        return Graded(is_same(said, wanted))

    def describe(self) -> dict[str, Any]:
        """The schema's hash."""
        return {"kind": "schema", "file_hash": self._hash}
