"""Accepts what is one SQL statement that parses. Nothing is executed, and no name is looked up."""

import sqlite3
from typing import Any, ClassVar

from cascadewatch.model import Mechanism
from cascadewatch.replay import bounded
from cascadewatch.replay.answer import Answer, Judged
from cascadewatch.replay.case import Case
from cascadewatch.replay.json_schema import unfenced
from cascadewatch.replay.verifiers.free import Free
from cascadewatch.settings.replaying import Verifier

LONGEST = 100_000  # characters
UNKNOWN_NAMES = ("no such table", "no such column", "no such function", "unknown database")
SEVERAL = "one statement at a time"


class Sql(Free):
    """Has SQLite parse the statement beside an empty database: names it cannot know are no mistake."""

    mechanism: ClassVar[Mechanism] = "schema"

    def __init__(self, table: Verifier, asking: object) -> None:
        pass

    def judge(self, case: Case, answer: Answer, repeat: int = 0) -> Judged:
        """The reason is `no_sql`, `syntax`, `several_statements` or `too_complex`."""
        try:
            return self._said(bounded.call(f"{__name__}:wrong", unfenced(answer.text)))
        except bounded.TooMuchError:
            return self._said("too_complex")

    def describe(self) -> dict[str, Any]:
        """Its kind and the version of the parser."""
        return {"kind": "sql", "parser": f"sqlite {sqlite3.sqlite_version}"}


def wrong(text: str) -> str | None:
    """What is wrong with a statement; None if nothing.

    SQLite is kept from planning it: each use of a common table expression, and of an expression of a
    subquery, would be a copy of its own, so that a thousand characters fill all memory.
    """
    statement = text.strip().rstrip(";").strip()
    if not statement or len(statement) > LONGEST:
        return "no_sql"
    if "\0" in statement:
        return "syntax"
    connection = sqlite3.connect(":memory:")
    connection.set_authorizer(_parsed_is_enough)
    try:
        connection.execute(f"EXPLAIN {statement}")
    except sqlite3.ProgrammingError as error:
        return "several_statements" if SEVERAL in str(error) else None  # else: its parameters are not given
    except (sqlite3.Error, ValueError) as error:
        return None if str(error).startswith(UNKNOWN_NAMES) else "syntax"
    finally:
        connection.close()
    return None


def _parsed_is_enough(*asked: object) -> int:
    return sqlite3.SQLITE_IGNORE
