"""Another program holds the SQLite file, or a table of Postgres: senders are told to come again within the
busy timeout, reading goes on, and all is well as soon as it lets go."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import NullPool, create_engine, text

from cascadewatch.store.engine import BUSY_SECONDS
from tests.faults.processes import Senders, Start, send_again, settings_file, starting, wait_for, whole
from tests.soaking import Record, note


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with starting(tmp_path) as begin:
        yield begin


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Held by a program that knows nothing of our own locks."""
    if not url.startswith("sqlite"):
        with create_engine(url, poolclass=NullPool).begin() as connection:
            connection.execute(text("LOCK TABLE events IN EXCLUSIVE MODE"))
            yield
        return
    path = url.removeprefix("sqlite:///")
    other = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.close()


def read_on(url: str, ended: threading.Event, seen: list[tuple[int, float]]) -> None:
    """Asks what the pages ask, again and again."""
    with httpx.Client(base_url=url, timeout=60) as client:
        while not ended.wait(0.3):
            began = time.monotonic()
            answer = client.get("/v1/metrics", params={"since": "7d", "cascade": "load"})
            seen.append((answer.status_code, time.monotonic() - began))


def hold(start: Start, folder: Path, url: str, seconds: float, command: str) -> dict[str, float]:
    """Figures of a lock that was held so long, once everything that has to hold is sure."""
    settings_file(folder, url)
    process = start(command)
    senders = Senders(process.url).start("abcdef", pause=0.2)
    wait_for(lambda: len(senders.acknowledged) > 10)
    reads: list[tuple[int, float]] = []
    ended = threading.Event()
    reader = threading.Thread(target=read_on, args=(process.url, ended, reads))
    with locked(url):
        reader.start()
        time.sleep(seconds)
        acknowledged = len(senders.acknowledged)
        ended.set()
        reader.join()
    free = time.monotonic()
    wait_for(lambda: len(senders.acknowledged) > acknowledged)
    recovered = time.monotonic() - free
    senders.end()
    refused = senders.seconds(503)
    send_again(process.url, senders.unknown, senders.size)
    assert process.end() == 0
    assert process.tracebacks() == []
    assert {code for code, _ in senders.answers} == {200, 503}
    assert {code for code, _ in reads} == {200}
    whole(url, senders)
    return {"refused": len(refused), "longest": refused[-1], "recovered": recovered,
            "read": max(took for _, took in reads)}  # fmt: skip


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_short_lock(start: Start, tmp_path: Path, store_url: str) -> None:
    seen = hold(start, tmp_path, store_url, BUSY_SECONDS + 1.5, "serve")
    assert seen["refused"] >= 6
    assert seen["longest"] < 3 * BUSY_SECONDS
    assert seen["read"] < BUSY_SECONDS
    assert seen["recovered"] < BUSY_SECONDS


@pytest.mark.soak
def test_half_a_minute(start: Start, tmp_path: Path, store_url: str, record_property: Record) -> None:
    seen = hold(start, tmp_path, store_url, 30, "up")
    note(record_property, seen)
    assert seen["longest"] < 2 * BUSY_SECONDS
    assert seen["read"] < BUSY_SECONDS
    assert seen["recovered"] < BUSY_SECONDS
