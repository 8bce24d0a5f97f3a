"""How far each stream of a drift rule has been watched: one row for each, replaced at every look."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, select

from cascadewatch.store import dialect
from cascadewatch.store.alert_tables import drift_states as table

_KEY = {"a": table.c.rule, "b": table.c.cascade, "c": table.c.route}


class Row(NamedTuple):
    """`baseline` is the id of a pinned one, None while the guard watches; `look` the end (epoch ms) of the
    last requests taken, `state` the JSON of cascadewatch.drift.watch_state."""

    rule: str
    cascade: str
    route: str
    baseline: int | None
    look: int
    state: str


def states(connection: Connection) -> list[Row]:
    """Every stream."""
    return [Row(*row) for row in connection.execute(select(table)).all()]


def save(connection: Connection, rows: Iterable[Row]) -> None:
    """Puts these rows in the place of those with the same rule, cascade and route."""
    listed = list(rows)
    if not listed:
        return
    mine = [column == bindparam(name) for name, column in _KEY.items()]
    keys = [{"a": row.rule, "b": row.cascade, "c": row.route} for row in listed]
    connection.execute(delete(table).where(*mine), keys)
    dialect.insert(connection, table, listed)
