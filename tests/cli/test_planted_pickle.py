"""Who can write to the database plants a pickle in every field that takes text: nothing ever loads it."""

import pickle
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

Run = Callable[..., Any]
COMMANDS = (
    *("report", "check", "audit", "rules list", "rules test", "alerts list", "alerts test", "baseline show"),
    *("keys list", "quarantine list", "callers find x", "export --what events", "export --what labels"),
    *("verify", "db prune", "db rebuild", "reprice --yes", "evalset from-events support"),
)


class Planted:
    """Makes a file when it is loaded from a pickle."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


def planted_everywhere(database: Path, text: str) -> int:
    """Puts the text into each field that is no key; how many columns with rows there were."""
    changed = 0
    with sqlite3.connect(database) as connection:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        for table in tables:
            for _, column, kind, _, _, key in connection.execute(f"PRAGMA table_info({table})").fetchall():
                if not key and ("CHAR" in kind or kind in ("TEXT", "JSON", "BLOB")):
                    statement = f'UPDATE OR IGNORE {table} SET "{column}" = ?'
                    changed += connection.execute(statement, (text,)).rowcount > 0
    return changed


def test_a_planted_pickle_is_never_loaded(run: Run, tmp_path: Path, log_file: Path) -> None:
    mark = tmp_path / "loaded"
    planted = pickle.dumps(Planted(mark), protocol=0)  # which is text, and so fits everywhere
    run("ingest", log_file)
    run("annotate", "a deploy", "--deploy")
    run("alerts", "silence", "--for", "4h")
    run("keys", "create", "checkout", "--scope", "ingest")
    assert planted_everywhere(tmp_path / "cascadewatch.db", planted.decode()) > 20
    for command in COMMANDS:
        with suppress(Exception):  # it is no good value anywhere; what counts is that nobody loads it
            run(*command.split())
    assert not mark.exists()
    pickle.loads(planted)
    assert mark.exists(), "it would have worked"
