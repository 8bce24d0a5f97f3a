"""A backup is taken while events come in, and put back: nothing that was acknowledged before is missing."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from cascadewatch.errors import SchemaError, StoreError
from cascadewatch.settings import Settings
from cascadewatch.store import backup, migrate, recovery
from cascadewatch.store.opening import open_store
from cascadewatch.store.pseudonym import key_place
from tests.forking import CONTEXT
from tests.store.ingesting import batch, ingest
from tests.store.opened import Opened, settings_for

ROWS = 60  # batches acknowledged before the backup begins


@contextmanager
def ingesting(url: str) -> Iterator[Connection]:
    """Another process that stores one batch after the other, until the end of the block."""
    ours: Connection
    ours, theirs = CONTEXT.Pipe(duplex=False)
    child = CONTEXT.Process(target=ingest, args=(url, 0, theirs))
    child.start()
    theirs.close()
    try:
        yield ours
    finally:
        child.kill()
        child.join()
        ours.close()


def ids(path: Path) -> set[str]:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return {row[0] for row in connection.execute("SELECT id FROM events")}


def spoil(path: Path, table: str, page_size: int = 8192) -> None:
    """Overwrites the root page of a table."""
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek((page - 1) * page_size)
        file.write(b"\x5a" * page_size)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """A folder with `live.db`, which another process wrote to while `copy.db` was made of it, and what had
    been acknowledged before, in `acknowledged`."""
    folder = tmp_path_factory.mktemp("backups")
    (folder / "live.db").write_bytes(sqlite_template.read_bytes())
    key_place(folder / "live.db").write_text("a key")
    settings = settings_for(f"sqlite:///{folder / 'live.db'}")
    with ingesting(settings.database_url) as acknowledged:
        before = [acknowledged.recv() for _ in range(ROWS)]
        meanwhile = []

        def look(what: str, _done: int, _total: int | None) -> None:
            if what == "copying":  # page by page, and the next page only once more was stored
                meanwhile.append(acknowledged.recv())

        backup.PAGES, usual = 10, backup.PAGES
        try:
            made = backup.back_up(settings, folder / "live.db", folder / "copy.db", look)
        finally:
            backup.PAGES = usual
    assert len(meanwhile) > 10
    assert made.verified
    (folder / "acknowledged").write_text("\n".join(map(str, before)))
    return folder


@pytest.fixture
def live(place: Path, tmp_path: Path) -> Path:
    """A database of this test alone, with a copy `copy.db` beside it."""
    for name in ("copy.db", "copy.db.sha256", "copy.db.caller_key"):
        (tmp_path / name).write_bytes((place / name).read_bytes())
    (tmp_path / "live.db").write_bytes((place / "copy.db").read_bytes())
    return tmp_path / "live.db"


def settings_of(path: Path) -> Settings:
    return settings_for(f"sqlite:///{path}")


def test_it_holds_what_was_acknowledged_before_it_began(place: Path) -> None:
    before = {e.id for n in (place / "acknowledged").read_text().split() for e in batch(int(n))}
    assert before <= ids(place / "copy.db") < ids(place / "live.db")


def test_restored_it_is_sound_fits_together_and_takes_events_again(
    place: Path, tmp_path: Path, now: int
) -> None:
    target = tmp_path / "restored.db"
    restored = recovery.restore(settings_of(target), place / "copy.db", target)
    assert (restored.checksums, restored.key, restored.kept) == (True, True, None)
    assert ids(target) == ids(place / "copy.db")
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    again = Opened(settings_of(target), now)
    assert again.broken() == {}
    assert again.send(*batch(0), *batch(10_000)).duplicate == len(batch(0))
    again.close()


def test_only_its_owner_can_read_it(place: Path) -> None:
    for name in ("copy.db", "copy.db.caller_key", "copy.db.sha256"):
        assert stat.S_IMODE((place / name).stat().st_mode) == 0o600


def test_it_is_one_file_with_the_callers_key_and_the_checksums_beside_it(place: Path) -> None:
    assert {path.name for path in place.glob("copy.db*")} == {
        "copy.db",
        "copy.db.caller_key",
        "copy.db.sha256",
    }
    assert (place / "copy.db.caller_key").read_text() == "a key"


def test_nothing_unfinished_stays_behind(place: Path) -> None:
    assert list(place.glob(f"{backup.PARTIAL}*")) == []


def test_a_database_with_a_damaged_page_is_not_backed_up(live: Path) -> None:
    spoil(live, "rollup_events_day")
    with pytest.raises(StoreError, match=r"live\.db is damaged: .*no backup was made, earlier ones are kept"):
        backup.back_up(settings_of(live), live, live.with_name("new.db"))
    assert not live.with_name("new.db").exists()


def test_a_database_that_does_not_fit_together_is_backed_up_only_unverified(live: Path, now: int) -> None:
    opened = Opened(settings_of(live), now)
    opened.tamper("UPDATE events SET judged = 1 - judged WHERE seq = 3")
    opened.close()
    with pytest.raises(StoreError, match=r"does not fit together: I2 .*--no-verify"):
        backup.back_up(settings_of(live), live, live.with_name("new.db"))
    made = backup.back_up(settings_of(live), live, live.with_name("new.db"), verified=False)
    assert made.path.exists()
    assert not made.verified


def test_a_backup_with_a_damaged_page_is_not_restored(live: Path) -> None:
    copy, target = live.with_name("copy.db"), live.with_name("target.db")
    spoil(copy, "rollup_events_day")
    with pytest.raises(StoreError, match=r"copy\.db is damaged: its checksum .*nothing was restored"):
        recovery.restore(settings_of(target), copy, target)
    backup.checksums_of(copy).unlink()
    with pytest.raises(StoreError, match=r"copy\.db is damaged: .*nothing was restored"):
        recovery.restore(settings_of(target), copy, target)
    assert not target.exists()


@pytest.mark.parametrize("content", [b"", b"not a database" * 1000])
def test_what_is_no_database_is_not_restored(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_bytes(content)
    with pytest.raises(StoreError, match=r"(is damaged|is no database of casc).*nothing was restored"):
        recovery.restore(settings_of(tmp_path / "new.db"), tmp_path / "copy.db", tmp_path / "new.db")


def test_a_database_in_use_is_not_replaced(live: Path, now: int) -> None:
    copy = live.with_name("copy.db")
    recovery.restore(settings_of(live), copy, live, replace=True)
    reading = open_store(settings_of(live), now)  # as a dashboard does, which never writes
    answer, child = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=restore_elsewhere, args=(live, copy, child))
    process.start()  # this process would not see its own lock
    said = answer.recv()
    process.join()
    reading.close()
    assert "live.db is in use: a process has it open" in said
    assert len(list(live.parent.glob("live.db.replaced-*Z"))) == 1


def restore_elsewhere(live: Path, copy: Path, told: Connection) -> None:
    try:
        told.send(repr(recovery.restore(settings_of(live), copy, live, replace=True)))
    except StoreError as error:
        told.send(str(error))


def test_a_database_that_is_there_is_replaced_only_when_asked_and_kept(live: Path, now: int) -> None:
    copy = live.with_name("copy.db")
    opened = Opened(settings_of(live), now)
    opened.send(*batch(20_000))
    opened.close()
    key_place(live).write_text("another key")
    with pytest.raises(StoreError, match="exists already; with --replace"):
        recovery.restore(settings_of(live), copy, live)
    assert recovery.restore(settings_of(live), copy, live, dry_run=True).kept is None
    kept = recovery.restore(settings_of(live), copy, live, replace=True).kept
    assert kept is not None
    assert ids(live) == ids(copy)
    assert {e.id for e in batch(20_000)} <= ids(kept)
    assert key_place(live).read_text() == "a key"
    assert key_place(kept).read_text() == "another key"


def test_a_log_left_behind_by_another_database_is_not_applied_to_the_restored_one(
    live: Path, tmp_path: Path
) -> None:
    target = tmp_path / "gone.db"
    (tmp_path / "gone.db-wal").write_bytes(b"left over")
    recovery.restore(settings_of(target), live.with_name("copy.db"), target)
    assert not (tmp_path / "gone.db-wal").exists()


def test_an_older_schema_is_brought_to_this_program_s_with_its_sums(live: Path, now: int) -> None:
    opened = Opened(settings_of(live), now)
    opened.tamper("UPDATE rollup_events_day SET cost_cheap = cost_cheap + 1")  # as if made otherwise then
    with opened.store.writing() as connection:
        migrate.run(connection, "0002")
    opened.close()
    made = backup.back_up(settings_of(live), live, live.with_name("old.db"))
    assert (made.schema, made.verified) == ("0002", False), "there is nothing to verify it with"
    target = live.with_name("new.db")
    restored = recovery.restore(settings_of(target), made.path, target)
    assert (restored.before, restored.schema) == ("0002", migrate.HEAD)
    assert restored.events == len(ids(made.path))


def test_a_newer_schema_is_left_to_the_newer_program(live: Path) -> None:
    with closing(sqlite3.connect(live)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    target = live.with_name("new.db")
    with pytest.raises(SchemaError, match="schema 9999"):
        recovery.restore(settings_of(target), live, target)


def test_a_file_that_is_there_is_not_overwritten(live: Path) -> None:
    with pytest.raises(StoreError, match=r"copy\.db exists already"):
        backup.back_up(settings_of(live), live, live.with_name("copy.db"))


def test_a_disk_without_room_is_left_alone(live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "ROOM", 2**60)
    with pytest.raises(StoreError, match="MiB free"):
        backup.back_up(settings_of(live), live, live.with_name("new.db"))


@pytest.mark.parametrize("installation", ["0a1b2c3d", None])
def test_the_newest_are_kept_and_others_are_not_ours_to_delete(
    tmp_path: Path, installation: str | None
) -> None:
    database = tmp_path / "a.db"
    ours = [backup.named(tmp_path, database, 1_795_262_400_000 + n * 1000, installation) for n in range(4)]
    other = "0a1b2c3d" if installation is None else None
    strangers = [backup.named(tmp_path, database, 1_795_262_300_000, name) for name in (other, "ffffffff")]
    others = [tmp_path / name for name in ("a-1-20261121-120000Z.db", "a-monday.db", "b-20261121-120000Z.db")]
    for path in (*ours, *others, *strangers):
        path.touch()
        key_place(path).touch()
    assert backup.prune(tmp_path, database, 2, installation) == ours[:2]
    assert [p for p in (*ours, *others, *strangers) if p.exists()] == [*ours[2:], *others, *strangers]
    assert not key_place(ours[0]).exists()


def test_what_a_killed_backup_left_is_removed_after_a_day(live: Path) -> None:
    old, young = (live.with_name(f"{backup.PARTIAL}{name}") for name in ("old", "young"))
    for folder in (old, young):
        folder.mkdir()
    os.utime(old, (0, 0))
    backup.back_up(settings_of(live), live, live.with_name("new.db"), verified=False)
    assert (old.exists(), young.exists()) == (False, True)
