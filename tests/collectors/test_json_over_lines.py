"""A file whose JSON stands over several lines: one event is taken, several are refused in one sentence."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from collectors import files
from collectors.files import FileReceipt, Job, ingest

NOW = 1_795_262_400_000  # 2026-11-21T12:00:00Z
OLDEST = NOW - 400 * 86_400_000

Read = Callable[..., FileReceipt]


def event(name: str = "e") -> str:
    sent = {"id": name, "time": "2026-11-20T12:00:00Z", "cascade": "support", "attempts": [{"tier": "small"}]}
    return json.dumps(sent)


def pretty(name: str = "e") -> str:
    return json.dumps(json.loads(event(name)), indent=2) + "\n"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """What comes of a file with this text; nothing is stored."""

    def ingested(text: str | bytes, name: str = "events.json", form: str = "auto") -> FileReceipt:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return ingest([str(path)], Job(None, NOW, OLDEST, format=form))[0]

    return ingested


def outcome(result: FileReceipt) -> tuple[int, int, str | None]:
    return result.receipt.accepted, result.receipt.rejected, result.failure


ONE = {
    "as a printer sets it": pretty(),
    "opened on its first line": pretty().replace("{\n  ", "{", 1),
    "with a byte order mark": "\ufeff" + pretty(),
    "after blank lines and before some": "\n \n" + pretty() + "\n\n",
    "without a line end": pretty().rstrip(),
    "with the line ends of Windows": pretty().replace("\n", "\r\n"),
}


@pytest.mark.parametrize("form", ["auto", "events"])
@pytest.mark.parametrize("case", ONE)
def test_one_object_is_one_event(read: Read, case: str, form: str) -> None:
    assert outcome(read(ONE[case], form=form)) == (1, 0, None)


def test_one_object_that_is_no_event_is_one_refusal_with_its_own_reason(read: Read) -> None:
    result = read("\n" + pretty().replace("tier", "tire"))
    (error,) = result.receipt.errors
    assert (error.index, error.id, error.field) == (2, "e", "attempts[0].tire")


SEVERAL = {
    "two": pretty("a") + pretty("b"),
    "one and then lines": pretty("a") + event("b") + "\n",
    "two without a line between": pretty("a").rstrip() + pretty("b"),
    "one that is broken": pretty().replace('"support",', '"support"'),
    "one that is cut off": pretty()[:-20],
    "one that has no end": "{\n" + '"a": 1,\n' * 12_000,
}


@pytest.mark.parametrize("case", SEVERAL)
def test_anything_else_over_several_lines_is_refused_before_a_line_is_taken(read: Read, case: str) -> None:
    result = read(SEVERAL[case])
    taken, refused, failure = outcome(result)
    assert (taken, refused) == (0, 0)
    assert failure is not None
    assert "this is JSON over several lines: jq -c . " in failure
    assert failure.endswith("/events.json | cascadewatch ingest -")


def test_the_way_out_unpacks_and_quotes_where_it_must(read: Read) -> None:
    failure = read(gzip.compress(SEVERAL["two"].encode()), name="my events.gz").failure
    assert failure is not None
    assert failure.endswith("/my events.gz' | jq -c . | cascadewatch ingest -")
    assert ": gunzip -c '/" in failure


LINES = {
    "cut off within a list": '{"id": "a", "attempts": [',
    "cut off within a string": '{"id": "a',
    "cut off after a value": '{"id": "a"',
    "two on one line": event("a") + event("b"),
    "a number that is none": '{"id": "a", "latency_ms": NaN}',
    "half a symbol": '{"id": "\\ud800"}',
    "closed too often": event("a") + "}",
}


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize("case", LINES)
def test_a_bad_first_line_does_not_harm_the_next(
    read: Read, monkeypatch: pytest.MonkeyPatch, case: str, count: int
) -> None:
    monkeypatch.setattr(files, "BATCH", 10)  # fewer than there are lines to look ahead into
    result = read("\n".join([LINES[case], *(event(str(n)) for n in range(count))]))
    assert outcome(result) == (count, 1, None)
    assert result.receipt.errors[0].index == 1
    assert result.receipt.errors[0].reason.startswith("not valid JSON: ")
