"""What is kept of people: callers as keyed hashes, texts only where the settings ask for them."""

import stat
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import text

from cascadewatch.errors import ConfigError
from cascadewatch.model import Event, Text
from cascadewatch.settings import Cascade, Settings
from cascadewatch.settings.secret import parse_secret
from cascadewatch.store.engine import Store
from cascadewatch.store.pseudonym import pseudonyms
from cascadewatch.store.reads import callers, event
from tests.model.events import NOON, escalated
from tests.store.conftest import Open
from tests.store.opened import DAY, Opened

PROMPT, NAME = "the prompt of somebody", "ada.lovelace@example.com"


def key(secret: str = "k" * 40) -> Any:
    """Settings that name this key; typed as they are after reading."""
    return parse_secret("env:CALLER_KEY", Path(), {"CALLER_KEY": secret})


def said(name: str = "a", **fields: Any) -> Event:
    fields.setdefault("caller", NAME)
    fields.setdefault("text", Text(PROMPT, ["a first answer", None]))
    return escalated(name, session="session-of-ada", **fields)


def dump(opened: Opened) -> str:
    """Everything every table holds, as text."""
    from cascadewatch.store.tables import metadata

    return "\n".join(str(row) for table in metadata.sorted_tables for row in opened.rows(table.name))


def stored_caller(opened: Opened) -> str | None:
    caller: str | None = opened.rows("events")[0]["caller"]
    return caller


def test_text_is_dropped_unless_the_cascade_asks_for_it(opened: Opened) -> None:
    opened.send(said())
    assert opened.number("texts") == 0
    assert PROMPT not in dump(opened)


def test_text_is_kept_where_the_cascade_asks_for_it(opening: Open) -> None:
    opened = opening(cascade={"support": Cascade(store_text=True)})
    opened.send(said(), said("b", cascade="other"))
    with opened.store.reading() as connection:
        found = event(connection, "a")
    assert found is not None
    assert found["text"] == {"prompt": PROMPT, "answers": ["a first answer", None]}
    assert opened.number("texts") == 1


def test_the_quarantine_names_nobody_and_keeps_no_text_either(opening: Open) -> None:
    opened = opening(caller_ids="hmac", caller_key=key())
    opened.send(said())
    opened.send(said(route="changed"))
    assert opened.number("quarantine") == 1
    everything = dump(opened)
    assert all(word not in everything for word in (PROMPT, NAME, "session-of-ada"))


def test_callers_and_sessions_are_keyed_hashes(opening: Open) -> None:
    opened = opening(caller_ids="hmac", caller_key=key())
    opened.send(said(), said("b"), said("c", caller="somebody-else"))
    hashes = {row["id"]: row["caller"] for row in opened.rows("events")}
    assert hashes["a"] == hashes["b"] != hashes["c"]
    assert len(hashes["a"]) == 24
    assert NAME not in dump(opened)
    with opened.store.reading() as connection:
        assert callers(connection, "support", NOON - DAY, NOON + DAY).rows[0].caller == hashes["a"]
    assert opened.broken() == {}


def test_another_key_makes_other_hashes(opening: Open) -> None:
    opened = opening()
    made = [
        pseudonyms(Settings(caller_key=key(letter * 40)), opened.store)(NAME) for letter in ("a", "b", "a")
    ]
    assert made[0] == made[2] != made[1]


def test_the_same_event_with_a_hashed_caller_is_still_a_duplicate(opening: Open) -> None:
    opened = opening(caller_ids="hmac", caller_key=key())
    opened.send(said())
    assert opened.send(said()).duplicate == 1
    assert opened.send(said(caller="somebody-else")).conflict == 1


def test_a_new_order_of_tiers_does_not_hash_the_hash(opening: Open) -> None:
    opening(caller_ids="hmac", caller_key=key()).send(said())
    turned = opening(caller_ids="hmac", caller_key=key(), tiers=("flagship", "small"))
    before = stored_caller(turned)
    turned.send(said("b"))
    assert turned.counts()["escalated"] == 0
    assert stored_caller(turned) == before
    assert turned.broken() == {}


def test_callers_as_they_came_if_asked_for(opening: Open) -> None:
    opened = opening(caller_ids="plain")
    opened.send(said())
    assert stored_caller(opened) == NAME


def test_no_callers_if_asked_for(opening: Open) -> None:
    opened = opening(caller_ids="off")
    opened.send(said())
    assert stored_caller(opened) is None
    assert opened.number("rollup_callers_hour") == 0
    assert NAME not in dump(opened)
    assert opened.broken() == {}


@pytest.fixture
def sqlite(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path / 'cascadewatch.db'}")


def test_the_key_beside_the_sqlite_file_is_the_owners_alone_and_stays(sqlite: Store, tmp_path: Path) -> None:
    first = pseudonyms(Settings(), sqlite)(NAME)
    file = tmp_path / "cascadewatch.db.caller_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_bytes()) == 64
    assert pseudonyms(Settings(), sqlite)(NAME) == first
    assert [p.name for p in tmp_path.iterdir() if "caller_key" in p.name] == [file.name]
    sqlite.close()


def test_the_database_file_is_the_owners_alone(sqlite: Store, tmp_path: Path) -> None:
    with sqlite.writing() as connection:
        connection.execute(text("CREATE TABLE anything (id INTEGER)"))
    assert stat.S_IMODE((tmp_path / "cascadewatch.db").stat().st_mode) == 0o600
    sqlite.close()


def test_processes_that_make_the_key_at_once_agree_on_it(sqlite: Store) -> None:
    found: list[str | None] = []
    threads = [Thread(target=lambda: found.append(pseudonyms(Settings(), sqlite)(NAME))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    sqlite.close()


@pytest.mark.postgres
def test_postgres_without_a_key_is_refused_with_the_way_out(postgres_url: str) -> None:
    store = Store(postgres_url)
    with pytest.raises(ConfigError, match='caller_key = "env:CALLER_KEY"'):
        pseudonyms(Settings(), store)
    assert pseudonyms(Settings(caller_ids="off"), store)(NAME) is None
    assert pseudonyms(Settings(caller_key=key()), store)(NAME) is not None
    store.close()
