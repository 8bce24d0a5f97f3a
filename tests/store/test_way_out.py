"""What a user is told who may not use the SQLite file: what stands in the way, and the way out."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from cascadewatch.errors import BusyError
from cascadewatch.store.engine import Store, translated


def test_who_may_not_write_hears_of_the_folder_too(tmp_path: Path, sqlite_template: Path) -> None:
    file = tmp_path / "cascadewatch.db"
    file.write_bytes(sqlite_template.read_bytes())
    store = Store(f"sqlite:///{file}")
    with pytest.raises(BusyError) as refused, translated(), store.reader.connect() as connection:
        connection.exec_driver_sql("DELETE FROM meta")
    assert "whoever reads needs to write too, in the file and its folder" in str(refused.value)
    store.close()


def test_who_waited_in_vain_hears_that_another_process_writes(tmp_path: Path) -> None:
    file = tmp_path / "cascadewatch.db"
    holding = sqlite3.connect(file, isolation_level=None)
    holding.execute("BEGIN IMMEDIATE")
    waiting = create_engine(f"sqlite:///{file}", connect_args={"timeout": 0.01})
    refused = pytest.raises(BusyError, match="another process is writing: try again")
    with refused, translated(), waiting.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE mine (n)")
    waiting.dispose()
    holding.close()
