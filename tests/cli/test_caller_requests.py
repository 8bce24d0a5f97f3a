"""`callers find` and `callers forget`, and `quarantine accept`: what they take out leaves the disk too."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
SECRET = "canary-of-bob-5c1d"
CONFIG = "[cascade.support]\nstore_text = true\n"


@pytest.fixture
def server(run: Run, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A connection held open, as a server holds some: the log outlives every command."""
    (tmp_path / "cascadewatch.toml").write_text(CONFIG)
    assert run("callers", "find", "nobody").code == 0  # makes the database
    with closing(sqlite3.connect(tmp_path / "cascadewatch.db", isolation_level=None)) as connection:
        connection.execute("SELECT count(*) FROM events")
        yield connection


def sent(run: Run, tmp_path: Path, *events: dict[str, Any]) -> None:
    file = tmp_path / "sent.jsonl"
    file.write_text("\n".join(map(json.dumps, events)))
    run("ingest", file)
    file.unlink()
    (tmp_path / "sent.jsonl.rejected.jsonl").unlink(missing_ok=True)


def by_bob(event: Callable[..., dict[str, Any]], number: int, **more: Any) -> dict[str, Any]:
    return event(number, caller="bob", text={"prompt": f"{SECRET} {number}", "answers": []}, **more)


def on_disk(folder: Path) -> int:
    """How often the words of the caller lie in any file."""
    return sum(file.read_bytes().count(SECRET.encode()) for file in folder.iterdir() if file.is_file())


def test_texts_of_a_caller_are_on_no_disk_any_more_while_a_server_runs(
    run: Run, tmp_path: Path, server: sqlite3.Connection, event: Callable[..., dict[str, Any]]
) -> None:
    sent(run, tmp_path, *(by_bob(event, n) for n in range(30)))
    assert on_disk(tmp_path) >= 30
    found = run("callers", "forget", "bob", "--json").json
    assert (found["texts"], found["log_emptied"]) == (30, True)
    assert on_disk(tmp_path) == 0


def test_it_says_where_a_reader_keeps_the_log_and_a_second_time_empties_it(
    run: Run, tmp_path: Path, server: sqlite3.Connection, event: Callable[..., dict[str, Any]]
) -> None:
    sent(run, tmp_path, by_bob(event, 0))
    server.execute("BEGIN")
    server.execute("SELECT count(*) FROM events").fetchone()  # reads from now on what there is now
    kept = run("callers", "forget", "bob")
    assert "1 texts were deleted" in kept.out
    assert "A reader kept what was deleted in the write-ahead log" in kept.err
    server.execute("COMMIT")
    again = run("callers", "forget", "bob", "--json").json
    assert (again["forgotten"], again["log_emptied"]) == (False, True)
    assert on_disk(tmp_path) == 0


def test_what_was_replaced_from_quarantine_leaves_the_log_too(
    run: Run, tmp_path: Path, server: sqlite3.Connection, event: Callable[..., dict[str, Any]]
) -> None:
    sent(run, tmp_path, event(0))
    sent(run, tmp_path, event(0, route="changed"))
    found = run("quarantine", "accept", "1", "--json").json
    assert found["log_emptied"] is True
    assert (tmp_path / "cascadewatch.db-wal").stat().st_size == 0


def test_a_name_too_long_to_be_kept_whole_is_found_and_forgotten(
    run: Run, tmp_path: Path, event: Callable[..., dict[str, Any]]
) -> None:
    name = "tenant-" + "x" * 150
    sent(run, tmp_path, event(0, caller=name))
    stored = run("callers", "find", name).out.strip()
    assert run("events", "show", "e-0").json["caller"] == stored
    assert run("callers", "forget", name, "--json").json["events"] == 1
    assert run("events", "show", "e-0").json["caller"] == "__other__"
