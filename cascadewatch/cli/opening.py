"""Settings and database as a command is told to find them."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cascadewatch.cli.clock import clock
from cascadewatch.cli.output import say, shown

if TYPE_CHECKING:
    from cascadewatch.settings import Settings
    from cascadewatch.store.engine import Store
    from cascadewatch.store.writes import Writer

Tell = Callable[[str], None]


@contextmanager
def opened(config: Path | None, db: str | None, tell: Tell = say) -> Iterator[tuple["Settings", "Store"]]:
    """The settings in force and their database, closed at the end. A new one is created, and `tell` hears so:
    whoever expected to find one is in another folder, or has named no settings."""
    from cascadewatch.settings import load
    from cascadewatch.store.opening import open_store

    settings = load(config, database_url=db)
    new = _absent(settings.database_url)
    store = open_store(settings, clock())
    if new is not None:
        tell(f"made a new database at {shown(str(new))}{_unset(config)}")
    try:
        yield settings, store
    finally:
        store.close()


def _absent(database_url: str) -> Path | None:
    """The file of an SQLite database that is not there yet; no Postgres database springs up by itself."""
    from sqlalchemy import make_url

    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    path = Path(url.database).absolute()
    return None if path.exists() else path


def _unset(config: Path | None) -> str:
    """Which settings file was looked for in vain; "" where there is one."""
    from cascadewatch.settings.reading import CONFIG_VARIABLE, DEFAULT_FILE

    file = Path(DEFAULT_FILE).absolute()
    if config is not None or os.environ.get(CONFIG_VARIABLE) or file.exists():
        return ""
    return f"; there is no {shown(str(file))}, and neither --config nor {CONFIG_VARIABLE} names another"


@contextmanager
def watched(config: Path | None, db: str | None, tell: Tell = say) -> Iterator[tuple["Settings", "Store"]]:
    """The same for what looks after the rules. ConfigError for a rule that cannot work, before anything
    has started."""
    from alerts.rules import rules_of
    from cascadewatch.settings import load

    rules_of(load(config, database_url=db))
    with opened(config, db, tell) as found:
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
