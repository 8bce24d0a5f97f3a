"""Eval sets made of CSV files."""

from pathlib import Path

import pytest

from cascadewatch.errors import InputError, UsageError
from cascadewatch.replay.evalset import load
from cascadewatch.replay.importing import from_csv

TEXT = 'question,truth,answers.cheap.text,ok,points\n"2 + 2?\nas a number",4,four,no,0.3\n3 + 3?,6,6,yes,\n'
MAP = {
    "prompt": "question",
    "reference": "truth",
    "answers.cheap.correct": "ok",
    "answers.cheap.score": "points",
}


def made(tmp_path: Path, text: str, columns: dict[str, str]) -> Path:
    (tmp_path / "in.csv").write_text(text, encoding="utf-8")
    from_csv(tmp_path / "in.csv", tmp_path / "out.jsonl", columns)
    return tmp_path / "out.jsonl"


def test_columns_become_keys_and_rows_are_numbered(tmp_path: Path) -> None:
    first, second = load(made(tmp_path, TEXT, MAP)).cases
    assert (first.id, first.prompt, first.reference) == ("1", "2 + 2?\nas a number", "4")
    cheap = first.answers["cheap"]
    assert (cheap.text, cheap.correct, cheap.score) == ("four", False, 0.3)
    assert second.answers["cheap"].score is None


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
    with pytest.raises(InputError, match='row 3: ok is "maybe"; write true or false'):
        made(tmp_path, TEXT.replace("yes", "maybe"), MAP)
    with pytest.raises(InputError, match='row 2: points is "high"; write a number'):
        made(tmp_path, TEXT.replace("0.3", "high"), MAP)
