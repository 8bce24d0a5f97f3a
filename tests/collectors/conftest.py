"""What tests of files share: a writer on a database, SQLite and Postgres in turn, and files to ingest."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cascadewatch.pricing import PriceBook
from cascadewatch.settings import load
from cascadewatch.store.engine import Store
from cascadewatch.store.writes import Writer


@pytest.fixture
def writer(store_url: str, now: int) -> Iterator[Writer]:
    """Stores as of `now`, callers as they are named."""
    settings = load(env={}, database_url=store_url).model_copy(update={"caller_ids": "plain"})
    with (
        closing(Store(settings.database_url)) as store,
        closing(Writer(store, settings, PriceBook(bundled=False), lambda: now)) as writer,
    ):
        yield writer


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., str]:
    """Writes bytes into a file and gives its path."""

    def write(data: bytes, name: str = "log.jsonl") -> str:
        (tmp_path / name).write_bytes(data)
        return str(tmp_path / name)

    return write
