"""`demo`: a month that ends now, in a database of its own."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cascadewatch.cli import demo

ROOT = Path(__file__).parent.parent.parent
EVENT = '{"id": "x", "time": "2026-11-20T12:00:00Z", "cascade": "mine", "attempts": [{"tier": "small"}]}'


def call(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    code = "from cascadewatch.cli import main; main()"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CASCADEWATCH_")}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=folder, input=stdin, capture_output=True, text=True,
        env=environment | {"PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(folder / "data")}, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def made(folder: Path) -> dict[str, Any]:
    """A demo made over what an interrupted one of yesterday left behind."""
    home = folder / "data" / "cascadewatch" / "demo"
    home.mkdir(parents=True)
    left = call(
        folder, "ingest", "-", "--source", "demo", "--db", f"sqlite:///{home / 'demo.db'}", stdin=EVENT
    )
    assert left.returncode == 0, left.stderr
    result = call(folder, "demo", "--no-serve", "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)  # type: ignore[no-any-return]


def test_with_a_configuration_elsewhere_the_data_folder_is_made_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "data"))
    file = demo._write_settings(tmp_path / "own" / "cascadewatch.toml", None)
    assert file.is_file()
    assert demo._home().is_relative_to(tmp_path)
    assert demo._home().is_dir()


def test_it_lies_in_the_user_s_data_folder_with_its_settings(folder: Path, made: dict[str, Any]) -> None:
    home = folder / "data" / "cascadewatch" / "demo"
    assert made["config"] == str(home / "cascadewatch.toml")
    assert made["database_url"] == f"sqlite:///{home / 'demo.db'}"
    assert made["reused"] is False
    assert made["events"] > 50_000


def test_the_report_shows_three_cascades_up_to_now(folder: Path, made: dict[str, Any]) -> None:
    report = json.loads(call(folder, "report", "--config", made["config"], "--since", "24h", "--json").stdout)
    assert {row["cascade"] for row in report["cascades"]} == {"support", "documents", "coding"}
    assert all(row["events"] for row in report["cascades"] if row["route"] is None)


def test_the_annotations_are_there(made: dict[str, Any]) -> None:
    with closing(sqlite3.connect(made["database_url"].removeprefix("sqlite:///"))) as database, database:
        texts = [row[0] for row in database.execute("SELECT text FROM annotations WHERE author = 'demo'")]
    assert len(texts) > 3
    assert all(text.startswith("demo") for text in texts)


def test_its_incidents_were_found_by_the_rules(folder: Path, made: dict[str, Any]) -> None:
    listed = call(folder, "alerts", "list", "--all", "--config", made["config"], "--json")
    found = {
        (row["cascade"], row["direction"], row["resolved"] is not None)
        for row in json.loads(listed.stdout)
        if row["rule"] == "escalation-drift" and row["route"] is None
    }
    assert found == {("support", "up", True), ("documents", "up", False), ("coding", "down", False)}
    shown = call(folder, "alerts", "list", "--cascade", "coding", "--config", made["config"], "--json")
    causes = {c["key"] for row in json.loads(shown.stdout) for c in row["detail"]["diagnosis"]["causes"]}
    assert "threshold_changed" in causes
    with closing(sqlite3.connect(made["database_url"].removeprefix("sqlite:///"))) as database, database:
        assert database.execute("SELECT count(*) FROM deliveries").fetchone() == (0,), "nobody is told"
        models = database.execute("SELECT count(*) FROM annotations WHERE kind = 'model'").fetchone()
    assert models > (0,)


def test_a_young_one_is_shown_again_as_it_is(folder: Path, made: dict[str, Any]) -> None:
    again = json.loads(call(folder, "demo", "--no-serve", "--json").stdout)
    assert again == made | {"events": None, "reused": True}


def test_named_by_its_database_it_is_the_same_one(folder: Path, made: dict[str, Any]) -> None:
    named = ("--db", made["database_url"], "--config", made["config"])
    result = call(folder, "demo", "--no-serve", "--json", *named)
    assert json.loads(result.stdout) == made | {"events": None, "reused": True}


def test_what_an_old_one_held_is_gone(made: dict[str, Any]) -> None:
    with closing(sqlite3.connect(made["database_url"].removeprefix("sqlite:///"))) as database, database:
        assert database.execute("SELECT count(*) FROM events WHERE origin = 'live'").fetchone() == (
            made["events"],
        )
        assert database.execute("SELECT count(*) FROM events WHERE cascade = 'mine'").fetchone() == (0,)


def test_a_database_with_other_events_is_left_alone(tmp_path: Path) -> None:
    call(tmp_path, "ingest", "-", "--db", "sqlite:///mine.db", stdin=EVENT)
    result = call(tmp_path, "demo", "--no-serve", "--db", "sqlite:///mine.db", "--fresh")
    assert result.returncode == 2
    assert "holds events of local" in result.stderr


def test_settings_that_are_not_the_demo_s_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "cascadewatch.toml").write_text("# mine\n")
    result = call(tmp_path, "demo", "--no-serve", "--db", "sqlite:///demo.db")
    assert result.returncode == 2
    assert (tmp_path / "cascadewatch.toml").read_text() == "# mine\n"
    assert not (tmp_path / "demo.db").exists()
