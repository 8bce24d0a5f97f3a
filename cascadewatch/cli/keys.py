"""`keys`: who may send, read or act."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cascadewatch.cli.actor import commander
from cascadewatch.cli.clock import clock
from cascadewatch.cli.opening import opened
from cascadewatch.cli.options import Config, Db, Json
from cascadewatch.cli.output import answer, say, table

if TYPE_CHECKING:
    from cascadewatch.store.keys import Key

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the key; its events carry it as source.")]


def create(
    name: Name,
    scopes: Annotated[
        list[str], typer.Option("--scope", metavar="SCOPE", help="ingest, read or admin; repeatable.")
    ],
    expires_in: Annotated[
        str | None, typer.Option("--expires-in", metavar="LENGTH", help="Such as 90d; left out: never.")
    ] = None,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Make a key and print it.

    It is shown this one time, since only its hash is kept.

    \b
    Examples:
      cascadewatch keys create checkout --scope ingest
      cascadewatch keys create grafana --scope read --expires-in 90d
    """
    from cascadewatch.cli.times import length
    from cascadewatch.store import keys

    now = clock()
    expires = None if expires_in is None else now + length("--expires-in", expires_in)
    with opened(config, db) as (_, store):
        key = keys.create(store, name, scopes, now, expires, commander())
        with store.reading() as connection:
            made = next(k for k in keys.all_keys(connection) if k.name == name)
        answer({"key": key} | _document(made, now), as_json, lambda: key)  # whatever happens afterwards
    if not as_json:
        say("Keep it now, it is not shown again. Senders put it into the header Authorization: Bearer KEY")


def list_keys(config: Config = None, db: Db = None, as_json: Json = False) -> None:
    """List the keys, never the secrets.

    \b
    Examples:
      cascadewatch keys list
    """
    from cascadewatch.cli.times import told
    from cascadewatch.store.keys import all_keys

    now = clock()
    with opened(config, db) as (settings, store), store.reading() as connection:
        found = all_keys(connection)

    def text() -> str:
        head = ("name", "scopes", "state", "created", "last used")
        rows = [
            (
                k.name, ",".join(sorted(k.scopes)), _state(k, now), told(k.created, settings.timezone),
                told(k.last_used, settings.timezone) if k.last_used else "–",
            )
            for k in found
        ]  # fmt: skip
        return table(head, rows) if rows else "No keys yet: cascadewatch keys create NAME --scope ingest"

    answer([_document(k, now) for k in found], as_json, text)


def revoke(name: Name, config: Config = None, db: Db = None, as_json: Json = False) -> None:
    """Make a key useless; running servers notice within seconds.

    \b
    Examples:
      cascadewatch keys revoke checkout
    """
    from cascadewatch.store import keys

    with opened(config, db) as (_, store):
        keys.revoke(store, name, clock(), commander())
    answer({"revoked": name}, as_json, lambda: f"{name} is revoked")


def _document(key: "Key", now: int) -> dict[str, Any]:
    from cascadewatch.store.reads import stamp

    times = {name: getattr(key, name) for name in ("created", "expires", "last_used", "revoked")}
    about = {"name": key.name, "prefix": key.prefix, "scopes": sorted(key.scopes), "state": _state(key, now)}
    return about | {name: None if value is None else stamp(value) for name, value in times.items()}


def _state(key: "Key", now: int) -> str:
    if key.revoked is not None:
        return "revoked"
    return "expired" if key.expires is not None and key.expires <= now else "valid"
