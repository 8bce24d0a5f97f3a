"""Arrays over several lines: every member comes back, and a damaged one costs itself alone."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.json_records import records

WORDS = st.text(max_size=8)
VALUES = st.recursive(
    WORDS | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(WORDS, inner), max_leaves=6
)


def found(text: bytes) -> list[tuple[int, bytes]]:
    return list(records(enumerate(text.splitlines(keepends=True), 1)))


def whole(text: bytes) -> list[Any]:
    """The records that are JSON."""
    return [json.loads(record) for _, record in found(text) if record.endswith(b"}")]


@settings(max_examples=50)
@given(
    st.lists(st.dictionaries(WORDS, VALUES, max_size=4), max_size=5),
    st.sampled_from([None, 0, 1, 4]),
    st.booleans(),
)
def test_every_member_comes_back_whole(members: list[Any], indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(members, indent=indent, ensure_ascii=ascii_only).encode()
    assert [json.loads(record) for _, record in found(text)] == members
    assert len({number for number, _ in found(text)}) == len(members)


DAMAGE = {
    "cut off within a list": b'{"a": [1, 2,',
    "cut off within a string": b'{"a": "never',
    "cut off within an object": b'{"a": {"b": 1,',
    "closed too often": b'{"a": 1}}},',
    "cut off after a backslash": b'{"a": [{"b": "\\',
}


@pytest.mark.parametrize("begin", [b"[\n", b"["])
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_line_costs_its_member_alone(damage: str, begin: bytes) -> None:
    good = [b'{"n": %d, "x": [{}]}' % n for n in range(300)]
    text = begin + b",\n".join((*good[:10], DAMAGE[damage], *good[10:])) + b"\n]\n"
    assert len(found(text)) == 301
    assert [number for number, _ in found(text)] == list(range(begin.count(b"\n") + 1, 301 + len(begin)))
    assert sum(record in good for _, record in found(text)) == 300


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_member_printed_for_people_costs_itself_alone(damage: str) -> None:
    member = json.dumps([{"x": [{"y": 1}, {}], "z": {"w": 2}}], indent=2).strip("[]\n").encode()
    text = b"[\n" + b",\n".join((member, member, b"  " + DAMAGE[damage], member, member)) + b"\n]\n"
    assert [number for number, _ in found(text)] == [2, 13, 24, 25, 36]
    assert [record.strip() == member.strip() for _, record in found(text)] == [True, True, False, True, True]


def test_the_first_member_beside_the_bracket_may_be_the_damaged_one() -> None:
    assert whole(b'[{"a": [1,\n {"n": 1},\n {"n": 2}]\n') == [{"n": 1}, {"n": 2}]


def test_members_that_share_a_line_are_records_of_their_own() -> None:
    shared = [(1, b'{"a":1}'), (2, b'{"a":2}'), (3, b'{"a":3}'), (4, b'{"a":4}')]
    assert found(b'[{"a":1},{"a":2},\n{"a":3},{"a":4}]\n') == shared
    assert whole(b'[{"a":1},\n{"b":[3]}, {"b":4},\n{"c":5}\n]\n[\n{"d":6}]') == [
        {"a": 1}, {"b": [3]}, {"b": 4}, {"c": 5}, {"d": 6},
    ]  # fmt: skip


def test_members_that_are_no_objects_are_records_too() -> None:
    assert found(b'[1,\n2, [3],\n"four"]\n') == [(1, b"1"), (2, b"2"), (3, b"[3]"), (4, b'"four"')]


@pytest.mark.parametrize("end", [b"", b"\n", b"\\", b"\\\n"])
def test_a_string_without_end_takes_no_longer_than_its_length(end: bytes) -> None:
    quotes = b'\\"x\\": 12345, ' * 200_000  # the square of that would be hours
    assert len(found(b'[{"response":"' + quotes + end)) == 1
