"""A large file is decoded by a second process: what comes of it is as if there were none."""

import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from cascadewatch.pricing import PriceBook
from cascadewatch.settings import load
from cascadewatch.store.engine import Store
from cascadewatch.store.opening import open_store
from cascadewatch.store.receipt import Batch, Receipt
from cascadewatch.store.writes import Writer
from collectors import ahead, files
from collectors.files import Job, exit_code, ingest
from collectors.reading import MAX_LINE, TOO_LONG

NOW = 1_795_262_400_000  # 2026-11-21T12:00:00Z
OLDEST = NOW - 400 * 86_400_000
ROOT = Path(__file__).parents[2]
PORTION = 10


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any file is large, and portions are few records."""
    monkeypatch.setattr(files, "BATCH", PORTION)
    monkeypatch.setattr(ahead, "LARGE", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> "list[subprocess.Popen[bytes]]":
    """The second processes that were started."""
    seen: list[subprocess.Popen[bytes]] = []
    start = ahead._process

    def noted(file: int) -> "subprocess.Popen[bytes]":
        seen.append(start(file))
        return seen[-1]

    monkeypatch.setattr(ahead, "_process", noted)
    return seen


def event(number: int, **changes: Any) -> bytes:
    plain = {
        "id": f"e{number}",
        "time": "2026-11-20T12:00:00Z",
        "cascade": "support",
        "attempts": [{"tier": "small", "verdict": {"outcome": "accept"}}, {"tier": "large"}],
    }
    return json.dumps(plain | changes).encode() + b"\n"


def mixed() -> bytes:
    """Everything that can stand in a line, most of it after the first portion."""
    plain = [event(n) for n in range(25)]
    attempts = [{"tier": "small", "usage": {"input": 1}, "cost_usd": 0.25, "latency_ms": 12}]
    odd = [
        b"\n",
        event(3),  # a duplicate of the first portion
        event(21),  # and of a later one
        event(4, route="other"),  # a conflict with the first
        event(22, route="other"),
        b"{not json\n",
        event(30, attempts=[{"tire": "x"}]),
        b"   \n",
        event(31, time="2026-11-20T23:00:00.5+05:30", attempts=attempts),
        event(32, route="r" * 300),  # cut
        b"\xef\xbb\xbf" + event(33),
        event(34, tags={"nul": "a\x00b"}),
        event(35, labels=[{"attempt": 0, "correct": True, "source": "human", "sampling": "random"}]),
        event(
            36,
            labels=[{"attempt": 0, "correct": False, "source": "user", "time": "0001-01-01T00:00:00+09:00"}],
        ),
        event(5, labels=[{"attempt": 0, "correct": True, "source": "human"}]),  # on a duplicate
        event(37, text={"prompt": "why \ud83d\ude00?", "answers": ["so"]}),
        event(38, attempts=[{"tier": "small", "verdict": {"outcome": "accept", "score": -0.0}}]),
        event(39, time="1999-01-01T00:00:00Z"),
        b'{"id": "\xff"}\n',
        event(70, route=None, labels=None),
        event(71, caller=None),
        b'{"id": "' + b"x" * MAX_LINE + b'"}\n',
    ]
    return b"".join([*plain, *odd, *(event(n) for n in range(40, 61))]).removesuffix(b"\n")


def stored(folder: Path, data: bytes) -> tuple[dict[str, Any], dict[str, list[tuple[Any, ...]]], str]:
    """What ingest says of a file, all that is in the database after it, and what was put aside."""
    folder.mkdir()
    log, config = folder / "log.jsonl", folder / "cascadewatch.toml"
    log.write_bytes(data)
    config.write_text('caller_ids = "plain"\n[cascade.support]\nstore_text = true\n')
    settings = load(config, env={}, database_url=f"sqlite:///{folder / 'x.db'}")
    store = open_store(settings, NOW)
    writer = Writer(store, settings, PriceBook(bundled=False), lambda: NOW)
    (result,) = ingest([str(log)], Job(writer, NOW, OLDEST))
    held = everything(store)
    writer.close()
    store.close()
    rejects = Path(f"{log}.rejected.jsonl")
    told = result.as_dict() | {"file": None, "rejected_path": result.rejected_path is not None}
    return told, held, rejects.read_text() if rejects.exists() else ""


def everything(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    with store.reading() as connection:
        names = (
            connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        )
        rows = {n: map(tuple, connection.exec_driver_sql(f'SELECT * FROM "{n}"')) for n in names}
        return {  # every installation has a name of its own
            n: sorted((row for row in found if row[0] != "installation"), key=repr)
            for n, found in rows.items()
        }


def test_everything_is_as_without_a_second_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: "list[subprocess.Popen[bytes]]"
) -> None:
    beside = stored(tmp_path / "beside", mixed())
    assert len(begun) == 1
    monkeypatch.setattr(ahead, "LARGE", 2 * MAX_LINE)
    alone = stored(tmp_path / "alone", mixed())
    assert len(begun) == 1
    assert beside == alone
    counters = {k: alone[0][k] for k in ("received", "accepted", "duplicate", "conflict", "rejected")}
    assert counters == {"received": 66, "accepted": 55, "duplicate": 3, "conflict": 2, "rejected": 6}
    assert alone[0]["failure"] is None
    assert [json.loads(line)["line"] for line in alone[2].splitlines()] == [29, 30, 31, 32, 39, 43, 44, 47]
    assert len(alone[1]["texts"]) == 1
    assert len(alone[1]["labels"]) == 2


class Recorder:
    """Takes what a writer would, in memory; `before` is called with the number of each batch."""

    def __init__(self, before: Callable[[int], None] = lambda _: None) -> None:
        self.batches: list[Batch] = []
        self.before = before

    def write(self, batches: list[Batch]) -> list[Receipt]:
        self.before(len(self.batches))
        self.batches += batches
        (batch,) = batches
        n = len(batch.events)
        return [Receipt(n + len(batch.rejections), n, 0, 0, len(batch.rejections), list(batch.rejections))]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"".join(event(n) for n in range(95)))
    return path


def ids(batches: list[Batch]) -> list[str]:
    return [e.id for b in batches for _, e in b.events]


@pytest.mark.parametrize("count", [9, 10, 11, 20, 95])
def test_no_record_is_lost_or_doubled_where_portions_end(tmp_path: Path, count: int) -> None:
    log = tmp_path / "log.jsonl"
    log.write_bytes(b"".join(event(n) for n in range(count)))
    writer = Recorder()
    (result,) = ingest([str(log)], Job(writer, NOW, OLDEST))
    assert ids(writer.batches) == [f"e{n}" for n in range(count)]
    assert [line for b in writer.batches for line, _ in b.events] == list(range(1, count + 1))
    assert (result.failure, result.receipt.accepted) == (None, count)


def test_progress_is_that_of_the_file(log: Path) -> None:
    seen: list[int] = []
    ingest([str(log)], Job(Recorder(), NOW, OLDEST), lambda read, _total: seen.append(read))
    assert len(seen) == 10
    assert seen == sorted(set(seen))
    assert seen[-1] == log.stat().st_size


def test_a_second_process_that_dies_is_said_and_the_file_can_be_sent_again(
    log: Path, begun: "list[subprocess.Popen[bytes]]"
) -> None:
    def kill(number: int) -> None:
        if number == 3:
            begun[0].kill()
            begun[0].wait()

    log.write_bytes(b"".join(event(n, tags={"pad": "x" * 100}) for n in range(5000)))
    writer = Recorder(kill)
    (result,) = ingest([str(log)], Job(writer, NOW, OLDEST))
    assert result.failure is not None
    told = len(ids(writer.batches))
    assert f"ended (-9) after line {told}; " in result.failure
    assert 40 <= told < 5000
    assert ids(writer.batches) == [f"e{n}" for n in range(told)]
    assert exit_code([result]) == 2


@pytest.mark.parametrize("broken", ["raise SystemExit(3)", "import no_such_module"])
def test_a_second_process_that_cannot_start_is_said(
    log: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, broken: str
) -> None:
    (tmp_path / "collectors").mkdir()
    (tmp_path / "collectors" / "__init__.py").write_text("")
    (tmp_path / "collectors" / "ahead.py").write_text(broken)
    monkeypatch.setattr(ahead, "HOME", tmp_path)
    (result,) = ingest([str(log)], Job(Recorder(), NOW, OLDEST))
    assert result.failure is not None
    assert "after line 10;" in result.failure
    assert result.receipt.accepted == 10


def test_where_no_process_can_be_had_the_file_is_read_by_this_one(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    (result,) = ingest([str(log)], Job(Recorder(), NOW, OLDEST))
    assert (result.failure, result.receipt.accepted) == (None, 95)


def test_an_error_of_the_store_leaves_no_process_behind(
    log: Path, begun: "list[subprocess.Popen[bytes]]"
) -> None:
    def fail(number: int) -> None:
        if number == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest([str(log)], Job(Recorder(fail), NOW, OLDEST))
    assert begun[0].poll() is not None


def test_a_line_longer_than_any_event_is_named_by_its_number_in_the_file(log: Path) -> None:
    with log.open("ab") as file:
        file.write(b'{"id": "' + b"x" * MAX_LINE + b"\n" + event(96))
    (result,) = ingest([str(log)], Job(Recorder(), NOW, OLDEST))
    assert (result.receipt.accepted, result.failure) == (96, None)
    (error,) = result.receipt.errors
    assert (error.index, error.reason) == (96, TOO_LONG)


@pytest.mark.parametrize("kind", ["gzip", "csv", "dry run", "small", "one core"])
def test_other_files_need_no_second_process(
    kind: str, log: Path, monkeypatch: pytest.MonkeyPatch, begun: "list[subprocess.Popen[bytes]]"
) -> None:
    if kind == "gzip":
        log.write_bytes(gzip.compress(log.read_bytes()))
    if kind == "csv":
        rows = [f"e{n},2026-11-20T12:00:00Z,support,small\n" for n in range(95)]
        log.write_text("id,time,cascade,attempts.0.tier\n" + "".join(rows))
    if kind == "small":
        monkeypatch.setattr(ahead, "LARGE", log.stat().st_size + 1)
    if kind == "one core":
        monkeypatch.setattr(os, "cpu_count", lambda: 1)
    (result,) = ingest([str(log)], Job(None if kind == "dry run" else Recorder(), NOW, OLDEST))
    assert result.receipt.accepted == 95
    assert begun == []


def test_nothing_of_the_current_folder_is_imported(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("msgspec.py", "collectors.py", "gzip.py"):
        (tmp_path / name).write_text("raise SystemExit('a stranger')")
    monkeypatch.chdir(tmp_path)
    (result,) = ingest([str(log)], Job(Recorder(), NOW, OLDEST))
    assert (result.failure, result.receipt.accepted) == (None, 95)


NOTING = """
import signal

from collectors import ahead

signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by what a shell began in the background

def noted(file, start=ahead._process):
    process = start(file)
    print("begun", flush=True)
    return process

ahead._process = noted
from cascadewatch.cli import main

main()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_second_process_ends_with_the_first(tmp_path: Path, how: signal.Signals) -> None:
    log = tmp_path / "log.jsonl"
    log.write_bytes(b"".join(event(n, tags={"pad": "x" * 100}) for n in range(100_000)))
    arguments = ["ingest", str(log), "--db", f"sqlite:///{tmp_path / 'x.db'}"]
    with subprocess.Popen(
        [sys.executable, "-c", NOTING, *arguments],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as first:
        assert first.stdout is not None
        assert first.stderr is not None
        assert first.stdout.readline() == b"begun\n"
        first.send_signal(how)
        said = first.stderr.read()  # ends when nobody holds it any more: both are gone
        assert first.wait() not in (0, None)
    assert b"collectors.ahead" not in said
