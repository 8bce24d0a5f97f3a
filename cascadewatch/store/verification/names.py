"""Under which name sums count a name, said in SQL: itself, or `__other__` past a cap."""

from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, literal_column, or_

from cascadewatch.store import tables
from cascadewatch.store.state import OTHER, Names

_NONE: ColumnElement[str] = literal_column("''")
_OTHER: ColumnElement[str] = literal_column(f"'{OTHER}'")


def capped(names: Names) -> frozenset[str]:
    """The kinds of names of which some cascade had more than its cap."""
    return frozenset(kind for (kind, _), known in names.known.items() if OTHER in known)


class Fold:
    """Names of events and attempts as the rollups know them. Where no cap was reached, as nearly
    everywhere, a name is itself, and nothing is looked up."""

    def __init__(self, capped: frozenset[str]) -> None:
        self.capped = capped  # kinds of names of which some cascade has too many

    def name(self, kind: str, name: Any) -> ColumnElement[str]:
        """A name of one of the kinds in `names`; "" where there is none."""
        return func.coalesce(self._folded(kind, name, name), _NONE)

    def route(self) -> ColumnElement[str]:
        """The route an event is counted under."""
        return self.name("route", tables.events.c.route)

    def revision(self) -> ColumnElement[str]:
        """The revision an event is counted under: the first to go when there are too many series."""
        revision = self.name("revision", tables.events.c.revision)
        if "series" not in self.capped:
            return revision
        newline: ColumnElement[str] = literal_column("'\n'")
        series = self.route() + newline + revision
        other = case((revision == "", _NONE), else_=_OTHER)
        return self._folded("series", series, revision, other)

    def _folded(self, kind: str, asked: Any, name: Any, other: Any = _OTHER) -> ColumnElement[str]:
        if kind not in self.capped:
            itself: ColumnElement[str] = name
            return itself
        of = (tables.names.c.kind == kind, tables.names.c.scope == tables.events.c.cascade)
        known = exists().where(*of, tables.names.c.name == asked)
        full = exists().where(*of, tables.names.c.name == OTHER)
        return case((or_(asked.is_(None), known, ~full), name), else_=other)
