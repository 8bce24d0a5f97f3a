"""Fills a store in this process: through the real decoder and the real writer."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from databases import Database
from events import bodies

from cascadewatch.pricing import PriceBook
from cascadewatch.settings import Settings
from cascadewatch.store.engine import Store, open_store
from cascadewatch.store.receipt import Batch
from cascadewatch.store.writes import Writer
from collectors.decode import decode_events

TOGETHER = 2000


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


def fill(database: Database, store: Store, count: int, seed: int = 1) -> None:
    """Adds `count` events, the last one now."""
    writer = Writer(store, settings_of(database), PriceBook(), clock)
    try:
        for body in bodies(count, TOGETHER, seed):
            events, rejections = decode_events(body, ndjson=False, now=clock(), oldest=0)
            writer.write([Batch("local", events, rejections, clock())])
    finally:
        writer.close()
