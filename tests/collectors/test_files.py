"""`ingest` of files: counters, batches, gzip, rejects, duplicates, on a real store."""

import gzip
import io
import json
import os
import stat
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascadewatch.errors import BusyError, UsageError
from cascadewatch.store.receipt import Batch, Receipt
from cascadewatch.store.writes import Writer
from collectors.files import Job, exit_code, ingest, totals
from collectors.formats import FORMATS
from collectors.gunzip import Unpacked
from collectors.reading import MAX_LINE, TOO_LONG

NOW = 1_795_262_400_000  # 2026-11-21T12:00:00Z
OLDEST = NOW - 400 * 86_400_000


def event(number: int, **changes: Any) -> dict[str, Any]:
    plain = {
        "id": f"e{number}",
        "time": "2026-11-20T12:00:00Z",
        "cascade": "support",
        "attempts": [{"tier": "small", "verdict": {"outcome": "accept"}}],
    }
    return plain | changes


def lines(*records: dict[str, Any] | str) -> bytes:
    return b"".join((r if isinstance(r, str) else json.dumps(r)).encode() + b"\n" for r in records)


def counters(receipt: Receipt) -> tuple[int, int, int, int, int]:
    r = receipt
    return r.received, r.accepted, r.duplicate, r.conflict, r.rejected


def test_a_file_is_stored_and_again_all_duplicates(writer: Writer, file: Callable[..., str]) -> None:
    path = file(lines(event(1), event(2)))
    (first,), (again,) = (ingest([path], Job(writer, NOW, OLDEST)) for _ in range(2))
    assert counters(first.receipt) == (2, 2, 0, 0, 0)
    assert counters(again.receipt) == (2, 0, 2, 0, 0)
    assert exit_code([first, again]) == 0


def test_other_content_under_a_known_id_is_a_conflict_and_goes_to_the_rejects(
    writer: Writer, file: Callable[..., str]
) -> None:
    path = file(lines(event(1), event(2), event(1, route="faq")))
    (result,) = ingest([path], Job(writer, NOW, OLDEST))
    assert counters(result.receipt) == (3, 2, 0, 1, 0)
    assert result.rejected_path is not None
    (row,) = map(json.loads, Path(result.rejected_path).read_text().splitlines())
    assert (row["line"], json.loads(row["record"])["route"]) == (3, "faq")
    assert exit_code([result]) == 1


def test_the_source_is_part_of_the_identity(writer: Writer, file: Callable[..., str]) -> None:
    path = file(lines(event(1)))
    for source in ("staging", "production"):
        (result,) = ingest([path], Job(writer, NOW, OLDEST, source=source))
        assert counters(result.receipt) == (1, 1, 0, 0, 0)


class Recorder:
    """Takes what a writer would, in memory: for what concerns files alone."""

    def __init__(self, busy: int = 0) -> None:
        self.batches: list[Batch] = []
        self.busy = busy

    def write(self, batches: list[Batch]) -> list[Receipt]:
        if self.busy:
            self.busy -= 1
            raise BusyError("locked", retry_after=0)
        self.batches += batches
        (batch,) = batches
        n = len(batch.events)
        return [Receipt(n + len(batch.rejections), n, 0, 0, len(batch.rejections), list(batch.rejections))]


def test_rejects_are_written_beside_the_file_with_line_field_and_reason(file: Callable[..., str]) -> None:
    bad = event(2)
    bad["attempts"][0]["tire"] = "x"
    path = file(lines(event(1), bad, "", "{not json", event(3)))
    (result,) = ingest([path], Job(Recorder(), NOW, OLDEST))
    assert counters(result.receipt) == (4, 2, 0, 0, 2)
    assert result.rejected_path == f"{path}.rejected.jsonl"
    rows = [json.loads(line) for line in Path(result.rejected_path).read_text().splitlines()]
    assert [(r["line"], r["field"]) for r in rows] == [(2, "attempts[0].tire"), (4, None)]
    assert "did you mean tier?" in rows[0]["reason"]
    assert rows[1]["record"] == "{not json"
    assert stat.S_IMODE(os.stat(result.rejected_path).st_mode) == 0o600


def test_a_long_record_is_cut_in_the_rejects(file: Callable[..., str]) -> None:
    (result,) = ingest([file(lines("{" + "x" * 50_000))], Job(Recorder(), NOW, OLDEST))
    assert result.rejected_path is not None
    assert len(json.loads(Path(result.rejected_path).read_text())["record"]) == 10_000


def test_rejects_of_an_earlier_run_do_not_stay(file: Callable[..., str], tmp_path: Path) -> None:
    ingest([file(lines("{"))], Job(Recorder(), NOW, OLDEST))
    (result,) = ingest([file(lines(event(1)))], Job(Recorder(), NOW, OLDEST))
    assert result.rejected_path is None
    assert [p.name for p in tmp_path.iterdir()] == ["log.jsonl"]


def test_a_dry_run_counts_and_leaves_no_trace(file: Callable[..., str], tmp_path: Path) -> None:
    (result,) = ingest([file(lines(event(1), "{"))], Job(None, NOW, OLDEST))
    assert counters(result.receipt) == (2, 1, 0, 0, 1)
    assert [p.name for p in tmp_path.iterdir()] == ["log.jsonl"]


@pytest.mark.parametrize("name", ["log.jsonl.gz", "log"])
def test_gzip_is_recognised_whatever_the_name(file: Callable[..., str], name: str) -> None:
    (result,) = ingest([file(gzip.compress(lines(event(1))), name)], Job(Recorder(), NOW, OLDEST))
    assert counters(result.receipt) == (1, 1, 0, 0, 0)


def test_a_gzip_file_that_was_cut_off_gives_what_it_has_and_says_so(file: Callable[..., str]) -> None:
    whole = gzip.compress(os.urandom(0) + lines(*(event(n) for n in range(4000))))
    writer = Recorder()
    (result,) = ingest([file(whole[: len(whole) // 2], "log.gz")], Job(writer, NOW, OLDEST))
    assert result.receipt.accepted > 100
    assert result.failure is not None
    assert "cut off" in result.failure
    assert exit_code([result]) == 2


DAMAGED: dict[str, Callable[[bytes], bytes]] = {
    "without its end": lambda packed: packed[:-8],
    "cut off": lambda packed: packed[:-9],
    "with something after it": lambda packed: packed + b"\0\0garbage",
    "with a wrong checksum": lambda packed: packed[:-8] + b"\0" * 8,
    "before a second member that is cut off": lambda packed: packed + packed[:12],
}


@pytest.mark.parametrize("count", [5, 12_000])
@pytest.mark.parametrize("damage", DAMAGED)
def test_everything_before_the_damage_in_a_gzip_file_is_taken(
    file: Callable[..., str], damage: str, count: int
) -> None:
    packed = gzip.compress(lines(*(event(n) for n in range(count))))
    (result,) = ingest([file(DAMAGED[damage](packed), "log.gz")], Job(Recorder(), NOW, OLDEST))
    assert counters(result.receipt) == (count, count, 0, 0, 0)
    assert result.failure is not None
    assert f"damaged or cut off after line {count}" in result.failure
    assert exit_code([result]) == 2


def test_members_of_a_gzip_file_are_read_one_after_the_other(file: Callable[..., str]) -> None:
    data = lines(*(event(n) for n in range(9)))
    members = [gzip.compress(data[at : at + 100]) for at in range(0, len(data), 100)]
    path = file(b"\0\0".join([*members, b""]), "log.gz")
    (result,) = ingest([path], Job(Recorder(), NOW, OLDEST))
    assert (result.receipt.accepted, result.failure) == (9, None)


@settings(max_examples=60)
@given(at=st.integers(20, 5_000), value=st.integers(1, 255), size=st.sampled_from([1, 700, 100_000]))
def test_wherever_a_gzip_stream_is_damaged_all_that_zlib_can_tell_comes_before_the_error(
    at: int, value: int, size: int
) -> None:
    packed = bytearray(gzip.compress(WORDS))
    packed[at % len(packed)] ^= value
    stream, known, got = Unpacked(io.BufferedReader(io.BytesIO(packed))), bytearray(), bytearray()
    member = zlib.decompressobj(31)
    with suppress(zlib.error):
        for byte in packed:
            known += member.decompress(bytes([byte]))
    with suppress(zlib.error, EOFError):
        while part := stream.read(size):
            got += part
    assert got == known


def test_records_are_written_in_batches_of_5000(file: Callable[..., str]) -> None:
    writer = Recorder()
    ingest([file(lines(*(event(n) for n in range(12_001))))], Job(writer, NOW, OLDEST))
    assert [len(b.events) for b in writer.batches] == [5000, 5000, 2001]


def test_progress_counts_bytes_over_all_files(file: Callable[..., str]) -> None:
    first, second = file(lines(event(1)), "a.jsonl"), file(lines(event(2)), "b.jsonl")
    seen: list[tuple[int, int | None]] = []
    ingest([first, second], Job(Recorder(), NOW, OLDEST), lambda read, total: seen.append((read, total)))
    size = os.path.getsize(first)
    assert seen == [(size, 2 * size), (2 * size, 2 * size)]


def test_a_busy_store_is_asked_again(file: Callable[..., str]) -> None:
    (result,) = ingest([file(lines(event(1)))], Job(Recorder(busy=3), NOW, OLDEST))
    assert counters(result.receipt) == (1, 1, 0, 0, 0)


def test_a_missing_file_fails_alone(file: Callable[..., str], tmp_path: Path) -> None:
    missing = str(tmp_path / "no.jsonl")
    results = ingest([missing, file(lines(event(1)))], Job(Recorder(), NOW, OLDEST))
    assert results[0].failure == f"{missing}: No such file or directory"
    assert counters(results[1].receipt) == (1, 1, 0, 0, 0)
    assert exit_code(results) == 2


@pytest.mark.parametrize("data", [b"", b"\n\n"])
def test_an_empty_file_is_said_to_be_empty(file: Callable[..., str], data: bytes) -> None:
    (result,) = ingest([file(data)], Job(Recorder(), NOW, OLDEST))
    assert (result.receipt.received, result.notices) == (0, ["the file holds no records"])


@pytest.mark.parametrize(
    ("data", "name", "told"),
    [
        (b"\xef\xbb\xbf" + lines(event(1)), "log.txt", "events"),
        (b"\n\n" + lines(event(1)), "log", "events"),
        (b'{"kind": "single_call"}\n', "log.jsonl", "cascadeflow"),
        (b"id,time,cascade,attempts.0.tier\n", "log.txt", "csv"),
        (b"request;tier\n", "log.csv", None),
    ],
)
def test_the_format_is_told_from_the_first_line(
    file: Callable[..., str], data: bytes, name: str, told: str | None
) -> None:
    (result,) = ingest([file(data, name)], Job(None, NOW, OLDEST))
    assert result.format == (told or "csv")


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"[{}]", "jq -c '.[]'"), (b"hello", "say --format events|csv|cascadeflow")],
)
def test_a_file_of_no_known_format_says_what_to_do(file: Callable[..., str], data: bytes, said: str) -> None:
    (result,) = ingest([file(data, "log.txt")], Job(None, NOW, OLDEST))
    assert result.failure is not None
    assert said in result.failure


def test_an_unknown_format_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'csv'"):
        ingest([], Job(None, NOW, OLDEST, format="cvs"))


def test_totals_add_up_and_errors_name_their_file(file: Callable[..., str]) -> None:
    paths = [file(lines(event(1), "{"), "a.jsonl"), file(lines(event(2)), "b.jsonl")]
    told = totals(ingest(paths, Job(Recorder(), NOW, OLDEST)))
    assert {k: told[k] for k in ("received", "accepted", "duplicate", "conflict", "rejected")} == {
        "received": 3, "accepted": 2, "duplicate": 0, "conflict": 0, "rejected": 1,
    }  # fmt: skip
    assert [(e["file"], e["line"]) for e in told["errors"]] == [(paths[0], 2)]
    assert [f["received"] for f in told["files"]] == [2, 1]
    json.dumps(told, allow_nan=False)


def test_standard_input_is_read_and_its_rejects_are_kept_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(lines(event(1), "{")))))
    (result,) = ingest(["-"], Job(Recorder(), NOW, OLDEST))
    assert counters(result.receipt) == (2, 1, 0, 0, 1)
    assert [p.name for p in tmp_path.iterdir()] == ["stdin.rejected.jsonl"]


WORDS = b" ".join(b"%d" % (n * n * 7919) for n in range(2_000))
TABLE = b"id,time,cascade,attempts.0.tier,text.prompt\n"


def row(number: int, prompt: bytes = b"") -> bytes:
    return b"e%d,2026-11-20T12:00:00Z,support,small,%s\n" % (number, prompt)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("before", "long", "after"),
    [
        (lines(event(1)), b'{"id": "' + b"x" * (MAX_LINE + 100_000), lines(event(3))),
        (lines(event(1)), b" " * MAX_LINE, lines(event(3))),
        (b"", b'{"id": "' + b"x" * MAX_LINE, lines(event(1), event(2))),
        (TABLE, b"," * (MAX_LINE + 5), row(3) + row(4)),
        (TABLE + row(2, b'"open'), b"x" * (MAX_LINE + 5), row(4) + row(5)),
    ],
    ids=["JSON", "blanks", "the first", "CSV", "CSV after an open quote"],
)
def test_a_line_longer_than_any_event_is_refused_and_the_next_one_read(
    file: Callable[..., str], before: bytes, long: bytes, after: bytes, packed: bool
) -> None:
    data = b"".join((before, long, b"\n", after))
    path = file(gzip.compress(data, 1) if packed else data, "log")
    (result,) = ingest([path], Job(Recorder(), NOW, OLDEST))
    assert (result.receipt.accepted, result.failure) == (2, None)
    refused = result.receipt.errors[-1]
    assert (refused.index, refused.reason) == (before.count(b"\n") + 1, TOO_LONG)
    assert exit_code([result]) == 1


def test_a_line_without_end_takes_no_memory(file: Callable[..., str]) -> None:
    path = file(gzip.compress(b"x" * 8 * MAX_LINE, 1) + gzip.compress(b"\n" + lines(event(2))))
    tracemalloc.start()
    (result,) = ingest([path], Job(Recorder(), NOW, OLDEST, format="events"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert counters(result.receipt) == (2, 1, 0, 0, 1)
    assert peak < 4 * MAX_LINE


def test_every_format_is_documented() -> None:
    doc = (Path(__file__).parents[2] / "docs" / "ingest-files.md").read_text()
    assert [name for name in FORMATS if f"### `{name}`" not in doc] == []
