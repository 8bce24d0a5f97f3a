"""Fills a store in this process: through the real decoder and the real writer."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import psutil
from databases import Database
from events import bodies
from history import History, Part, Shape

from cascadewatch.cli import opening
from cascadewatch.settings import Settings
from cascadewatch.store.engine import Store
from cascadewatch.store.opening import open_store
from cascadewatch.store.receipt import Batch
from collectors.decode import decode_events

TOGETHER = 2000
MIB = 2**20


class Step(NamedTuple):
    """One body taken in: how many events there were before and with it, the seconds it took by the clock and
    of CPU time (on a local Postgres that of the backend too), and the memory held then."""

    before: int
    after: int
    seconds: float
    cpu: float
    rss_mib: float


def clock() -> int:
    """The present in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def settings_of(database: Database) -> Settings:
    """The defaults, with callers stored as they came."""
    return Settings(database_url=database.url, caller_ids="plain")


@contextmanager
def opened(database: Database) -> Iterator[Store]:
    """The store of a database, its schema made where it is missing."""
    store = open_store(settings_of(database), clock())
    try:
        yield store
    finally:
        store.close()


@contextmanager
def writing(database: Database, store: Store) -> Iterator[Callable[[bytes], None]]:
    """What to give bodies to: each is decoded and stored in a transaction of its own, as a server does it."""
    with opening.writing(settings_of(database), store) as writer:

        def take(body: bytes) -> None:
            events, rejections = decode_events(body, ndjson=False, now=clock(), oldest=0)
            (receipt,) = writer.write([Batch("local", events, rejections, clock())])
            if receipt.accepted != receipt.received:
                raise AssertionError(f"not all was accepted: {receipt}")

        yield take


def fill(database: Database, store: Store, count: int, seed: int = 1) -> None:
    """Adds `count` events, the last one now."""
    with writing(database, store) as take:
        for body in bodies(count, TOGETHER, seed):
            take(body)


def load(
    database: Database, store: Store, history: History, shapes: list[Shape], told: Callable[[Part], object]
) -> Iterator[Step]:
    """Adds a history, body by body. What `told`, and what making events takes, is not in the seconds."""
    memory, held = psutil.Process(), 0
    backend = backend_of(store)
    with writing(database, store) as take:
        for part in history.parts(shapes):
            wall, cpu = time.perf_counter(), time.process_time() + cpu_seconds(backend)
            take(part.body)
            wall, cpu = time.perf_counter() - wall, time.process_time() + cpu_seconds(backend) - cpu
            told(part)
            yield Step(held, held + len(part.times), wall, cpu, memory.memory_info().rss / MIB)
            held += len(part.times)


def backend_of(store: Store) -> psutil.Process | None:
    """The process of a local Postgres that does the writer's work."""
    if store.path is not None or store.url.host not in (None, "", "localhost", "127.0.0.1"):
        return None
    with store.engine.connect() as connection:
        pid = int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
    return psutil.Process(pid) if os.path.exists(f"/proc/{pid}") else None


def cpu_seconds(process: psutil.Process | None) -> float:
    """CPU time of a process so far; 0 of none."""
    if process is None:
        return 0.0
    times = process.cpu_times()
    return float(times.user + times.system)
