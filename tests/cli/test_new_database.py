"""A command that makes a database says so: whoever expected to find one is in the wrong place."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


def test_where_it_is_and_which_settings_were_looked_for(run: Run, tmp_path: Path) -> None:
    result = run("keys", "create", "checkout", "--scope", "ingest", "--json")
    assert result.code == 0
    assert result.json["name"] == "checkout"
    assert result.err.splitlines()[0] == (
        f"made a new database at {tmp_path}/cascadewatch.db; there is no {tmp_path}/cascadewatch.toml, "
        "and neither --config nor CASCADEWATCH_CONFIG names another"
    )
    assert run("keys", "list").err == ""


def test_an_empty_one_that_verifies_is_no_comfort(run: Run) -> None:
    assert "made a new database at" in run("verify").err
    assert "made a new database at" not in run("verify").err


@pytest.mark.parametrize("way", ["folder", "option", "variable"])
def test_with_settings_only_the_database_is_named(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    file = tmp_path / ("cascadewatch.toml" if way == "folder" else "other.toml")
    file.write_text('database_url = "sqlite:///held.db"')
    if way == "variable":
        monkeypatch.setenv("CASCADEWATCH_CONFIG", str(file))
    options = ["--config", file] if way == "option" else []
    assert run("alerts", "list", *options).err == f"made a new database at {tmp_path}/held.db\n"


def test_a_process_that_logs_json_logs_it(run_apart: Run, tmp_path: Path) -> None:
    result = run_apart("serve", "--host", "0.0.0.0", "--port", "0", "--log-format", "json")
    assert result.code == 2  # there is no key yet, which is found out once the database is open
    said = [json.loads(line).get("message", "") for line in result.err.splitlines() if line.startswith("{")]
    assert any(words.startswith(f"made a new database at {tmp_path}/cascadewatch.db; ") for words in said)
