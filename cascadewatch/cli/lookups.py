"""`events show`, `callers find`, `quarantine list`: one thing looked up."""

import json
from typing import Annotated

import typer

from cascadewatch.cli.opening import opened
from cascadewatch.cli.options import Config, Db, Json
from cascadewatch.cli.output import answer, shown, table
from cascadewatch.errors import UsageError


def show_event(
    event_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the event, as its sender gave it.")],
    source: Annotated[
        str | None, typer.Option("--source", help="Name of the sender; left out: whoever sent that id.")
    ] = None,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Print one event as JSON.

    With its attempts, verdicts and labels, what was derived from them, and what it cost.

    \b
    Examples:
      cascadewatch events show 6b1e0c4a
      cascadewatch events show 6b1e0c4a --source checkout
    """
    from cascadewatch.store.reads import event

    _ = as_json  # an event is JSON either way
    with opened(config, db) as (_, store), store.reading() as connection:
        found = event(connection, event_id.replace("\0", "\u2400"), source)
    if found is None:
        by = "" if source is None else f" of the sender {shown(source)}"
        raise UsageError(f"no event {shown(event_id)}{by} is held; rows are kept for retention.raw_days days")
    print(json.dumps(found, indent=2))


def find_caller(
    raw: Annotated[str, typer.Argument(metavar="RAW", help="The caller's name as senders give it.")],
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Print the name under which a caller is stored.

    Callers are stored as keyed hashes; by this one a caller is found on the pages.

    \b
    Examples:
      cascadewatch callers find tenant-42
    """
    from cascadewatch.store.pseudonym import pseudonyms

    with opened(config, db) as (settings, store):
        stored = pseudonyms(settings, store)(raw)
    if stored is None:
        raise UsageError('callers are not stored: caller_ids is "off"')
    answer({"caller": raw, "stored": stored}, as_json, lambda: shown(stored))


def list_quarantine(
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Most rows to list.")] = 50,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """List events in conflict with earlier ones, newest first.

    They came under a known id and said something else. The first one stays; what came later is
    kept here with its content.

    \b
    Examples:
      cascadewatch quarantine list --json
    """
    from cascadewatch.store.reads import quarantined

    with opened(config, db) as (_, store), store.reading() as connection:
        found = quarantined(connection, limit)

    def text() -> str:
        rows = [
            (row["received"], shown(row["source"]), shown(row["id"]), shown(row["reason"])) for row in found
        ]
        return table(("received", "source", "id", "reason"), rows) if rows else "Nothing is in quarantine."

    answer(found, as_json, text)
