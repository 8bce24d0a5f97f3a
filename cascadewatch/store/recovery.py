"""A copy of a SQLite database put back in its place.

Everything is tried on a copy of the copy first: sums of bytes, SQLite's own check, the schema and the sums
brought to this program's, `verify`. Only what held all of it takes the place of a database, and only of one
that no process has open. What stood there before is kept under another name.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from cascadewatch.errors import SchemaError, StoreError
from cascadewatch.settings import Settings
from cascadewatch.settings.values import sqlite_url
from cascadewatch.store import backup, installation, migrate, restored_keys
from cascadewatch.store.backup import Progress, silent
from cascadewatch.store.engine import Store
from cascadewatch.store.pseudonym import key_place
from cascadewatch.store.restored_keys import Keys

# Where SQLite, since 2004, has every reader hold a lock on the bytes of a database file.
SHARED_FIRST, SHARED_SIZE = 0x4000_0002, 510
MOST_WAIT_S = 5
SIDES = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it. `before` is the schema the copy had, `kept` the name under which what stood there
    is kept, `checksums` whether there were any to compare, `other` whether what stood there, and
    held no events, was of another installation."""

    before: str
    schema: str
    events: int | None
    checksums: bool
    key: bool
    kept: Path | None
    keys: Keys
    other: bool = False


def restore(
    settings: Settings,
    source: Path,
    target: Path,
    progress: Progress = silent,
    *,
    replace: bool = False,
    verified: bool = True,
    dry_run: bool = False,
) -> Restored:
    """Puts the copy `source` where `target` is. StoreError, and nothing changed, where it does not hold,
    where `target` is in use, where there is one and `replace` was not said, or where it holds events of
    another installation. `dry_run` only checks."""
    _insist_on_places(source, target, replace or dry_run)
    ids = installation.held_in(source), installation.held_in(target)
    if installation.is_other(*ids):
        installation.insist_on_empty(source, target)
    if not dry_run:
        with unused(target):  # asked here too, so that nobody waits for an answer that is no
            pass
    backup.insist_on_room(settings, source, target.parent)
    with backup.translated(source, "nothing was restored"), backup.partial(target.parent) as folder:
        copy = folder / target.name
        checksums = backup.insist_on_checksums(source)
        _copy(source, copy, progress)
        before = _known_schema(backup.check(copy, source, progress), source)
        _bring_forward(settings, copy, progress)
        events = backup.check_sums(settings, copy, progress) if verified else None
        keys, kept = _carry_over(copy, target, ids), None
        if not dry_run:
            with unused(target):
                kept = _swap(folder, target)
    key, other = key_place(source).exists(), installation.is_other(*ids)
    return Restored(before, migrate.HEAD, events, checksums, key, kept, keys, other)


def _insist_on_places(source: Path, target: Path, replace: bool) -> None:
    if not source.is_file():
        raise StoreError(f"there is no backup at {source}")
    if target.exists() and source.samefile(target):
        raise StoreError(f"{source} is the database itself, not a backup of it")
    if target.exists() and target.stat().st_size and not replace:
        raise StoreError(
            f"{target} exists already; with --replace it is kept under another name and the backup takes "
            "its place"
        )


def _known_schema(found: str | None, source: Path) -> str:
    if found is None or found > migrate.HEAD:
        raise SchemaError(
            f"{source} has schema {found or 'none'}, this program knows {migrate.HEAD} and older ones; "
            "use the cascadewatch that made it"
        )
    return found


def _copy(source: Path, copy: Path, progress: Progress) -> None:
    """The copy with the key beside it, read the way a database is: one that lies there with a write-ahead
    log is taken whole."""
    backup.copy_pages(source, copy, progress)
    if key_place(source).exists():
        shutil.copyfile(key_place(source), key_place(copy))
        key_place(copy).chmod(0o600)


def _bring_forward(settings: Settings, copy: Path, progress: Progress) -> None:
    store = Store(sqlite_url(copy))
    try:
        with store.writing() as connection:
            migrate.bring_forward(connection, settings, lambda done, of: progress("adding up", done, of))
    finally:
        store.close()


def _carry_over(copy: Path, target: Path, ids: tuple[str | None, str | None]) -> Keys:
    """What the copy takes from the database it replaces: which keys were revoked, and the installation's id
    where the copy is older than ids are. `ids` are those of both as they were found.

    Before `unused` locks the target: SQLite, when it lets go of a file, lets go of all locks on it."""
    known = None if installation.is_other(*ids) else restored_keys.known_in(target)
    store = Store(sqlite_url(copy))
    try:
        if ids[0] is None and ids[1] is not None:
            with store.writing() as connection:
                installation.keep(connection, ids[1])
        return restored_keys.settle(store, known)
    finally:
        store.close()


@contextmanager
def unused(target: Path) -> Iterator[None]:
    """Keeps every process away from a database file meanwhile. StoreError where one has it open."""
    lock = FileLock(f"{target}.lock", timeout=MOST_WAIT_S)
    try:
        lock.acquire()
    except Timeout:
        raise StoreError(f"{target} is in use: a process is writing to it. End it first") from None
    try:
        if not target.exists():
            yield
            return
        with target.open("r+b") as file:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, SHARED_SIZE, SHARED_FIRST)
            except OSError:
                raise StoreError(
                    f"{target} is in use: a process has it open. End up, serve, worker and dashboard first"
                ) from None
            yield
    finally:
        lock.release()


def _swap(folder: Path, target: Path) -> Path | None:
    """Moves what is there out of the way, its log with it: left behind it would be applied to the new one."""
    stamp = time.strftime(backup.STAMP, time.gmtime())
    aside = target.with_name(f"{target.name}.replaced-{stamp}")
    there = target.exists()
    if there:
        os.replace(target, aside)
    for side in SIDES:
        with suppress(FileNotFoundError):
            os.replace(f"{target}{side}", f"{aside}{side}")
    if key_place(folder / target.name).exists() and key_place(target).exists():
        os.replace(key_place(target), key_place(aside))
    backup.settle(folder, target)
    return aside if there else None
