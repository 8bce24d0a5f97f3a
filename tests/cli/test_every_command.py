"""What holds for every command: help, shared options, a place in the documentation."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from cascadewatch import __version__
from cascadewatch.cli.program import program

DOCS = Path(__file__).parent.parent.parent / "docs"
PROCESSES = {"up", "serve", "worker", "dashboard"}


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    if hasattr(command, "commands"):
        for name, inner in command.commands.items():
            yield from leaves(inner, (*path, name))
    else:
        yield " ".join(path), command


COMMANDS = dict(leaves(get_command(program)))


def test_the_commands_are_those_promised() -> None:
    assert set(COMMANDS) == {
        *("init", "demo", "up", "serve", "worker", "dashboard", "ingest", "report", "status", "annotate"),
        *(
            "keys create",
            "keys list",
            "keys rotate",
            "keys revoke",
            "events show",
            "callers find",
            "callers forget",
        ),
        *("quarantine list", "quarantine accept", "reprice", "audit", "verify"),
        *(
            "db upgrade",
            "db rebuild",
            "db prune",
            "check",
            "rules list",
            "rules test",
            "baseline pin",
            "baseline show",
        ),
        *("backup", "restore", "export"),
        *(
            "alerts list",
            "alerts ack",
            "alerts silence",
            "alerts silences",
            "alerts unsilence",
            "alerts test",
        ),
        *(
            "replay",
            "verifier",
            "evalset check",
            "evalset mde",
            "evalset import",
            "evalset from-events",
            "plan",
        ),
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_what_it_does_and_gives_an_example(name: str, run: Callable[..., Any]) -> None:
    result = run(*name.split(), "--help")
    assert result.code == 0
    assert f"    cascadewatch {name}" in result.out.partition("Examples:")[2]
    first = COMMANDS[name].help.splitlines()[0]
    assert first.endswith(".")
    assert len(first) <= 61, "longer ones are cut in the list of commands"


@pytest.mark.parametrize("name", COMMANDS)
def test_settings_and_database_can_be_named(name: str) -> None:
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    assert {"--config", "--db"} <= options
    assert "--json" in options or name in PROCESSES


@pytest.mark.parametrize("name", COMMANDS)
def test_each_is_documented_with_its_options(name: str) -> None:
    page = (DOCS / "commands.md").read_text()
    heading = re.search(rf"^### `{name}\b.*?(?=^##|\Z)", page, re.DOTALL | re.MULTILINE)
    assert heading is not None
    common = {
        "--config",
        "--db",
        "--json",
        "--help",
        "--host",
        "--port",
        "--i-know-this-is-open",
        "--log-format",
    }
    for parameter in COMMANDS[name].params:
        for option in parameter.opts:
            if option.startswith("--") and option not in common:
                assert f"`{option}" in heading[0], option


def test_the_version_is_printed(run: Callable[..., Any]) -> None:
    assert run("--version").out == f"cascadewatch {__version__}\n"


def test_an_unknown_command_names_the_nearest(run: Callable[..., Any]) -> None:
    result = run("reprot")
    assert result.code == 2
    assert "report" in result.err
