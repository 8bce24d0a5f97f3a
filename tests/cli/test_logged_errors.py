"""What a process logs of a database that fails holds nothing of what was sent."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from cascadewatch.cli.logs import Structured
from cascadewatch.model import Text
from cascadewatch.pricing import PriceBook
from cascadewatch.settings import Cascade, Settings
from cascadewatch.store.engine import Store
from cascadewatch.store.opening import open_store
from cascadewatch.store.receipt import Batch
from cascadewatch.store.writes import Writer
from collectors.api.refusal import refusal_of
from tests.model.events import escalated

NOW = 1_790_000_000_000
CANARY = "canary-prompt-91c4"


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What a process would write to stderr."""
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(Structured("text"))
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def sent(number: int) -> Batch:
    texts = Text(f"{CANARY} {number}", [f"{CANARY} {number}", None])
    return Batch("local", [(0, escalated(f"e-{number}", text=texts))], [], NOW)


def spoil(database: Path, table: str) -> None:
    """Writes nonsense over the first page of a table."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name=?", (table,)).fetchone()
    with database.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\x5a" * size)


def test_a_damaged_page_of_texts_puts_no_text_into_the_log(tmp_path: Path, log: StringIO) -> None:
    path = tmp_path / "cascadewatch.db"
    settings = Settings(database_url=f"sqlite:///{path}", cascade={"support": Cascade(store_text=True)})
    open_store(settings, NOW).close()
    spoil(path, "texts")
    store = Store(settings.database_url)
    writer = Writer(store, settings, PriceBook(settings.price), lambda: NOW)
    with pytest.raises(Exception, match="malformed") as failed:
        writer.submit(sent(1)).result(timeout=60)
    writer.close()
    store.close()
    refusal_of(failed.value)
    if failed.value.__cause__ is not None:
        refusal_of(failed.value.__cause__)  # type: ignore[arg-type] # as it comes where nothing translates it
    said = log.getvalue()
    assert "a request could not be stored" in said
    assert "Traceback" in said
    assert "malformed" in said
    assert "INSERT INTO texts" in said
    assert "parameters hidden" in said
    assert CANARY not in said


TWICE = "CREATE TEMPORARY TABLE held (word text PRIMARY KEY); INSERT INTO held VALUES ('{0}'), ('{0}')"
NO_NUMBER = "SELECT CAST('{0}' AS integer)"


@pytest.mark.parametrize(
    ("statement", "told"), [(TWICE, "psycopg.errors.UniqueViolation: SQLSTATE 23505"), (NO_NUMBER, "22P02")]
)
def test_what_postgres_quotes_of_a_row_stays_out_of_the_log(
    postgres_url: str, log: StringIO, statement: str, told: str
) -> None:
    store = Store(postgres_url)
    with pytest.raises(DBAPIError) as failed, store.writing() as connection:
        connection.exec_driver_sql(statement.format(CANARY))
    store.close()
    assert CANARY in str(failed.value.orig)
    refusal_of(failed.value)
    assert told in log.getvalue()
    assert CANARY not in log.getvalue()


def test_a_cause_stands_before_what_it_led_to(log: StringIO) -> None:
    try:
        try:
            raise psycopg.errors.UniqueViolation(f"Key (id)=({CANARY}) already exists.")
        except psycopg.Error as error:
            raise ValueError("not stored") from error
    except ValueError:
        logging.getLogger("cascadewatch.store").exception("failed")
    said = log.getvalue()
    assert said.index("SQLSTATE 23505") < said.index("This led to") < said.index("ValueError: not stored")
    assert CANARY not in said
