"""Eval sets: what is read, and what is said of a faulty line."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from cascadewatch.errors import InputError
from cascadewatch.replay.evalset import load

ONE = {"id": "1", "prompt": "2 + 2?", "reference": "4"}


def file(tmp_path: Path, *lines: Any) -> Path:
    path = tmp_path / "sums.jsonl"
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def test_a_set_is_known_by_its_cases(tmp_path: Path) -> None:
    two = ONE | {"id": "2"}
    first = load(file(tmp_path, ONE, two))
    assert (first.name, len(first.cases)) == ("sums", 2)
    assert (
        load(file(tmp_path, two, "", json.dumps(ONE, indent=None, separators=(", ", " : ")))).hash
        == first.hash
    )
    assert load(file(tmp_path, ONE, two | {"reference": "5"})).hash != first.hash


def test_a_packed_file_and_one_with_a_mark_of_byte_order(tmp_path: Path) -> None:
    plain = file(tmp_path, ONE)
    packed = tmp_path / "sums.jsonl.gz"
    packed.write_bytes(gzip.compress(b"\xef\xbb\xbf" + plain.read_bytes()))
    assert load(packed).hash == load(plain).hash
    assert load(packed).name == "sums"


def test_what_is_in_it(tmp_path: Path) -> None:
    answers = {"cheap": {"text": "4", "correct": True, "score": 0.9}}
    found = load(
        file(
            tmp_path,
            ONE | {"answers": answers, "tags": ["sums"]},
            {"id": "2", "messages": [{"role": "user", "content": "?"}]},
            {
                "id": "3",
                "prompt": "?",
                "control": "wrong",
                "answers": {"cheap": {"text": "5", "correct": False}},
            },
        )
    )
    assert found.statement() == {
        "name": "sums",
        "hash": found.hash,
        "cases": 3,
        "controls": {"right": 0, "wrong": 1},
        "with_reference": 1,
        "answers": {"cheap": {"cases": 2, "right": 1, "wrong": 1, "scored": 1}},
        "tags": {"sums": 1},
    }


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "is no JSON object"),
        ("[1]", "expected an object"),
        ({"prompt": "?"}, "id: missing"),
        ({"id": ""}, "id: expected a string of 1 to 128 characters"),
        ({"id": "2"}, "needs either prompt or messages"),
        ({"id": "2", "prompt": "?", "messages": [{"role": "user", "content": "?"}]}, "and not both"),
        ({"id": "2", "promt": "?"}, "did you mean prompt?"),
        ({"id": "2", "prompt": "?", "answers": {"a": {"txt": "4", "text": "4"}}}, "did you mean text?"),
        ({"id": "2", "prompt": "?", "control": "maybe"}, "control: expected one of"),
        ({"id": "2", "prompt": "?", "control": "wrong"}, "needs the planted answer"),
        (
            {"id": "2", "prompt": "?", "control": "wrong", "answers": {"a": {"text": "4", "correct": True}}},
            'is a control of kind "wrong", but an answer says correct: True',
        ),
        (ONE, "id '1' is that of line 1"),
    ],
)
def test_a_faulty_line_is_named_with_what_is_wrong(tmp_path: Path, line: Any, said: str) -> None:
    with pytest.raises(InputError) as raised:
        load(file(tmp_path, ONE, line))
    assert str(raised.value).startswith("sums.jsonl, line 2: ")
    assert said in str(raised.value)


def test_twenty_lines_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        load(file(tmp_path, *["{}"] * 25))
    lines = str(raised.value).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "… and 5 more"


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_set_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "sums.jsonl"
    path.write_text(content)
    with pytest.raises(InputError, match=r"sums\.jsonl has no cases; write one JSON object a line"):
        load(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        load(tmp_path / "none.jsonl")


def test_a_damaged_archive(tmp_path: Path) -> None:
    path = tmp_path / "sums.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(ONE).encode())[:-9])
    with pytest.raises(InputError, match="cannot be read"):
        load(path)
