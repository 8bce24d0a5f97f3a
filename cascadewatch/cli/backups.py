"""`backup` and `restore`: copies of the database, and the way back."""

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cascadewatch.cli.actor import noted
from cascadewatch.cli.clock import clock
from cascadewatch.cli.opening import opened
from cascadewatch.cli.options import Config, Db, Json
from cascadewatch.cli.output import answer, say
from cascadewatch.cli.progress import progress_bar
from cascadewatch.errors import BusyError, StoreError, UsageError

if TYPE_CHECKING:
    from cascadewatch.settings import Settings
    from cascadewatch.store.backup import Made
    from cascadewatch.store.recovery import Restored

NoVerify = Annotated[
    bool, typer.Option("--no-verify", help="Leave out what cascadewatch verify does; SQLite's check stays.")
]


def backup(
    target: Annotated[
        Path | None,
        typer.Argument(metavar="TARGET", help="New file, or a folder; left out: backup.folder."),
    ] = None,
    no_verify: NoVerify = False,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Copy the database while it is in use, and check it.

    A copy of SQLite is what was stored when the command began. It gets its name once it holds: SQLite's own
    check, then that of cascadewatch verify. The key of callers' hashes and the checksums lie beside it.
    Without TARGET the newest backup.keep copies are kept. Postgres is copied by pg_dump.

    \b
    Examples:
      cascadewatch backup
      cascadewatch backup /mnt/safe/monday.db
      cascadewatch backup --db postgresql://owner@db/cascadewatch /mnt/safe
    """
    from cascadewatch.settings import load

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # ends as an error does: nothing half done stays
    settings = load(config, database_url=db)
    document = _backed_up(settings, target, verified=not no_verify)
    _write_down(settings, document)
    answer(document, as_json, lambda: _told(document))


def _backed_up(settings: "Settings", target: Path | None, *, verified: bool) -> dict[str, Any]:
    from sqlalchemy import make_url

    from cascadewatch.store import backup as copies
    from cascadewatch.store.pg_dump import SUFFIX, dump

    url = make_url(settings.database_url)
    is_sqlite = url.get_backend_name() == "sqlite"
    # What copies are named after: the file, or the database with the ending that dumps have.
    database = Path(str(url.database)) if is_sqlite else Path(f"{url.database}{SUFFIX}")
    folder = target if target is not None and target.is_dir() else None
    own = target is None
    if own:
        folder = _own_folder(settings.backup.folder or database.absolute().parent / "backups")
    ours = _installation(settings, database, is_sqlite)
    file = target if folder is None else copies.named(folder, database, clock(), ours)
    assert file is not None
    with progress_bar() as progress:
        if is_sqlite:
            made = copies.back_up(settings, database, file, progress, verified=verified)
        else:
            made = dump(url, file, progress)
    dropped = copies.prune(file.parent, database, settings.backup.keep, ours) if own else []
    return _document(made, dropped)


def _installation(settings: "Settings", database: Path, is_sqlite: bool) -> str | None:
    """Whose backup it is; None where the database has no id yet, or cannot be asked: copying it says why.
    StoreError for a database of Postgres that is none of ours: pg_dump would copy that, too."""
    from cascadewatch.store import installation, migrate

    if is_sqlite:
        return installation.held_in(database)
    from cascadewatch.store.engine import Store

    store = Store(settings.database_url)
    try:
        with store.reading() as connection:
            if migrate.revision(connection) is None:
                raise StoreError(f"{store.url.database} is no database of cascadewatch; no backup was made")
            return installation.held(connection)
    except BusyError:
        return None
    finally:
        store.close()


def _write_down(settings: "Settings", document: dict[str, Any]) -> None:
    """Leaves the audit's row in the database that was copied. The copy is good without it, and a database
    that waits for an upgrade is not touched."""
    from cascadewatch.store import migrate
    from cascadewatch.store.engine import Store

    store = Store(settings.database_url)
    try:
        with store.reading() as connection:
            known = migrate.revision(connection) == migrate.HEAD
        if known:
            facts = {name: document[name] for name in ("bytes", "events", "verified")}
            noted(store, "backup", document["file"], **facts)
    except BusyError as error:
        say(f"the backup was made, and the audit could not be written: {error}")
    finally:
        store.close()


def _own_folder(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise UsageError(f"backups go to {folder}, which cannot be made: {error.strerror}") from error
    return folder


def _document(made: "Made", dropped: list[Path]) -> dict[str, Any]:
    return {
        "file": str(made.path),
        "bytes": made.size,
        "schema": made.schema,
        "verified": made.verified,
        "events": made.events,
        "key_file": None if made.key is None else str(made.key),
        "deleted": [str(path) for path in dropped],
    }


def _told(document: dict[str, Any]) -> str:
    held = "not verified" if not document["verified"] else f"verified, {document['events']:,} events"
    lines = [f"{document['file']} ({document['bytes'] / 2**20:,.1f} MiB, {held})"]
    if document["key_file"]:
        lines.append(f"with the key of the callers' hashes: {document['key_file']}")
    if document["deleted"]:
        lines.append(f"older backups deleted: {len(document['deleted'])}")
    return "\n".join(lines)


def restore(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Keep what is there under another name and take its place.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Try all of it, change nothing.")] = False,
    no_verify: NoVerify = False,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Put a backup in the place of the database.

    It is checked, brought to this program's schema and verified on a copy first. A database in use is
    refused: end up, serve, worker and dashboard before. So is one of another installation. On Postgres
    pg_restore fills an empty database.

    \b
    Examples:
      cascadewatch restore backups/cascadewatch-20261121-030000Z.db --dry-run
      cascadewatch restore backups/cascadewatch-20261121-030000Z.db --replace
    """
    from cascadewatch.settings import load

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    settings = load(config, database_url=db)
    restored = _restored(settings, file, replace=replace, dry_run=dry_run, verified=not no_verify)
    if not dry_run:
        with opened(config, db) as (_, store):
            keys = {"revoked": list(restored.keys.revoked), "taken_over": list(restored.keys.taken_over)}
            noted(store, "restore", str(file), schema=restored.before, **keys)
    document = _restoring_document(file, restored, dry_run)
    answer(document, as_json, lambda: _restoring_told(document))


def _restored(
    settings: "Settings", file: Path, *, replace: bool, dry_run: bool, verified: bool
) -> "Restored":
    from sqlalchemy import make_url

    url = make_url(settings.database_url)
    with progress_bar() as progress:
        if url.get_backend_name() == "sqlite":
            from cascadewatch.store import recovery

            return recovery.restore(
                settings, file, Path(str(url.database)), progress,
                replace=replace, verified=verified, dry_run=dry_run,
            )  # fmt: skip
        if replace or dry_run:
            raise UsageError("--replace and --dry-run are for SQLite; Postgres is restored into an empty one")
        from cascadewatch.store import pg_dump

        return pg_dump.restore(settings, file, progress, verified=verified)


def _restoring_document(file: Path, restored: "Restored", dry_run: bool) -> dict[str, Any]:
    return {
        "file": str(file),
        "dry_run": dry_run,
        "schema_before": restored.before,
        "schema": restored.schema,
        "verified": restored.events is not None,
        "events": restored.events,
        "checksums": restored.checksums,
        "key": restored.key,
        "kept": None if restored.kept is None else str(restored.kept),
        "other_installation": restored.other,
        "keys": restored.keys._asdict(),
    }


def _restoring_told(document: dict[str, Any]) -> str:
    held = "not verified" if not document["verified"] else f"verified, {document['events']:,} events"
    lines = [f"{'would restore' if document['dry_run'] else 'restored'} {document['file']} ({held})"]
    if document["schema_before"] != document["schema"]:
        lines.append(f"schema {document['schema_before']} -> {document['schema']}")
    if not document["checksums"]:
        lines.append("no checksums lie beside it, so only its structure was checked")
    if document["kept"]:
        lines.append(f"what was there is kept as {document['kept']}")
    if document["other_installation"]:
        lines.append("it is of another installation than what was there, which held no events")
    return "\n".join(lines + _keys_told(document["keys"]))


def _keys_told(keys: dict[str, Any]) -> list[str]:
    """Which keys come back, in sentences."""
    lines = []
    if keys["revoked"]:
        lines.append(f"revoked, as in what was there: the keys {', '.join(keys['revoked'])}")
    if keys["unknown"]:
        lines.append(f"not revoked, and unknown to what was there: the keys {', '.join(keys['unknown'])}")
    if keys["taken_over"]:
        lines.append(f"taken over from what was there: the keys {', '.join(keys['taken_over'])}")
    if keys["unknown"] is None and keys["unrevoked"]:
        lines.append(
            f"not revoked: the keys {', '.join(keys['unrevoked'])}; one revoked after the backup was made "
            "is valid again until cascadewatch keys revoke NAME --prefix PREFIX"
        )
    return lines
