"""`db prune`: what is too old goes."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cascadewatch.cli.actor import noted
from cascadewatch.cli.clock import clock
from cascadewatch.cli.opening import opened
from cascadewatch.cli.options import Config, Db, Json
from cascadewatch.cli.output import answer, say, table
from cascadewatch.cli.progress import progress_bar
from cascadewatch.errors import UsageError

if TYPE_CHECKING:
    from cascadewatch.settings import Settings
    from cascadewatch.store.engine import Store
    from cascadewatch.store.retention import Pruned

KEPT = {
    "raw": "single events", "text": "prompts and answers", "minute": "sums per minute",
    "caller_hour": "callers per hour", "distribution": "distributions of routes per quarter-hour",
    "rollup": "all other sums",
}  # fmt: skip
LOG_KEPT = (
    "A reader kept what was deleted in the write-ahead log; the next prune, or the end of all processes, "
    "empties it"
)


def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would go; delete nothing.")] = False,
    shrink: Annotated[
        bool,
        typer.Option("--shrink", help="Then give the space back to the disk: nobody can write meanwhile."),
    ] = False,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Delete what is older than the settings keep.

    Servers may go on meanwhile, and the command may be ended and run again at any moment. A worker does the
    same every night. Sums of events that are gone stay.

    \b
    Examples:
      cascadewatch db prune --dry-run
      cascadewatch db prune --shrink
    """
    from cascadewatch.store.retention import preview

    if dry_run and shrink:
        raise UsageError("--shrink changes the file, so it does not go with --dry-run; leave one out")
    with opened(config, db) as (settings, store):
        if shrink and store.path is None:
            raise UsageError(
                "--shrink is for SQLite; on Postgres its owner runs VACUUM FULL where that is needed"
            )
        found = preview(store, settings, clock()) if dry_run else _pruned(store, settings)
        if shrink:
            store.shrink()
        document = _document(found, dry_run) | {"bytes": _size(store)}
    answer(document, as_json, lambda: _told(document))
    if not found.log_emptied:
        say(LOG_KEPT)


def _pruned(store: "Store", settings: "Settings") -> "Pruned":
    from cascadewatch.store.retention import preview, prune

    with progress_bar() as progress:
        is_watched = sys.stderr.isatty()
        due = sum(preview(store, settings, clock()).rows.values()) if is_watched else 0
        done = prune(store, settings, clock(), told=_counting(progress, due))
    if done.rows:
        noted(store, "db.prune", "rows", **done.rows)
    return done


def _counting(progress: Callable[[str, int, int | None], None], due: int) -> Callable[[dict[str, int]], None]:
    total = 0

    def count(gone: dict[str, int]) -> None:
        nonlocal total
        total += sum(gone.values())
        progress("rows", total, max(due, total))

    return count


def _size(store: "Store") -> int:
    from cascadewatch.store import dialect

    with store.reading() as connection:
        return dialect.size(connection)


def _document(found: "Pruned", dry_run: bool) -> dict[str, Any]:
    from cascadewatch.moments import rfc3339

    return {
        "dry_run": dry_run,
        "kept_from": {name: rfc3339(at) for name, at in found.horizons._asdict().items()},
        "rows": dict(sorted(found.rows.items())),
        "log_emptied": found.log_emptied,
    }


def _told(document: dict[str, Any]) -> str:
    kept = [(KEPT[name], at[:16].replace("T", " ")) for name, at in document["kept_from"].items()]
    lines = [table(("kept", "from (UTC)"), kept), ""]
    if not document["rows"]:
        return "\n".join((*lines, "Nothing is older."))
    head = "would go" if document["dry_run"] else "deleted"
    rows = [(name, f"{n:,}") for name, n in document["rows"].items()]
    return "\n".join((*lines, table(("rows of", head), rows, frozenset({1}))))
