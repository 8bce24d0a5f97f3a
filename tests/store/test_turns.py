"""On SQLite all processes take turns to write and checkpoint: versions before 3.51.3 need that."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from cascadewatch.errors import BusyError
from cascadewatch.store import engine
from cascadewatch.store.engine import Store

HOLD = """
import sys
from filelock import FileLock
with FileLock(sys.argv[1]):
    print("held", flush=True)
    input()
"""


def test_no_other_process_writes_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.2)
    store = Store(f"sqlite:///{tmp_path / 'cascadewatch.db'}")
    with store.writing() as connection:
        connection.execute(text("CREATE TABLE anything (id INTEGER)"))
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "cascadewatch.db.lock")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    with (
        pytest.raises(BusyError, match=r"another process has held .*cascadewatch\.db\.lock"),
        store.writing(),
    ):
        pass
    reader = Store(f"sqlite:///{tmp_path / 'cascadewatch.db'}")
    with reader.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM anything")).scalar() == 0
    reader.close()  # who only reads waits for nobody
    other.communicate("\n")
    with store.writing() as connection:
        connection.execute(text("INSERT INTO anything VALUES (1)"))
    store.close()


def test_who_reads_can_neither_write_nor_checkpoint(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'cascadewatch.db'}")
    with store.writing() as connection:
        connection.execute(text("CREATE TABLE anything (id INTEGER)"))
    for statement in ("INSERT INTO anything VALUES (1)", "PRAGMA wal_checkpoint(TRUNCATE)"):
        with store.reader.connect() as connection, pytest.raises(OperationalError):
            connection.exec_driver_sql(statement)
    store.close()
