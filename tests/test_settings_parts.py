"""Files that a replay, verifier or grader names and that are not there yet: a warning, and no mistake."""

from pathlib import Path

import pytest

from cascadewatch.settings import load
from cascadewatch.settings.parts import missing_files

SETTINGS = """
[model.small]
kind = "recorded"
answer = "cheap"

[verifier.judge]
kind = "judge"
model = "small"
prompt_file = "judge.txt"

[replay.nightly]
eval_set = "cases.jsonl"
target = "small"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    place = tmp_path / "cascadewatch.toml"
    place.write_text(SETTINGS)
    return place


def test_each_is_named_with_its_setting(file: Path) -> None:
    found = {".".join(one.place): one.said for one in missing_files(load(file, {}, None))}
    assert found == {
        "replay.nightly.eval_set": f"{file.with_name('cases.jsonl')} is not there",
        "verifier.judge.prompt_file": f"{file.with_name('judge.txt')} is not there",
    }


def test_what_is_there_is_not_told(file: Path) -> None:
    for name in ("cases.jsonl", "judge.txt"):
        file.with_name(name).touch()
    assert list(missing_files(load(file, {}, None))) == []
