"""`keys`: who may send, read or act."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cascadewatch.cli.actor import commander
from cascadewatch.cli.clock import clock
from cascadewatch.cli.opening import opened
from cascadewatch.cli.options import Config, Db, Json
from cascadewatch.cli.output import answer, say, table

if TYPE_CHECKING:
    from sqlalchemy import Connection

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
            made = _made(connection, key)
        answer({"key": key} | _document(made, now), as_json, lambda: key)  # whatever happens afterwards
    if not as_json:
        say("Keep it now, it is not shown again. Senders put it into the header Authorization: Bearer KEY")


def rotate(
    name: Name,
    overlap: Annotated[
        str, typer.Option("--overlap", metavar="LENGTH", help="How long the former key stays valid.")
    ] = "1d",
    leaked: Annotated[
        bool, typer.Option("--leaked", help="Revoke the former key at once, without an overlap.")
    ] = False,
    expires_in: Annotated[
        str | None, typer.Option("--expires-in", metavar="LENGTH", help="Left out: as long as the former.")
    ] = None,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Make a new key under the same name and print it.

    Events keep their source, so nothing is refused or counted twice while senders change over.

    \b
    Examples:
      cascadewatch keys rotate checkout --overlap 7d
      cascadewatch keys rotate checkout --leaked
    """
    from cascadewatch.cli.times import length, told
    from cascadewatch.store import keys

    now = clock()
    expires = None if expires_in is None else now + length("--expires-in", expires_in)
    lasting = 0 if leaked else length("--overlap", overlap)
    with opened(config, db) as (settings, store):
        key = keys.rotate(store, name, now, lasting, expires, commander())
        with store.reading() as connection:
            made = _made(connection, key)
        answer({"key": key} | _document(made, now), as_json, lambda: key)
    if not as_json:
        say("Keep it now, it is not shown again. " + _former(leaked, told(now + lasting, settings.timezone)))


def _former(leaked: bool, end: str) -> str:
    return "The former key is revoked" if leaked else f"The former key is valid until {end} at the latest"


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
        head = ("name", "prefix", "scopes", "state", "created", "ends", "last used")
        rows = [
            (
                k.name, k.prefix, ",".join(sorted(k.scopes)), k.state(now),
                *(told(t, settings.timezone) if t else "–" for t in (k.created, k.expires, k.last_used)),
            )
            for k in found
        ]  # fmt: skip
        return table(head, rows) if rows else "No keys yet: cascadewatch keys create NAME --scope ingest"

    answer([_document(k, now) for k in found], as_json, text)


def revoke(
    name: Name,
    prefix: Annotated[
        str | None, typer.Option("--prefix", metavar="PREFIX", help="Of several of that name this one.")
    ] = None,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Make all keys of a name useless.

    Running servers notice within seconds.

    \b
    Examples:
      cascadewatch keys revoke checkout
      cascadewatch keys revoke checkout --prefix 1f3a9c2e
    """
    from cascadewatch.store import keys

    with opened(config, db) as (_, store):
        keys.revoke(store, name, clock(), commander(), prefix)
    answer({"revoked": name}, as_json, lambda: f"{name} is revoked")


def _made(connection: "Connection", key: str) -> "Key":
    from cascadewatch.store.keys import all_keys

    return next(k for k in all_keys(connection) if k.prefix == key.split("_")[1])


def _document(key: "Key", now: int) -> dict[str, Any]:
    from cascadewatch.moments import rfc3339

    times = {name: getattr(key, name) for name in ("created", "expires", "last_used", "revoked")}
    about = {"name": key.name, "prefix": key.prefix, "scopes": sorted(key.scopes), "state": key.state(now)}
    return about | {name: None if value is None else rfc3339(value) for name, value in times.items()}
