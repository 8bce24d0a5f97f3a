"""Eval sets made of CSV and JSONL files."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from cascadewatch.errors import InputError, UsageError
from cascadewatch.replay.evalset import load
from cascadewatch.replay.importing import from_file

TEXT = 'question,truth,answers.cheap.text,ok,points\n"2 + 2?\nas a number",4,four,no,0.3\n3 + 3?,6,6,yes,\n'
MAP = {
    "prompt": "question",
    "reference": "truth",
    "answers.cheap.correct": "ok",
    "answers.cheap.score": "points",
}


def made(tmp_path: Path, text: str, columns: dict[str, str]) -> Path:
    (tmp_path / "in.csv").write_text(text, encoding="utf-8")
    from_file(tmp_path / "in.csv", tmp_path / "out.jsonl", columns)
    return tmp_path / "out.jsonl"


def test_columns_become_keys_and_rows_are_numbered(tmp_path: Path) -> None:
    first, second = load(made(tmp_path, TEXT, MAP)).cases
    assert (first.id, first.prompt, first.reference) == ("1", "2 + 2?\nas a number", "4")
    cheap = first.answers["cheap"]
    assert (cheap.text, cheap.correct, cheap.score) == ("four", False, 0.3)
    assert second.answers["cheap"].score is None


def test_what_people_wrote_is_for_the_owners_eyes_alone(tmp_path: Path) -> None:
    assert made(tmp_path, TEXT, MAP).stat().st_mode & 0o777 == 0o600


def test_columns_named_as_keys_need_no_map(tmp_path: Path) -> None:
    (case,) = load(made(tmp_path, "\ufeffid,prompt\nq7,why?\n", {})).cases
    assert (case.id, case.prompt) == ("q7", "why?")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({}, "which column is the prompt"),
        ({"prompt": "frage"}, 'no column "frage"; the file has question, truth'),
        ({"promt": "question"}, "promt is no key"),
    ],
)
def test_a_map_that_does_not_fit(tmp_path: Path, columns: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        made(tmp_path, TEXT, columns)


def test_a_value_that_does_not_fit_is_named_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r'row 3: answers\.cheap\.correct is "maybe"; write true or false'):
        made(tmp_path, TEXT.replace("yes", "maybe"), MAP)
    with pytest.raises(InputError, match=r'row 2: answers\.cheap\.score is "high"; write a number'):
        made(tmp_path, TEXT.replace("0.3", "high"), MAP)


LOG: tuple[dict[str, Any], ...] = (
    {
        "request": {"messages": [{"role": "user", "content": "2 + 2?", "name": "ann"}]},
        "outputs": [{"text": "four", "good": False}],
    },
    {"request": {"messages": [{"role": "user", "content": "3 + 3?"}]}, "outputs": []},
)
PATHS = {
    "messages": "request.messages",
    "answers.cheap.text": "outputs.0.text",
    "answers.cheap.correct": "outputs.0.good",
}


class TestJsonLines:
    def made(self, tmp_path: Path, lines: Any, paths: dict[str, str]) -> Path:
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (tmp_path / "in.jsonl.gz").write_bytes(gzip.compress(text.encode()))
        from_file(tmp_path / "in.jsonl.gz", tmp_path / "out.jsonl", paths)
        return tmp_path / "out.jsonl"

    def test_paths_lead_into_objects_and_lists(self, tmp_path: Path) -> None:
        first, second = load(self.made(tmp_path, LOG, PATHS)).cases
        assert [(turn.role, turn.content) for turn in first.turns] == [("user", "2 + 2?")]
        assert (first.answers["cheap"].text, first.answers["cheap"].correct) == ("four", False)
        assert (second.id, second.answers) == ("2", {})

    def test_fields_named_as_keys_need_no_map(self, tmp_path: Path) -> None:
        line = {"id": 7, "prompt": "why?", "answers": {"cheap": {"text": "so", "score": 0.5, "seed": 1}}}
        (case,) = load(self.made(tmp_path, [line], {})).cases
        assert (case.id, case.prompt, case.answers["cheap"].score) == ("7", "why?", 0.5)

    @pytest.mark.parametrize(
        ("paths", "said"),
        [
            ({}, "which path is the prompt"),
            (PATHS | {"reference": "truth.0"}, 'no line has anything at "truth.0"; the first has request, o'),
            ({"prompt": "request"}, 'line 1: prompt is "{"messages"'),
        ],
    )
    def test_a_path_that_does_not_fit(self, tmp_path: Path, paths: dict[str, str], said: str) -> None:
        with pytest.raises((UsageError, InputError), match=said):
            self.made(tmp_path, LOG, paths)

    def test_a_line_that_is_no_object_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "in").write_text('{"prompt": "a"}\n\n[1]\n', encoding="utf-8")
        with pytest.raises(InputError, match="line 3 is no JSON object"):
            from_file(tmp_path / "in", tmp_path / "out.jsonl", {})
