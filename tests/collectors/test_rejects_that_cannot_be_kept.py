"""Where FILE.rejected.jsonl cannot be written, the file is stored, counted and explained all the same."""

import io
import json
import os
from pathlib import Path

import pytest

from cascadewatch.store.receipt import Batch, Receipt
from collectors import files
from collectors.files import FileReceipt, Job, exit_code, ingest

NOW = 1_795_262_400_000  # 2026-11-21T12:00:00Z
OLDEST = NOW - 400 * 86_400_000
COUNT = 35


class Stored:
    """Takes what a writer would, in memory."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def write(self, batches: list[Batch]) -> list[Receipt]:
        (batch,) = batches
        self.ids += [event.id for _, event in batch.events]
        n, refused = len(batch.events), list(batch.rejections)
        return [Receipt(n + len(refused), n, 0, 0, len(refused), refused)]


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BATCH", 10)


def lines(*bad: int) -> str:
    """35 lines, those with these numbers no events."""
    sent = {"time": "2026-11-20T12:00:00Z", "cascade": "support", "attempts": [{"tier": "small"}]}
    good = [json.dumps({"id": f"e{n}", **sent}) for n in range(1, COUNT + 1)]
    return "".join(("bad" if n in bad else line) + "\n" for n, line in enumerate(good, 1))


def stored(path: Path, *bad: int) -> tuple[FileReceipt, Stored]:
    path.write_text(lines(*bad))
    writer = Stored()
    (result,) = ingest([str(path)], Job(writer, NOW, OLDEST))
    return result, writer


def counted(result: FileReceipt, writer: Stored, bad: int) -> None:
    receipt = result.receipt
    assert (receipt.received, receipt.accepted, receipt.rejected) == (COUNT, COUNT - bad, bad)
    assert len(writer.ids) == COUNT - bad
    assert (result.failure, result.rejected_path, exit_code([result])) == (None, None, 1)


@pytest.mark.parametrize("bad", [(2,), (COUNT,), (2, 3, 12, 31)])
def test_all_is_stored_and_counted_and_the_way_out_is_said_once(tmp_path: Path, bad: tuple[int, ...]) -> None:
    path = tmp_path / "log.jsonl"
    (tmp_path / "log.jsonl.rejected.jsonl").mkdir()
    result, writer = stored(path, *bad)
    counted(result, writer, len(bad))
    assert [error.index for error in result.receipt.errors] == list(bad)
    (notice,) = result.notices
    assert f"cannot be kept in {path}.rejected.jsonl (Is a directory); the reasons are among" in notice
    assert notice.endswith(f"cascadewatch ingest - < {path}")


def test_what_is_refused_in_a_folder_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: Path, *_: object) -> int:
        raise PermissionError(13, "Permission denied", str(name))

    monkeypatch.setattr(os, "open", refuse)
    result, writer = stored(tmp_path / "log.jsonl", 2)
    counted(result, writer, 1)
    assert "(Permission denied)" in result.notices[0]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_disk_that_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open
    monkeypatch.setattr(os, "open", lambda *_: real("/dev/full", os.O_WRONLY))
    result, writer = stored(tmp_path / "log.jsonl", 2, 31)
    counted(result, writer, 2)
    (notice,) = result.notices
    assert "(No space left on device)" in notice


def test_rejects_of_an_earlier_run_that_cannot_be_removed_are_named(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl.rejected.jsonl").mkdir()
    result, writer = stored(tmp_path / "log.jsonl")
    assert (len(writer.ids), result.failure, exit_code([result])) == (COUNT, None, 0)
    assert "is of an earlier run and cannot be removed" in result.notices[0]


def test_standard_input_is_sent_on_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stdin.rejected.jsonl").mkdir()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(lines(2).encode()))))
    writer = Stored()
    (result,) = ingest(["-"], Job(writer, NOW, OLDEST))
    counted(result, writer, 1)
    assert result.notices[0].endswith("in a folder you can write to: cascadewatch ingest -")
