"""`init`: the first settings file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cascadewatch.settings import load, template


def test_it_writes_the_starter_and_says_what_comes_next(run: Callable[..., Any], tmp_path: Path) -> None:
    result = run("init")
    assert result.code == 0
    assert (tmp_path / "cascadewatch.toml").read_text() == template()
    assert "cascadewatch up" in result.out


def test_the_folder_is_made(run: Callable[..., Any], tmp_path: Path) -> None:
    result = run("init", "monitoring", "--json")
    assert result.json == {"written": "monitoring/cascadewatch.toml"}
    assert (tmp_path / "monitoring" / "cascadewatch.toml").exists()


def test_nothing_is_overwritten(run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "cascadewatch.toml").write_text("timezone = 'Europe/Berlin'")
    result = run("init")
    assert result.code == 2
    assert "exists" in result.err
    assert (tmp_path / "cascadewatch.toml").read_text() == "timezone = 'Europe/Berlin'"


def test_the_database_named_stands_in_the_file(run: Callable[..., Any], tmp_path: Path) -> None:
    assert run("init", "--db", "postgresql://monitor@db/cascades").code == 0
    file = tmp_path / "cascadewatch.toml"
    assert load(file).database_url == "postgresql+psycopg://monitor@db/cascades"
