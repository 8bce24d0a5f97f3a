"""Copies of a Postgres database, by the programs that come with Postgres."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from sqlalchemy import URL, text

from cascadewatch.errors import StoreError
from cascadewatch.settings import Settings
from cascadewatch.store import backup, migrate, restored_keys
from cascadewatch.store.backup import Made, Progress, silent
from cascadewatch.store.engine import Store
from cascadewatch.store.recovery import Restored
from cascadewatch.store.verify import verify

SUFFIX = ".dump"
SQLITE = b"SQLite format 3\0"  # how its files begin


def dump(url: URL, target: Path, progress: Progress = silent) -> Made:
    """A dump in Postgres' own compressed form, readable by its owner alone, read back by `pg_restore --list`.

    StoreError, and no file, where pg_dump is missing or fails, or `target` is there already.
    """
    if target.exists():
        raise StoreError(f"{target} exists already and is not overwritten; name another file")
    if not target.parent.is_dir():
        raise StoreError(f"the folder {target.parent} does not exist; create it first")
    arguments = ["--format=custom", "--no-owner", "--no-privileges"]
    with backup.translated(target, "no backup was made"), backup.partial(target.parent) as folder:
        copy = folder / target.name
        progress("dumping", 0, None)
        _run("pg_dump", url, [*arguments, f"--file={copy}"], [*arguments, f"--file={target}"])
        copy.chmod(0o600)
        progress("checking", 0, None)
        if shutil.which("pg_restore"):
            _run("pg_restore", None, ["--list", str(copy)], [])
        backup.write_checksums(copy)
        size = copy.stat().st_size
        backup.settle(folder, target)
    return Made(target, size, None, False, None, None)


def restore(
    settings: Settings, source: Path, progress: Progress = silent, *, verified: bool = True
) -> Restored:
    """Fills the empty database of the settings from a dump, brings it to this program's schema and runs
    `verify`. StoreError where it is not empty, or pg_restore is missing or fails: then it stays empty."""
    if not source.is_file():
        raise StoreError(f"there is no backup at {source}")
    with source.open("rb") as file:
        if file.read(len(SQLITE)) == SQLITE:
            raise StoreError(
                f"{source} is a backup of SQLite, which Postgres cannot take in; what moves from one to the "
                "other, and how, is told in docs/deploy.md"
            )
    checksums = backup.insist_on_checksums(source)
    store = Store(settings.database_url)
    try:
        _insist_on_empty(store)
        progress("restoring", 0, None)
        arguments = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
        _run("pg_restore", store.url, [*arguments, str(source)], [*arguments, str(source)])
        with store.writing() as connection:
            before = migrate.revision(connection)
            if before is None:
                raise StoreError(f"{source} is no dump of a cascadewatch database")
            migrate.bring_forward(connection, settings, lambda done, of: progress("adding up", done, of))
            connection.execute(text("ANALYZE"))  # a dump has no statistics, and plans without them are slow
        events = _checked(store, settings, progress) if verified else None
        keys = restored_keys.settle(store, None)
    finally:
        store.close()
    return Restored(before, migrate.HEAD, events, checksums, False, None, keys)


def _insist_on_empty(store: Store) -> None:
    own = text("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()")
    with store.reading() as connection:
        held = connection.execute(own).scalar_one()
    if held:
        raise StoreError(
            f"the database {store.url.database} holds {held} tables; restore into an empty one: "
            "createdb NEW, then --db with its name"
        )


def _checked(store: Store, settings: Settings, progress: Progress) -> int:
    found = verify(store, settings, lambda done, of: progress("verifying", done, of))
    if not found["ok"]:
        raise StoreError("what was restored does not fit together; `cascadewatch verify` says where")
    return int(found["events"])


def _run(program: str, url: URL | None, arguments: list[str], by_hand: list[str]) -> None:
    """Runs a program of Postgres with the password outside its arguments, which others on the machine see."""
    environment = dict(os.environ)
    address: list[str] = []
    if url is not None:
        plain = url.set(drivername="postgresql")
        if url.password is not None:
            environment["PGPASSWORD"] = str(url.password)
        bare = URL.create(
            "postgresql", plain.username, None, plain.host, plain.port, plain.database, plain.query
        )
        address = [f"--dbname={bare.render_as_string(hide_password=False)}"]
    found = shutil.which(program)
    if found is None:
        command = shlex.join([program, *by_hand, *address])
        raise StoreError(
            f"{program} is not on PATH; install the client programs of Postgres, or run elsewhere: {command}"
        )
    done = subprocess.run(  # noqa: S603 - our own arguments
        [found, *arguments, *address], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()] or ["it said nothing"]
        raise StoreError(f"{program} failed: {' '.join(said)[:400]}")
