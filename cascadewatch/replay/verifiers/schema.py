"""Accepts what is JSON of the given shape."""

from typing import Any, ClassVar

from cascadewatch.model import Mechanism
from cascadewatch.replay.answer import Answer, Judged
from cascadewatch.replay.case import Case
from cascadewatch.replay.json_schema import checker
from cascadewatch.replay.python_file import hash_of_file
from cascadewatch.replay.verifiers.free import Free
from cascadewatch.settings.replaying import Verifier


class Schema(Free):
    """Checks an answer against a JSON schema."""

    mechanism: ClassVar[Mechanism] = "schema"

    def __init__(self, table: Verifier, asking: object) -> None:
        assert table.file is not None
        self._wrong, self._hash = checker(table.file), hash_of_file(table.file)

    def judge(self, case: Case, answer: Answer, repeat: int = 0) -> Judged:
        """The reason names the first mistake and its place."""
        return self._said(self._wrong(answer.text))

    def describe(self) -> dict[str, Any]:
        """The schema's hash."""
        return {"kind": "schema", "file_hash": self._hash}
