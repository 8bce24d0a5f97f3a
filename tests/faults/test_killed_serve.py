"""kill -9 of a real server under load, at random and at named points: what was acknowledged stays, once."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from sqlalchemy import event as sqlalchemy_event

from cascadewatch.pricing import PriceBook
from cascadewatch.settings import Settings
from cascadewatch.store.engine import Store
from cascadewatch.store.opening import open_store
from cascadewatch.store.receipt import Batch
from cascadewatch.store.writes import Writer
from tests.faults.processes import Senders, Start, send_again, settings_file, starting, whole
from tests.forking import CONTEXT
from tests.model.events import NOON
from tests.soaking import Record, note
from tests.store.ingesting import batch
from tests.store.opened import PRICES, Opened, settings_for

READY_S = 30  # three seconds by our own promise; here many tests share the machine
SIZE = 20


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with starting(tmp_path) as begin:
        yield begin


def survive(start: Start, folder: Path, url: str, kills: int, seed: int) -> dict[str, float]:
    """Kills a serving process again and again while six senders send, then sends all of it once more."""
    settings_file(folder, url)
    chance, ready = random.Random(seed), []
    all_of_them: list[Senders] = []
    for number in range(kills):
        began = time.monotonic()
        process = start("serve")
        ready.append(time.monotonic() - began)
        assert ready[-1] < READY_S
        senders = Senders(process.url, SIZE).start("abcdef", run=f"k{number}")
        wait_for_one(senders)
        time.sleep(chance.uniform(0.06, 0.21))
        process.kill()
        senders.end()
        all_of_them.append(senders)
        whole(url, *all_of_them)
    process = start("serve")
    names = [name for s in all_of_them for name in (*s.acknowledged, *s.unknown)]
    acknowledged = sum(len(s.acknowledged) for s in all_of_them)
    accepted, duplicate = send_again(process.url, names, SIZE)
    assert accepted + duplicate == len(names) * SIZE
    assert duplicate >= acknowledged * SIZE
    assert process.end() == 0
    for senders in all_of_them:
        senders.acknowledged, senders.unknown = [*senders.acknowledged, *senders.unknown], []
    whole(url, *all_of_them)
    return {"acknowledged": acknowledged * SIZE, "ready": median(ready), "at most": max(ready)}


def wait_for_one(senders: Senders) -> None:
    while not senders.acknowledged:
        time.sleep(0.002)


def test_a_kill_or_two_under_load(start: Start, tmp_path: Path, store_url: str) -> None:
    survive(start, tmp_path, store_url, kills=2 if store_url.startswith("sqlite") else 1, seed=1)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_two_hundred_kills_under_load(
    start: Start, tmp_path: Path, store_url: str, record_property: Record
) -> None:
    note(record_property, survive(start, tmp_path, store_url, kills=200, seed=2))


# --- Named points, in a process that does what the writer of a server does


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_before(words: str, *arguments: Any) -> None:
    if words in arguments[2]:
        die()


def die_after_some(left: list[int], *_: object) -> None:
    left[0] -= 1
    if not left[0]:
        die()


def before_the_transaction(store: Store, writer: Writer) -> None:
    sqlalchemy_event.listen(store.engine, "begin", die)


def between_two_statements(store: Store, writer: Writer) -> None:
    sqlalchemy_event.listen(store.engine, "before_cursor_execute", partial(die_after_some, [4]))


def before_the_sums(store: Store, writer: Writer) -> None:
    sqlalchemy_event.listen(store.engine, "before_cursor_execute", partial(die_before, "rollup_"))


def before_the_counters(store: Store, writer: Writer) -> None:
    sqlalchemy_event.listen(store.engine, "before_cursor_execute", partial(die_before, "ingest_counters"))


def before_the_commit(store: Store, writer: Writer) -> None:
    sqlalchemy_event.listen(store.engine, "commit", die)


def after_the_commit_before_the_answer(store: Store, writer: Writer) -> None:
    before = writer.write

    def write(work: Any) -> Any:
        before(work)
        die()

    writer.write = write  # type: ignore[method-assign]


POINTS: list[Callable[[Store, Writer], None]] = [
    before_the_transaction,
    between_two_statements,
    before_the_sums,
    before_the_counters,
    before_the_commit,
    after_the_commit_before_the_answer,
]


def ingest_until(url: str, number: int, point: Callable[[Store, Writer], None], said: Connection) -> None:
    """Stores one batch, says so, and dies at the point while it stores the next."""
    settings = Settings(database_url=url, price=PRICES, caller_ids="plain")
    store = open_store(settings, NOON)
    writer = Writer(store, settings, PriceBook(PRICES, bundled=False), lambda: NOON)
    for which in (number, number + 1):
        writer.submit(Batch("local", list(enumerate(batch(which))), [], NOON)).result(30)
        said.send(which)
        point(store, writer)


def killed_at(url: str, number: int, point: Callable[[Store, Writer], None]) -> list[int]:
    ours, theirs = CONTEXT.Pipe(duplex=False)
    child = CONTEXT.Process(target=ingest_until, args=(url, number, point, theirs))
    child.start()
    theirs.close()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    heard = []
    try:
        while ours.poll():
            heard.append(ours.recv())
    except EOFError:
        pass
    ours.close()
    return heard


def killed_at_each_point(url: str, now: int, times: int) -> None:
    for number in range(times * len(POINTS)):
        point = POINTS[number % len(POINTS)]
        assert killed_at(url, 2 * number, point) == [2 * number]
        opened = Opened(settings_for(url), now)
        assert opened.broken() == {}
        again = opened.send(*batch(2 * number), *batch(2 * number + 1))
        stored = point is after_the_commit_before_the_answer
        assert (again.duplicate, again.conflict) == (10 if stored else 5, 0)
        assert opened.broken() == {}
        opened.close()


def test_a_kill_at_each_named_point(store_url: str, now: int) -> None:
    killed_at_each_point(store_url, now, times=1)


@pytest.mark.soak
@pytest.mark.timeout(1_200)
def test_ten_kills_at_each_named_point(store_url: str, now: int) -> None:
    killed_at_each_point(store_url, now, times=10)
