"""What the README tells a newcomer to type exists."""

import ast
import json
import re
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest

from cascadewatch.model import Event
from cascadewatch.settings import load
from collectors.decode import decode_event

ROOT = Path(__file__).parent.parent


def blocks(language: str, page: str = "README.md") -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE)


def typed(program: str) -> list[list[str]]:
    """Arguments of each call of the program in the README's shell blocks."""
    lines = [line.split("#")[0].split() for block in blocks("sh") for line in block.splitlines()]
    return [words[1:] for words in lines if words and words[0] == program]


def targets() -> set[str]:
    return set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_the_first_two_commands_are_demo_and_test() -> None:
    assert typed("make")[:2] == [["demo"], ["test"]]


def test_every_make_target_named_exists() -> None:
    assert {words[0] for words in typed("make")} <= targets()


def test_make_help_lists_every_target() -> None:
    output = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"make (\w+) +\S", output)) == targets()


@pytest.mark.parametrize("arguments", typed("cascadewatch"), ids=" ".join)
def test_every_command_and_option_named_exists(arguments: list[str]) -> None:
    name, *rest = arguments
    words = takewhile(lambda word: not word.startswith("-"), rest)
    command = [sys.executable, "-c", "from cascadewatch.cli import main; main()", name, *words, "--help"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert [word for word in rest if word.startswith("--") and word not in result.stdout] == []


def test_the_settings_shown_are_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_WEBHOOK_URL", "https://hooks.slack.com/services/T/B/x")
    monkeypatch.setenv("SMALL_API_KEY", "not needed")
    with_a_judge = [*blocks("toml"), blocks("toml", "docs/replays.md")[0]]
    (tmp_path / "cascadewatch.toml").write_text("\n".join(with_a_judge))
    settings = load(tmp_path / "cascadewatch.toml")
    assert settings.replay["judge-every-night"].verifier in settings.verifier
    assert settings.channel["team"].kind == "slack"


@pytest.mark.parametrize("source", blocks("json"))
def test_every_event_shown_is_accepted(source: str) -> None:
    far_future = 4_102_444_800_000
    assert isinstance(decode_event(source.encode(), 0, far_future, 0), Event)


def test_the_request_shown_sends_an_array_of_the_event_shown(tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text(blocks("json")[0])
    [call] = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("curl")]
    shell = ["sh", "-c", f'curl() {{ printf "%s\\n" "$@"; }}; {call}']
    sent = subprocess.run(shell, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    body = sent.partition("--data\n")[2].rpartition("\nhttp")[0]
    assert json.loads(body) == [json.loads(blocks("json")[0])]


def test_every_python_block_is_python() -> None:
    for source in blocks("python"):
        ast.parse(source)


def test_the_machine_runs_the_readme_s_own_test_command() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert "make test" in lines
    assert "make lint" in lines
