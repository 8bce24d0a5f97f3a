"""Somebody reads the SQLite file for long: writing goes on as fast, and the WAL stays within bounds."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.processes import Senders, Start, p99, settings_file, starting, wait_for, whole
from tests.soaking import Record, note

MIB = 2**20
SIZE = 100


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with starting(tmp_path) as begin:
        yield begin


def wal(url: str) -> int:
    return Path(url.removeprefix("sqlite:///") + "-wal").stat().st_size


def among_reading(start: Start, folder: Path, url: str, seconds: float) -> dict[str, float]:
    """Writes alone, and beside a reader that keeps one transaction open all the while."""
    settings_file(folder, url)
    process, path = start("serve"), url.removeprefix("sqlite:///")
    alone = Senders(process.url, SIZE).start("ab", run="alone", pause=0.2)
    time.sleep(min(seconds, 20))
    alone.end()
    reader = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    reader.execute("BEGIN")
    before = reader.execute("SELECT count(*) FROM events").fetchone()
    beside = Senders(process.url, SIZE).start("ab", run="beside", pause=0.2)
    time.sleep(seconds)
    assert reader.execute("SELECT count(*) FROM events").fetchone() == before
    beside.end()
    longest = wal(url)
    reader.close()
    after = Senders(process.url, SIZE).start("ab", run="after")
    wait_for(lambda: wal(url) <= 65 * MIB)
    after.end()
    assert process.end() == 0
    whole(url, alone, beside, after)
    sent = [s.seconds(200) for s in (alone, beside)]
    assert {code for s in (alone, beside, after) for code, _ in s.answers} == {200}
    each = longest / 1024 / (len(sent[1]) * SIZE)
    return {"wal": longest / MIB, "alone": p99(sent[0]), "beside": p99(sent[1]), "KiB each": each}


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_reader_of_seconds(start: Start, tmp_path: Path, store_url: str) -> None:
    seen = among_reading(start, tmp_path, store_url, 2)
    assert seen["wal"] < 64


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_reader_of_a_minute(start: Start, tmp_path: Path, store_url: str, record_property: Record) -> None:
    seen = among_reading(start, tmp_path, store_url, 60)
    note(record_property, seen)
    assert seen["KiB each"] < 16, "of write-ahead log an event, in requests of a hundred"
    assert seen["beside"] < max(2 * seen["alone"], 2), "who is held up waits for five seconds"
