"""Copies of a SQLite database in use: made beside what is written, checked, and only then given a name.

A copy is one file, readable by its owner alone. Beside it lie the key of its callers' hashes, where one
was made beside the database, and the checksums of both as `sha256sum --check` reads them.
"""

import hashlib
import os
import re
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from cascadewatch.errors import StoreError
from cascadewatch.settings import Settings
from cascadewatch.settings.values import sqlite_url
from cascadewatch.store import migrate
from cascadewatch.store.addresses import read_only_uri
from cascadewatch.store.engine import Store
from cascadewatch.store.pseudonym import key_place
from cascadewatch.store.verify import verify

PAGES = 2_000  # copied between two words of progress: 16 MiB
ROOM = 200 * 1024 * 1024  # bytes of disk that stay free
PARTIAL = ".cascadewatch-partial-"
FORGOTTEN_S = 86_400  # what a killed process left unfinished is removed after a day
STAMP = "%Y%m%d-%H%M%SZ"

Progress = Callable[[str, int, int | None], None]  # what is being done, how much of it, of how much


def silent(_what: str, _done: int, _total: int | None) -> None:
    """Progress nobody looks at."""


@dataclass(frozen=True, slots=True)
class Made:
    """A finished copy. `size` is in bytes; `verified` is False where its schema is not this program's, or
    where nobody wanted it; `events` counts those held, None where nobody counted."""

    path: Path
    size: int
    schema: str | None
    verified: bool
    events: int | None
    key: Path | None


def back_up(
    settings: Settings, source: Path, target: Path, progress: Progress = silent, *, verified: bool = True
) -> Made:
    """A copy of `source` as it was when this was called; writing may go on meanwhile.

    It is checked by SQLite and, unless `verified` is False, by `verify`. StoreError, and no file,
    where the copy does not hold, `target` is there already or the disk is too small.
    """
    if not source.is_file():
        raise StoreError(f"there is no database at {source}, so there is nothing to back up")
    if target.exists():
        raise StoreError(f"{target} exists already and is not overwritten; name another file")
    insist_on_room(settings, source, target.parent)
    with translated(source, "no backup was made, earlier ones are kept"), partial(target.parent) as folder:
        copy = folder / target.name
        copy_pages(source, copy, progress)
        schema = check(copy, source, progress)
        held = None
        if verified and schema == migrate.HEAD:
            held = check_sums(settings, copy, progress)
        key = _with_key(source, copy)
        write_checksums(copy)
        size = copy.stat().st_size
        settle(folder, target)
    placed = None if key is None else key_place(target)
    return Made(target, size, schema, held is not None, held, placed)


def names(folder: Path, database: Path, installation: str | None) -> list[Path]:
    """The copies of an installation's database in a folder that were named by `named`, oldest first. Those of
    others, whose database may be called the same, and those from before there were ids, are not among them;
    None: the latter."""
    ours = re.compile(
        re.escape(database.stem)
        + rf"-\d{{8}}-\d{{6}}Z{_tag(installation)}"
        + re.escape(database.suffix or ".db")
    )
    return sorted(path for path in folder.iterdir() if ours.fullmatch(path.name))


def named(folder: Path, database: Path, now: int, installation: str | None) -> Path:
    """What a copy made at `now` (epoch ms) is called."""
    stamp = time.strftime(STAMP, time.gmtime(now / 1000))
    return folder / f"{database.stem}-{stamp}{_tag(installation)}{database.suffix or '.db'}"


def _tag(installation: str | None) -> str:
    return "" if installation is None else f"-{installation}"


def prune(folder: Path, database: Path, keep: int, installation: str | None) -> list[Path]:
    """Deletes all but the newest `keep` copies with what lies beside them; returns those deleted."""
    old = names(folder, database, installation)[:-keep]
    for path in old:
        for each in (path, key_place(path), checksums_of(path)):
            each.unlink(missing_ok=True)
    return old


def copy_pages(source: Path, target: Path, progress: Progress) -> None:
    """Copies all pages as of one moment into a new file without a write-ahead log of its own."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    address = read_only_uri(source)
    with closing(sqlite3.connect(address, uri=True)) as held, closing(sqlite3.connect(target)) as copy:
        # One moment is held on to: without it the copy would begin anew with every write of another.
        held.execute("BEGIN")
        held.execute("SELECT count(*) FROM sqlite_master").fetchone()
        held.backup(copy, pages=PAGES, progress=lambda _, left, of: progress("copying", of - left, of))
        copy.execute("PRAGMA journal_mode=DELETE")
    _flush(target)


def check(copy: Path, told: Path, progress: Progress) -> str | None:
    """The schema of a sound copy. StoreError naming `told` for one that SQLite finds damaged or that is
    no database of ours."""
    progress("checking", 0, None)
    with closing(sqlite3.connect(read_only_uri(copy), uri=True)) as connection:
        found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(3)")]
        if found != ["ok"]:
            damaged(told, "; ".join(" ".join(line.split()) for line in found))
        ours = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
        if ours is None:
            raise StoreError(f"{told} is no database of cascadewatch")
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def check_sums(settings: Settings, copy: Path, progress: Progress) -> int:
    """Runs `verify` on a copy; how many events it holds. StoreError where something does not fit."""
    store = Store(sqlite_url(copy))
    try:
        found = verify(store, settings, lambda done, of: progress("verifying", done, of))
    finally:
        store.close()
    if not found["ok"]:
        broken = [f"{name} ({check['title']})" for name, check in found["checks"].items() if check["broken"]]
        raise StoreError(
            f"the copy does not fit together: {', '.join(broken)}. `cascadewatch verify` says more of a "
            "database, and `cascadewatch db rebuild` mends its sums; --no-verify leaves this check out"
        )
    return int(found["events"])


def damaged(path: Path, said: str) -> NoReturn:
    """Refuses a database that SQLite cannot read as a whole."""
    raise StoreError(f"{path} is damaged: {said[:300]}")


@contextmanager
def translated(path: Path, outcome: str) -> Iterator[None]:
    """Errors of SQLite and of the disk as one sentence that ends with what came of it."""
    try:
        yield
    except StoreError as error:
        raise type(error)(f"{str(error).rstrip('.')}; {outcome}") from error
    except sqlite3.OperationalError as error:
        raise StoreError(f"{path} cannot be read now: {error}; {outcome}") from error
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path} is damaged: {error}; {outcome}") from error
    except OSError as error:
        raise StoreError(f"{error.filename or path}: {error.strerror or error}; {outcome}") from error


def insist_on_room(settings: Settings, source: Path, folder: Path) -> None:
    """StoreError where a copy of `source` would leave so little of the disk of `folder` that events may be
    refused there, or there is no such folder."""
    if not folder.is_dir():
        raise StoreError(f"the folder {folder} does not exist; create it first")
    disk = shutil.disk_usage(folder)
    log = source.with_name(f"{source.name}-wal")
    copied = source.stat().st_size + (log.stat().st_size if log.exists() else 0)
    needed = copied + max(ROOM, disk.total * (100 - settings.disk.refuse_percent) // 100)
    if disk.free < needed:
        raise StoreError(
            f"{folder} has {disk.free >> 20:,} MiB free; a copy needs {needed >> 20:,} MiB "
            "with what stays free for events"
        )


@contextmanager
def partial(folder: Path) -> Iterator[Path]:
    """A folder for what is not finished yet, gone at the end whatever happens."""
    for left in folder.glob(f"{PARTIAL}*"):
        if time.time() - left.stat().st_mtime > FORGOTTEN_S:
            shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=folder))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def settle(folder: Path, target: Path) -> None:
    """Moves a finished copy and what lies beside it to where they belong, the copy itself last."""
    for place in (key_place, checksums_of):
        if place(folder / target.name).exists():
            os.replace(place(folder / target.name), place(target))
    os.replace(folder / target.name, target)
    _flush(target.parent)


def checksums_of(copy: Path) -> Path:
    """Where the checksums of a copy and its key are."""
    return copy.with_name(f"{copy.name}.sha256")


def write_checksums(copy: Path) -> None:
    """Writes the checksums of a copy, and of its key where there is one, beside it."""
    files = [path for path in (copy, key_place(copy)) if path.exists()]
    lines = "".join(f"{_sha256(path)}  {path.name}\n" for path in files)
    _write(checksums_of(copy), lines.encode())


def insist_on_checksums(copy: Path) -> bool:
    """StoreError where a file is not what it was when it was made; False where nobody noted that."""
    if not checksums_of(copy).exists():
        return False
    for line in checksums_of(copy).read_text().splitlines():
        noted, _, name = line.partition("  ")
        if Path(name).name != name:
            raise StoreError(f"{checksums_of(copy)} names {name!r}, which is no file beside it")
        if not (copy.parent / name).exists() or _sha256(copy.parent / name) != noted:
            raise StoreError(f"{copy.parent / name} is damaged: its checksum is not the one noted with it")
    return True


def _with_key(source: Path, copy: Path) -> Path | None:
    """Copies the key of the callers' hashes, without which they cannot be made again."""
    key = key_place(source)
    if not key.exists():
        return None
    _write(key_place(copy), key.read_bytes())
    return key


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    """Has the disk keep what was written to a file, or the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
