"""What a report is bound to, and what the settings say otherwise since."""

from pathlib import Path
from typing import Any

import pytest

from cascadewatch.replay.binding import differences
from cascadewatch.replay.prepared import prepare
from cascadewatch.settings import Settings, load
from tests.replay.conftest import write

TEXT = """
[model.judge]
kind = "openai"
base_url = "https://api.example.com/v1"
model = "{model}"
[model.small]
kind = "recorded"
answer = "{answer}"
[verifier.judge]
kind = "judge"
model = "judge"
prompt_file = "judge.md"
threshold = {threshold}
[verifier.votes]
kind = "recorded"
threshold = 0.5
[replay.{name}]
eval_set = "set.jsonl"
target = "small"
verifier = "{verifier}"
"""
SAID: dict[str, Any] = {
    "model": "judge-1",
    "answer": "cheap",
    "threshold": 0.5,
    "name": "check",
    "verifier": "judge",
}
CASE = {"id": "1", "prompt": "2 + 2?", "answers": {k: {"text": "4"} for k in ("cheap", "flagship")}}


def settings(folder: Path, **said: Any) -> Settings:
    (folder / "cascadewatch.toml").write_text(TEXT.format(**SAID | said), encoding="utf-8")
    return load(folder / "cascadewatch.toml")


@pytest.fixture
def held(tmp_path: Path) -> dict[str, Any]:
    """The provenance of a report with this judge."""
    write(tmp_path / "set.jsonl", [CASE])
    (tmp_path / "judge.md").write_text("Is $answer right?", encoding="utf-8")
    return dict(prepare(settings(tmp_path), "check").config)


def words(held: dict[str, Any], now: Settings) -> list[str]:
    return [one.words for one in differences(held, now, "check")]


def test_nothing_differs_from_the_settings_it_was_made_with(held: dict[str, Any], tmp_path: Path) -> None:
    assert words(held, settings(tmp_path)) == []


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"threshold": 0.6}, "was measured at threshold 0.5; the configuration says 0.6."),
        ({"model": "judge-2"}, "is of a verifier that asked judge-1; it asks judge-2 now."),
        ({"answer": "flagship"}, "is of answers by cheap; [replay.check] asks flagship now."),
        ({"verifier": "votes"}, "was measured with the verifier judge; [replay.check] names votes now."),
        ({"name": "x"}, "is of [replay.check], which is not in the configuration any more."),
    ],
)
def test_each_change_has_its_sentence(
    held: dict[str, Any], tmp_path: Path, said: dict[str, Any], found: str
) -> None:
    assert words(held, settings(tmp_path, **said)) == [found]


def test_a_judge_with_another_prompt_is_another_judge(held: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "judge.md").write_text("Is $answer really right?", encoding="utf-8")
    assert words(held, settings(tmp_path)) == [
        "is of another prompt of the verifier: judge.md has changed since."
    ]
    (tmp_path / "judge.md").unlink()
    (only,) = words(held, settings(tmp_path))
    assert "prompt of the verifier that cannot be read now" in only


def test_a_verifier_of_another_kind_under_the_same_name(held: dict[str, Any], tmp_path: Path) -> None:
    now = settings(tmp_path)
    votes = {**now.verifier, "judge": now.verifier["votes"]}
    assert words(held, now.model_copy(update={"verifier": votes})) == [
        "is of a verifier with kind judge; it is recorded now."
    ]


def test_of_a_run_that_asked_another_model_the_model_is_no_news(held: dict[str, Any], tmp_path: Path) -> None:
    other = dict(prepare(settings(tmp_path), "check", target="judge").config)
    assert other["override"] == "judge"
    assert words(other, settings(tmp_path)) == []
    assert "override" not in prepare(settings(tmp_path), "check", target="small").config
