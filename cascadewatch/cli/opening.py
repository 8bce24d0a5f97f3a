"""Settings and database as a command is told to find them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cascadewatch.cli.clock import clock

if TYPE_CHECKING:
    from cascadewatch.settings import Settings
    from cascadewatch.store.engine import Store
    from cascadewatch.store.writes import Writer


@contextmanager
def opened(config: Path | None, db: str | None) -> Iterator[tuple["Settings", "Store"]]:
    """The settings in force and their database, created if it is new, closed at the end."""
    from cascadewatch.settings import load
    from cascadewatch.store.engine import open_store

    settings = load(config, database_url=db)
    store = open_store(settings, clock())
    try:
        yield settings, store
    finally:
        store.close()


@contextmanager
def watched(config: Path | None, db: str | None) -> Iterator[tuple["Settings", "Store"]]:
    """The same for what looks after the rules. ConfigError for a rule that cannot work, before anything
    has started."""
    from alerts.rules import rules_of
    from cascadewatch.settings import load

    rules_of(load(config, database_url=db))
    with opened(config, db) as found:
        yield found


@contextmanager
def writing(settings: "Settings", store: "Store") -> Iterator["Writer"]:
    """The writer of this process, which finishes what it was given before it closes."""
    import gc

    from cascadewatch.pricing import PriceBook
    from cascadewatch.store.writes import Writer

    # Rows come by the thousand and form no cycles: looking for some in them costs a quarter of the time.
    gc.freeze()
    gc.set_threshold(50_000, 20, 1_000)
    writer = Writer(store, settings, PriceBook(settings.price), clock)
    try:
        yield writer
    finally:
        writer.close()
