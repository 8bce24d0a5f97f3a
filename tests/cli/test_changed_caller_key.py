"""Callers hashed with a former key are not said to be held no more."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run

Build = Callable[..., dict[str, Any]]


@pytest.fixture
def log_file(tmp_path: Path, event: Build) -> Path:
    """An event of a caller."""
    return one_event(tmp_path / "log.jsonl", event(1), "tenant-42")


def one_event(path: Path, event: dict[str, Any], caller: str | None) -> Path:
    path.write_text(json.dumps({**event, "caller": caller}) + "\n")
    return path


def with_key(folder: Path, key: str) -> None:
    (folder / "key").write_text(key)
    (folder / "cascadewatch.toml").write_text('caller_key = "file:key"\n')


def test_a_changed_key_is_told_until_the_former_one_is_back(run: Run, tmp_path: Path, log_file: Path) -> None:
    with_key(tmp_path, "a" * 40)
    assert run("ingest", log_file).code == 0
    assert "another than before" not in run("callers", "find", "tenant-42").err
    with_key(tmp_path, "b" * 40)
    forgotten = run("callers", "forget", "tenant-42")
    assert "Nothing is held of this caller under the key of now." in forgotten.out
    assert "caller_key is another than before" in forgotten.err
    assert run("callers", "find", "tenant-42", "--json").json["key_changed"]
    with_key(tmp_path, "a" * 40)  # the one that callers are stored with all the time
    assert "another than before" not in run("ingest", log_file).err


def test_a_key_that_hashed_nobody_leaves_no_mark(
    run: Run, tmp_path: Path, log_file: Path, event: Build
) -> None:
    with_key(tmp_path, "a" * 40)
    assert run("ingest", log_file).code == 0
    nobody = one_event(tmp_path / "nobody.jsonl", event(2), None)
    with_key(tmp_path, "b" * 40)
    for file, code in ((Path("nosuch.jsonl"), 2), (log_file, 0), (nobody, 0)):  # no caller of them is stored
        told = run("ingest", file)
        assert (told.code, "caller_key is another than before" in told.err) == (code, True)
    with_key(tmp_path, "a" * 40)
    assert "another than before" not in run("callers", "find", "tenant-42").err


def test_one_that_did_is_told_of_from_then_on(run: Run, tmp_path: Path, log_file: Path) -> None:
    with_key(tmp_path, "a" * 40)
    assert run("ingest", log_file).code == 0
    with_key(tmp_path, "b" * 40)
    assert run("ingest", log_file, "--source", "another").json["accepted"] > 0
    with_key(tmp_path, "a" * 40)
    assert "another than before" in run("callers", "find", "tenant-42").err
