"""`events show`, `callers`, `quarantine`: one thing looked up, and what can be done about it."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from cascadewatch.cli.actor import commander
from cascadewatch.cli.clock import clock
from cascadewatch.cli.opening import opened, writing
from cascadewatch.cli.options import Config, Db, Json
from cascadewatch.cli.output import answer, say, shown, table
from cascadewatch.cli.prune import LOG_KEPT
from cascadewatch.errors import BusyError, UsageError

if TYPE_CHECKING:
    from cascadewatch.store.engine import Store
    from cascadewatch.store.erasure import Found


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
    answer(found, True, str)


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
    from cascadewatch.store import caller_keys
    from cascadewatch.store.pseudonym import pseudonyms

    with opened(config, db) as (settings, store):
        changed = caller_keys.changed(settings, store, clock())
        stored = pseudonyms(settings, store)(_kept(raw))
    if stored is None:
        raise UsageError('callers are not stored: caller_ids is "off"')
    answer({"caller": raw, "stored": stored, "key_changed": changed}, as_json, lambda: shown(stored))
    if changed:
        say(changed)


def forget_caller(
    caller: Annotated[
        str, typer.Argument(metavar="CALLER", help="Name as senders give it, or the stored one.")
    ],
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Take a caller out for good; every total stays as it was.

    Its events count on under __other__; its sessions, fingerprints and texts are deleted. Backups
    keep what they have.

    \b
    Examples:
      cascadewatch callers forget tenant-42
    """
    from cascadewatch.store import caller_keys, erasure
    from cascadewatch.store.pseudonym import hash_of
    from cascadewatch.store.state import OTHER

    if caller in ("", OTHER):
        raise UsageError("that names no single caller")
    with opened(config, db) as (settings, store), writing(settings, store) as writer:
        changed = caller_keys.changed(settings, store, clock())
        name = _kept(caller)
        hashed = hash_of(settings, store, name)
        names = {name} | ({hashed} if hashed else set())
        found = erasure.find(store, names)
        if any(found):
            erasure.forget(writer, names, found, commander(), hashed)
        emptied = _emptied(store)
    document = {"forgotten": any(found)} | found._asdict() | _rest(emptied, changed)
    answer(document, as_json, lambda: _forgotten(found, changed))
    for said in filter(None, (changed, None if emptied else LOG_KEPT)):
        say(said)


def _kept(name: str) -> str:
    """A caller's name as it is kept: one that is too long was cut before it was hashed."""
    from cascadewatch.model import NAME_LENGTH
    from cascadewatch.reasons import cut

    return cut(name, NAME_LENGTH)


def _rest(emptied: bool, changed: str | None) -> dict[str, object]:
    return {"log_emptied": emptied, "key_changed": changed}


def _emptied(store: "Store") -> bool:
    """Whether nothing that was taken out is left in SQLite's write-ahead log; tried also where there was
    nothing to take out, for the sake of an earlier time that could not."""
    try:
        return store.checkpoint()
    except BusyError:  # what was asked for is done all the same
        return False


def _forgotten(found: "Found", changed: str | None) -> str:
    if not any(found):
        by = " under the key of now" if changed else ""
        return f"Nothing is held of this caller{by}."
    return (
        f"{found.events:,} events are nobody's now; {found.texts:,} texts were deleted, "
        f"{found.sums:,} sums moved, {found.quarantined:,} events in quarantine changed"
    )


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
            (str(row["seq"]), row["received"], *(shown(row[name]) for name in ("source", "id", "reason")))
            for row in found
        ]
        head = ("number", "received", "source", "id", "reason")
        return table(head, rows, frozenset({0})) if rows else "Nothing is in quarantine."

    answer(found, as_json, text)


def accept_quarantined(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="As listed.", min=1)],
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Let an event in quarantine replace the one stored first.

    The sums move by the difference. The former event takes its place in quarantine, under the same
    number: accepting it again undoes this.

    \b
    Examples:
      cascadewatch quarantine accept 3
    """
    from cascadewatch.store.conflicts import accept

    with opened(config, db) as (settings, store), writing(settings, store) as writer:
        made = writer.change(partial(accept, number=number, by=commander()))
        made["log_emptied"] = _emptied(store)
    what = f"{shown(made['source'])}/{shown(made['id'])}"
    cost = " -> ".join(_dollars(made[side]["cost_usd"]) for side in ("before", "after"))
    answer(made, as_json, lambda: f"{what}: {made['before']['path']} -> {made['after']['path']}, {cost}")
    if not made["log_emptied"]:
        say(LOG_KEPT)


def _dollars(cost: float | None) -> str:
    return "no known cost" if cost is None else f"${cost:.6f}"
