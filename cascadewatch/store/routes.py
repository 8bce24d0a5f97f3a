"""The names under which the rollups of a cascade know its routes.

Every rollup by route has the route before the bucket in its key. So "every route apart" is asked for by
name: each is a seek to its range, where `route <> ''` would read the cascade's whole history.
"""

from sqlalchemy import ColumnElement, Connection, Table, literal, select, union_all

from cascadewatch.store import tables
from cascadewatch.store.cells import ALL, DAY_TIER
from cascadewatch.store.rollup_tables import ROLLUPS
from cascadewatch.store.state import OTHER

FORMER = "former route"  # a kind of name: of sums whose events are gone. It takes no room under a cap


def apart(table: Table, cascade: str) -> ColumnElement[bool]:
    """The rows of single routes of a cascade in a rollup, without those that sum over all of them.
    `__other__` is always one of the names: older sums may be under it where a rebuild had room for all."""
    names = tables.names.c
    known = select(names.name).where(names.kind.in_(("route", FORMER)), names.scope == cascade)
    return table.c.route.in_(union_all(known, select(literal(OTHER))))


def summed(connection: Connection) -> list[tuple[str, str, str]]:
    """Kind, cascade and route of every sum there is, as rows of `names`. Days are kept longest."""
    days = ROLLUPS["events"].tiers[DAY_TIER].c
    some = select(days.cascade, days.route).where(days.route.not_in((ALL, OTHER))).distinct()
    return [(FORMER, cascade, route) for cascade, route in connection.execute(some)]
