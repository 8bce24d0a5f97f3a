"""`verify` and `db`: the database itself."""

import typer

from cascadewatch.cli.actor import commander
from cascadewatch.cli.clock import clock
from cascadewatch.cli.opening import opened
from cascadewatch.cli.options import Config, Db, Json
from cascadewatch.cli.output import answer, say
from cascadewatch.cli.progress import progress_bar


def verify(config: Config = None, db: Db = None, as_json: Json = False) -> None:
    """Check that what is stored fits together.

    Prints a JSON summary. Writing may go on meanwhile. Exit code 1 when an invariant is broken.

    \b
    Examples:
      cascadewatch verify
    """
    from cascadewatch.store.verify import verify as verified

    with opened(config, db) as (settings, store), progress_bar() as progress:
        found = verified(store, settings, lambda done, of: progress("verifying", done, of))
    answer(found, True, str)
    _ = as_json  # the summary is JSON either way
    if not found["ok"]:
        say("Something does not fit. Sums (I2): `cascadewatch db rebuild`. For the rest see docs/store.md")
        raise typer.Exit(1)


def upgrade(config: Config = None, db: Db = None, as_json: Json = False) -> None:
    """Bring the database to this program's schema.

    The sums of the events held are made anew with it, as after db rebuild. A SQLite file is backed up
    first; take a backup of Postgres yourself.

    \b
    Examples:
      cascadewatch db upgrade --db postgresql://owner@db/cascadewatch
    """
    from cascadewatch.settings import load
    from cascadewatch.store import migrate
    from cascadewatch.store.engine import Store

    settings = load(config, database_url=db)
    store = Store(settings.database_url)
    try:
        with progress_bar() as progress:
            before = migrate.upgrade(
                store, settings, clock(), commander(), lambda done, of: progress("adding up", done, of)
            )
    finally:
        store.close()
    document = {"before": before, "after": migrate.HEAD}
    anew = "" if before in (None, migrate.HEAD) else ", and the sums of the events held were made anew"
    answer(document, as_json, lambda: f"schema {before or 'none'} -> {migrate.HEAD}{anew}")


def rebuild(config: Config = None, db: Db = None, as_json: Json = False) -> None:
    """Make the rollups anew from the events still held.

    Sums from before the oldest day whose events are all held stay as they are. Where the settings name
    another `timezone` than the one of the days kept, all days are made anew first.

    \b
    Examples:
      cascadewatch db rebuild
    """
    from cascadewatch.store import audit, rollup
    from cascadewatch.store.rezone import rezone
    from cascadewatch.store.state import State

    with opened(config, db) as (settings, store), progress_bar() as progress:
        rezone(store, settings)
        with store.writing() as connection:
            state = State(connection, settings)
            rebuilt = rollup.rebuild(connection, state, lambda done, of: progress("adding up", done, of))
            audit.record(connection, commander(), "db.rebuild", "rollups", clock(), after={"events": rebuilt})
    answer({"events": rebuilt}, as_json, lambda: f"rollups made anew from {rebuilt:,} events")
