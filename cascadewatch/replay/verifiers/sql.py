"""Accepts what is one SQL statement that parses. Nothing is executed."""

import sqlite3
from typing import Any, ClassVar

from cascadewatch.model import Mechanism
from cascadewatch.replay.answer import Answer, Judged
from cascadewatch.replay.case import Case
from cascadewatch.replay.json_schema import unfenced
from cascadewatch.replay.verifiers.free import Free
from cascadewatch.settings.replaying import Verifier

LONGEST = 100_000  # characters
UNKNOWN_NAMES = ("no such table", "no such column", "no such function", "unknown database")


class Sql(Free):
    """Has SQLite explain the statement in an empty database: names it cannot know are no mistake."""

    mechanism: ClassVar[Mechanism] = "schema"

    def __init__(self, table: Verifier, asking: object) -> None:
        pass

    def judge(self, case: Case, answer: Answer, repeat: int = 0) -> Judged:
        """The reason is `no_sql`, `syntax` or `several_statements`."""
        return self._said(wrong(unfenced(answer.text)))

    def describe(self) -> dict[str, Any]:
        """Its kind and the version of the parser."""
        return {"kind": "sql", "parser": f"sqlite {sqlite3.sqlite_version}"}


def wrong(text: str) -> str | None:
    """What is wrong with a statement; None if nothing."""
    statement = text.strip().rstrip(";").strip()
    if not statement or len(statement) > LONGEST:
        return "no_sql"
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(f"EXPLAIN {statement}")
    except sqlite3.ProgrammingError:
        return "several_statements"
    except (sqlite3.Error, ValueError) as error:
        return None if str(error).startswith(UNKNOWN_NAMES) else "syntax"
    finally:
        connection.close()
    return None
