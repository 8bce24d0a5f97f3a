"""Graders: what each kind takes for right, and where it does not decide."""

import json
from pathlib import Path
from typing import Any

import pytest

from cascadewatch.errors import ConfigError
from cascadewatch.replay.answer import Answer, CallError, Graded
from cascadewatch.replay.case import Case, Turn
from cascadewatch.replay.graders import GRADERS, build
from cascadewatch.settings import Settings
from cascadewatch.settings.replaying import Grader, Model


def grade(kind: str, text: str, reference: str | None, ask: Any = None, **table: Any) -> Graded:
    known = {name: Model(kind="recorded", answer=name) for name in {table.get("model")} - {None}}
    settings = Settings(model=known, grader={"mine": Grader(kind=kind, **table)})  # type: ignore[arg-type]
    grader = build(settings, "mine", ask)
    assert grader.describe()["kind"] == kind
    json.dumps(grader.describe())
    return grader.grade(Case("1", prompt="?", reference=reference), Answer(text))


@pytest.mark.parametrize(
    ("kind", "text", "reference", "right"),
    [
        ("exact", " Paris\n", "paris", True),
        ("exact", "Paris.", "paris", False),
        ("contains", "It is  PARIS, France", "paris", True),
        ("contains", "Lyon", "paris", False),
        ("contains", "anything", " ", None),
        ("numeric", "6 x 7 = 42.", "42", True),
        ("numeric", "so 1,250.0 dollars", "#### 1250", True),
        ("numeric", "42 or rather 43", "42", False),
        ("numeric", "forty-two", "42", False),
        ("numeric", "42", "many", None),
        ("regex", "order A-17 is sent", r"A-\d+\b", True),
        ("regex", "no order", r"A-\d+\b", False),
        ("regex", "anything", "(", None),
        ("exact", "x", None, None),
        ("recorded", "x", None, None),
    ],
)
def test_what_is_right(kind: str, text: str, reference: str | None, right: bool | None) -> None:
    found = grade(kind, text, reference)
    assert found.correct is right
    assert right is not None or found.reason


def test_numbers_to_so_many_decimals() -> None:
    assert grade("numeric", "about 3.14159", "3.1416", digits=3).correct
    assert not grade("numeric", "about 3.15", "3.1416", digits=2).correct


def test_a_recorded_label_is_taken_as_it_is() -> None:
    grader = build(Settings(), "recorded")
    for right in (True, False):
        assert grader.grade(Case("1", prompt="?"), Answer("x", correct=right)).correct is right


def test_json_of_a_shape(tmp_path: Path) -> None:
    file = tmp_path / "shape.json"
    file.write_text('{"type": "object", "required": ["city"]}')
    assert grade("schema", '```json\n{"city": "Rome"}\n```', None, file=file).correct
    assert grade("schema", '{"town": "Rome"}', None, file=file).reason == "required at $"
    assert grade("schema", "Rome", None, file=file).reason == "not_json"
    assert grade("schema", '{"city": "Rome"}', '{"city": "Paris"}', file=file).correct is False


@pytest.mark.parametrize(
    ("text", "reference", "right"),
    [
        ('{"ok": true}', '{"ok": 1}', False), ("[0]", "[false]", False), ("1", "1.0", True),
        ('{"a": 1, "b": [2]}', '{"b": [2.0], "a": 1}', True), ('{"a": 1}', '{"a": 1, "b": null}', False),
        ("[1, 2]", "[2, 1]", False), ("[1]", "[1, 2]", False), ("null", "0", False), ('"1"', "1", False),
        ("9007199254740993", "9007199254740992.0", False), ("[[1]]", "NaN", True),
        ("[" * 400 + "]" * 400, "[" * 400 + "]" * 400, True),
        ("[" * 400 + "]" * 400, "[" * 399 + "1" + "]" * 399, False),
    ],
)  # fmt: skip
def test_the_same_json_is_of_the_same_types(tmp_path: Path, text: str, reference: str, right: bool) -> None:
    file = tmp_path / "any.json"
    file.write_text("true")
    assert grade("schema", text, reference, file=file).correct is right


def test_an_answer_nested_too_deep_to_check_is_wrong_and_no_crash(tmp_path: Path) -> None:
    file = tmp_path / "lists.json"
    file.write_text('{"items": {"$ref": "#"}}')
    assert grade("schema", "[" * 800 + "]" * 800, None, file=file) == Graded(False, "odd_value")


def test_a_function_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("def grade(prompt, answer, reference):\n    return {'a': True, 'b': None}[answer]\n")
    assert grade("python", "a", None, file=file).correct is True
    assert grade("python", "b", None, file=file).correct is None
    with pytest.raises(CallError, match="raised KeyError"):
        grade("python", "c", None, file=file)


def test_a_judge_is_asked_with_its_prompt_and_a_clear_word_counts(tmp_path: Path) -> None:
    file = tmp_path / "judge.txt"
    file.write_text("Question: $prompt\nAnswer: $answer\nTruth: $reference\nRIGHT or WRONG?")
    asked: list[str] = []

    def ask(model: str, turns: tuple[Turn, ...]) -> Answer:
        asked.append(turns[-1].content)
        return Answer({"4": "RIGHT", "5": "It is wrong.", "$reference": "hm"}[asked[-1].split("\n")[1][8:]])

    given = {"ask": ask, "model": "big", "prompt_file": file}
    assert grade("judge", "4", "4", **given).correct is True
    assert grade("judge", "5", "4", **given).correct is False
    assert grade("judge", "$reference", "4", **given).correct is None
    assert asked[-1] == "Question: ?\nAnswer: $reference\nTruth: 4\nRIGHT or WRONG?"


@pytest.mark.parametrize("text", ["no place", "$answer $stranger", "$answer costs $ 5"])
def test_a_prompt_with_a_mistake_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "judge.txt"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"judge\.txt has"):
        grade("judge", "4", "4", ask=lambda *_: Answer("x"), model="big", prompt_file=file)


def test_an_unknown_grader_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r'no grader "exakt"; add \[grader\.exakt\] or use one of contains'):
        build(Settings(), "exakt")


def test_every_kind_can_be_made_or_says_what_it_needs() -> None:
    for kind in GRADERS:
        try:
            Grader(kind=kind)  # type: ignore[arg-type]
        except ValueError as error:
            assert "which needs" in str(error)  # noqa: PT017
