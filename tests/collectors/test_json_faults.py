"""What is said of a line that is no JSON: the true fault, and the number an editor shows."""

import json

import pytest

from cascadewatch.errors import InputError
from cascadewatch.store.receipt import Rejection
from collectors.decode import decode_event, decode_events, decode_labels
from collectors.json_text import MAX_DEPTH, json_fault

NOW = 1_795_262_400_000  # 2026-11-21T12:00:00Z
DEEP = f"nested deeper than {MAX_DEPTH} levels"


def said(line: str) -> str:
    result = decode_event(line.encode(), 7, NOW, 0)
    assert type(result) is Rejection
    assert result.index == 7
    return result.reason


UNFINISHED = [
    '  "attempts": [',
    '    {"tier": "small", "usage": {"input": 512},',
    '     "verdict": {"outcome": "reject"}},',
    '{"foo": 1, "attempts": [',
    '{"id": 5, "tags": {',
    '"x"]',
]


@pytest.mark.parametrize("line", UNFINISHED)
def test_brackets_that_do_not_match_are_not_called_deep(line: str) -> None:
    reason = said(line)
    assert reason.startswith("not valid JSON: ")
    assert "nested" not in reason


def test_depth_is_named_where_it_is_exceeded() -> None:
    deep = {levels: '{"foo": ' + "[" * levels + "]" * levels + "}" for levels in (31, 32)}
    assert said(deep[31]).startswith('unknown key "foo"')
    assert said(deep[32]) == f"not valid JSON: {DEEP}"


def test_depth_is_counted_from_the_body() -> None:
    deep = b"[" * 30 + b"]" * 30
    assert json_fault(deep, depth=2) is None
    assert json_fault(deep, depth=3) == DEEP


def test_a_string_without_end_takes_no_longer_than_its_length() -> None:
    quotes = '\\"' * 1_000_000  # the square of that would be weeks
    for line in ('1 "', '{"foo": 1, "bar": "'):
        assert said(line + quotes).startswith("not valid JSON: ")


def test_a_line_over_http_is_numbered_as_editors_do_and_its_index_is_from_0() -> None:
    for refused in (
        decode_events(b"\n{bad\n", True, NOW, 0)[1],
        decode_labels(b"\n{bad\n", True, NOW)[1],
    ):
        assert [r.index for r in refused] == [1]
        assert refused[0].reason.startswith("line 2 is not valid JSON: ")


def test_a_record_of_an_array_is_called_by_its_index() -> None:
    body = json.dumps([{"id": "a"}, {"foo": "@"}]).encode().replace(b"@", b"\xff")
    with pytest.raises(InputError, match="the record with index 1 is not valid JSON: not UTF-8 at byte "):
        decode_events(body, False, NOW, 0)
