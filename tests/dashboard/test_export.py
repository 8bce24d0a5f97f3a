"""CSV that a spreadsheet may open."""

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.spreadsheet import defuse
from dashboard.export import csv_bytes
from tests.dashboard.hostile import STRINGS


def read(data: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\0", "\n", " =", "  +"])
def test_what_could_run_is_made_text(start: str) -> None:
    assert defuse(f"{start}cmd") == f"'{start}cmd"


def test_numbers_stay_numbers() -> None:
    assert read(csv_bytes([{"cost": -1.5, "n": 3, "model": None}])) == [
        ["cost", "n", "model"],
        ["-1.5", "3", ""],
    ]


@given(st.lists(st.text() | st.sampled_from(STRINGS), min_size=1, max_size=5))
def test_every_text_comes_back_and_none_can_run(texts: list[str]) -> None:
    rows = read(csv_bytes([{"a": text, "b": "x"} for text in texts]))
    assert [row[0].removeprefix("'") for row in rows[1:]] == [text.removeprefix("'") for text in texts]
    assert not any(row[0].lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\0")) for row in rows)


def test_nothing_is_an_empty_file() -> None:
    assert read(csv_bytes([])) == []
