"""Alembic's entry: the program passes its open connection; the developer's command line opens the
database that `cascadewatch.toml` names."""

from alembic import context
from sqlalchemy import Connection

from cascadewatch.store import alert_tables, replay_tables, rollup_tables
from cascadewatch.store.tables import metadata

assert rollup_tables.ROLLUPS  # their import adds them to the metadata
assert alert_tables.episodes is not None
assert replay_tables.replays is not None


def run(connection: Connection) -> None:
    """Migrates on one connection, inside the transaction it is in."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",  # SQLite alters by copying
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """The connection given, or one of our own."""
    given = context.config.attributes.get("connection")
    if given is not None:
        run(given)
        return
    from cascadewatch.settings import load
    from cascadewatch.store.engine import Store

    with Store(load().database_url).writing() as connection:
        run(connection)


main()
