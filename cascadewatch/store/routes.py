"""The names under which the rollups of a cascade know its routes.

Every rollup by route has the route before the bucket in its key. So "every route apart" is asked for by
name: each is a seek to its range, where `route <> ''` would read the cascade's whole history.
"""

from sqlalchemy import ColumnElement, Table, literal, select, union_all

from cascadewatch.store import tables
from cascadewatch.store.state import OTHER


def apart(table: Table, cascade: str) -> ColumnElement[bool]:
    """The rows of single routes of a cascade in a rollup, without those that sum over all of them.
    `__other__` is always one of the names: routes are counted under it past more than one cap."""
    names = tables.names.c
    known = select(names.name).where(names.kind == "route", names.scope == cascade)
    return table.c.route.in_(union_all(known, select(literal(OTHER))))
