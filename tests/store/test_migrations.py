"""The schema goes up and down on both databases, is what the tables say, and is never guessed at."""

import shutil
import sqlite3
from importlib.resources import files
from pathlib import Path
from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from cascadewatch.errors import SchemaError
from cascadewatch.store import migrate, rollup_tables
from cascadewatch.store.engine import Store
from cascadewatch.store.opening import open_store
from cascadewatch.store.tables import metadata
from tests.forking import CONTEXT
from tests.model.events import escalated
from tests.store.ingesting import create_at
from tests.store.opened import Opened, settings_for

NEWEST = migrate.HEAD
FORMER = f"{int(NEWEST) - 1:04}"
NEXT = f"{int(NEWEST) + 1:04}"
ADDED = f'''"""A revision that the tests made up."""
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "{NEXT}", "{NEWEST}", None, None


def upgrade() -> None:
    op.create_table("made_up", sa.Column("id", sa.Integer, primary_key=True))


def downgrade() -> None:
    op.drop_table("made_up")
'''


def table_names(store: Store) -> set[str]:
    with store.reading() as connection:
        return set(inspect(connection).get_table_names())


def script() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(files("migrations")))
    return ScriptDirectory.from_config(config)


def test_head_is_the_newest_revision_there_is() -> None:
    assert script().get_heads() == [migrate.HEAD]


def test_every_revision_can_be_compared_with_the_next_by_its_name() -> None:
    order = [s.revision for s in script().walk_revisions()]
    assert order == sorted(order, reverse=True)


def test_up_down_and_up_again(database_url: str, now: int) -> None:
    store = Store(database_url)
    assert migrate.upgrade(store, settings_for(database_url), now) is None
    made = table_names(store)
    assert {t.name for t in metadata.sorted_tables} <= made
    with store.writing() as connection:
        migrate.run(connection, "base")
    assert table_names(store) == {"alembic_version"}
    migrate.upgrade(store, settings_for(database_url), now)
    assert table_names(store) == made
    store.close()
    opened = Opened(settings_for(database_url), now)
    opened.send(escalated("a"))
    assert opened.broken() == {}
    opened.close()


def test_the_schema_is_what_the_tables_say(store_url: str) -> None:
    assert rollup_tables.ROLLUPS
    store = Store(store_url)
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    store.close()


def test_opening_a_database_that_is_up_to_date_changes_nothing(store_url: str, now: int) -> None:
    store = open_store(settings_for(store_url), now + 1)
    with store.reading() as connection:
        kept = connection.execute(text("SELECT key, value FROM meta ORDER BY key")).all()
    assert ("generation", "1") in [tuple(row) for row in kept]
    store.close()


def test_a_newer_schema_is_refused(opened: Opened, now: int) -> None:
    opened.tamper("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaError, match=r"9999, newer than this program's .*newer cascadewatch"):
        open_store(opened.settings, now)


@pytest.fixture
def one_revision_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the program had been updated: there is one more schema after the newest."""
    folder = tmp_path / "migrations"
    shutil.copytree(str(files("migrations")), folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / f"{NEXT}_made_up.py").write_text(ADDED)
    monkeypatch.setattr(migrate, "files", lambda _package: folder)
    monkeypatch.setattr(migrate, "HEAD", NEXT)


@pytest.mark.usefixtures("one_revision_more")
def test_an_older_schema_is_backed_up_and_upgraded_on_sqlite_and_left_to_a_person_on_postgres(
    store_url: str, now: int, tmp_path: Path
) -> None:
    settings = settings_for(store_url)
    if not store_url.startswith("sqlite"):
        with pytest.raises(SchemaError, match="cascadewatch db upgrade"):
            open_store(settings, now)
        store = Store(store_url)
        assert "made_up" not in table_names(store)
        assert migrate.upgrade(store, settings, now) == NEWEST
        assert "made_up" in table_names(store)
        store.close()
        open_store(settings, now).close()
        return
    store = open_store(settings, now)
    assert "made_up" in table_names(store)
    store.close()
    (backup,) = tmp_path.glob("*.bak")
    with sqlite3.connect(backup) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == (NEWEST,)
    copy.close()


@pytest.mark.usefixtures("one_revision_more")
def test_an_upgrade_keeps_what_is_there(store_url: str, now: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before:
        before.setattr(migrate, "HEAD", NEWEST)
        first = Opened(settings_for(store_url), now)
        first.send(escalated("a"))
        first.close()
    store = Store(store_url)
    migrate.upgrade(store, settings_for(store_url), now)
    store.close()
    again = Opened(settings_for(store_url), now)
    assert again.send(escalated("a"), escalated("b")).duplicate == 1
    assert again.broken() == {}
    again.close()


def test_sums_that_a_former_program_made_otherwise_are_made_anew(store_url: str, now: int) -> None:
    former = Opened(settings_for(store_url), now)
    former.send(escalated("a"), escalated("b", route="elsewhere"))
    right = former.rollups()
    former.tamper("UPDATE rollup_bins_quarter SET n = n + 1 WHERE family = 'penalty'")
    assert list(former.broken()) == ["I2"]
    with former.store.writing() as connection:
        migrate.run(connection, FORMER)
    former.close()
    store = Store(store_url)
    elsewhere = settings_for(store_url, limits={"routes": 1})  # as of a command without the settings file
    assert migrate.upgrade(store, elsewhere, now) == FORMER
    store.close()
    again = Opened(settings_for(store_url), now)
    assert again.broken() == {}
    assert again.rollups() == right, "under the same names, whatever the settings of who upgrades"
    again.close()


def test_a_revision_nobody_knows_is_refused_with_one_sentence(opened: Opened, now: int) -> None:
    opened.tamper("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(SchemaError) as refused:
        open_store(opened.settings, now)
    assert "0000" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_migration_that_fails_leaves_the_schema_as_it_was(
    store_url: str, now: int, one_revision_more: None, tmp_path: Path
) -> None:
    broken = ADDED.replace('op.create_table("made_up"', 'op.drop_table("texts"), op.create_table("events"')
    (tmp_path / "migrations" / "versions" / f"{NEXT}_made_up.py").write_text(broken)
    store = Store(store_url)
    before = table_names(store)
    with pytest.raises(Exception, match="events"):
        migrate.upgrade(store, settings_for(store_url), now)
    assert table_names(store) == before
    with store.reading() as connection:
        assert migrate.revision(connection) == NEWEST
    store.close()


def create(url: str, now: int, failures: list[BaseException]) -> None:
    try:
        open_store(settings_for(url), now).close()
    except BaseException as error:  # noqa: BLE001 - handed to the test
        failures.append(error)


def test_several_openers_of_one_new_database_at_once(database_url: str, now: int) -> None:
    failures: list[BaseException] = []
    threads = [Thread(target=create, args=(database_url, now, failures)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    opened = Opened(settings_for(database_url), now)
    assert opened.send(escalated("a")).accepted == 1
    assert opened.rows("meta").count({"key": "timezone", "value": "UTC"}) == 1
    opened.close()


def test_two_processes_creating_one_new_database_at_once(database_url: str, now: int) -> None:
    gate = CONTEXT.Barrier(2)
    children = [CONTEXT.Process(target=create_at, args=(database_url, now, gate)) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    assert [child.exitcode for child in children] == [0, 0]
    opened = Opened(settings_for(database_url), now)
    assert opened.send(escalated("a")).accepted == 1
    assert opened.broken() == {}
    opened.close()
