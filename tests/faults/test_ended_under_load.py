"""SIGTERM under load, round after round: it ends within ten seconds, with 0, and nothing is lost."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.processes import Senders, Start, settings_file, starting, wait_for, whole
from tests.soaking import Record, note


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with starting(tmp_path) as begin:
        yield begin


def rounds(start: Start, folder: Path, url: str, number: int, command: str) -> float:
    """The longest that an end took."""
    settings_file(folder, url)
    chance, all_of_them, longest = random.Random(number), [], 0.0
    for run in range(number):
        process = start(command)
        senders = Senders(process.url).start("abcdef", run=f"r{run}")
        all_of_them.append(senders)
        wait_for(lambda senders=senders: len(senders.acknowledged) > 20)  # type: ignore[misc]
        time.sleep(chance.uniform(0, 0.3))
        began = time.monotonic()
        assert process.end() == 0
        longest = max(longest, time.monotonic() - began)
        senders.end()
        assert process.tracebacks() == []
    whole(url, *all_of_them)
    return longest


@pytest.mark.parametrize("store_url", ["postgres"], indirect=True)
def test_two_rounds(start: Start, tmp_path: Path, store_url: str) -> None:
    """On SQLite tests/test_processes.py does."""
    assert rounds(start, tmp_path, store_url, 2, "serve") < 10


@pytest.mark.soak
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("command", ["serve", "up"])
def test_twenty_rounds(
    start: Start, tmp_path: Path, store_url: str, command: str, record_property: Record
) -> None:
    longest = rounds(start, tmp_path, store_url, 20, command)
    note(record_property, {"longest": longest})
    assert longest < 10
