"""The statements with which `verify` compares sums: each adds up one side and takes away the other.

They are made once for a kind of database, and kept.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    CursorResult,
    FromClause,
    Label,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg

from cascadewatch.store.cells import ALL, HOUR, MINUTE, QUARTER, UTC_DAY
from cascadewatch.store.rollup_tables import ROLLUPS, Rollup
from cascadewatch.store.verification.columns import END, START
from cascadewatch.store.verification.names import Fold
from cascadewatch.store.verification.rows import expected
from cascadewatch.store.verification.steps import Steps

WIDTHS = {"minute": MINUTE, "quarter": QUARTER, "hour": HOUR, "utc_day": UTC_DAY}
_PREFIX = ("cascade", "origin", "route")  # of a primary key, before the bucket


class Kind(NamedTuple):
    """What statements depend on besides what they compare."""

    dialect: str
    capped: frozenset[str]

    @property
    def sqlite(self) -> bool:
        """The alternative is Postgres."""
        return self.dialect == "sqlite"

    def worded(self, statement: Select[Any]) -> "Statement":
        """The statement as this database understands it."""
        compiled: Any = statement.compile(dialect=_dialect(self.sqlite))
        return Statement(compiled.string, compiled.params, compiled.positiontup if self.sqlite else None)


def _dialect(is_sqlite: bool) -> Any:
    made: Any = sqlite.dialect if is_sqlite else psycopg.dialect
    return made()


class Statement(NamedTuple):
    """A compiled SQL statement and its parameters. Compiled once, because with this many columns compiling
    takes longer than running it on a small database."""

    words: str
    parameters: Mapping[str, Any]
    places: Sequence[str] | None  # where parameters have places instead of names

    def ask(self, connection: Connection, **given: Any) -> CursorResult[Any]:
        """The answer of one database."""
        values = {**self.parameters, **given}
        if self.places is None:
            return connection.exec_driver_sql(self.words, values)
        return connection.exec_driver_sql(self.words, tuple(values[name] for name in self.places))


class Side(NamedTuple):
    """One side of a comparison: the dimensions and the measures of its rows."""

    keys: Sequence[Any]
    measures: Sequence[Any]
    source: FromClause
    where: Sequence[ColumnElement[bool]]

    def selected(self, sign: int = 1) -> Select[Any]:
        """The rows; with sign -1 what they take away."""
        measures = self.measures if sign > 0 else [-m for m in self.measures]
        return select(*self.keys, *measures).select_from(self.source).where(*self.where)


@cache
def with_rows(family: str, tier: str, kind: Kind) -> Statement:
    """A tier and the rows of the events; those of single routes, where it has routes."""
    rollup, table = ROLLUPS[family], ROLLUPS[family].tiers[tier]
    made = expected(family, WIDTHS[tier], Fold(kind.capped), Steps(kind.sqlite))
    routes = (table.c.route != ALL,) if "route" in table.c else ()
    return _differences(rollup, made, _stored(table, kind, routes), kind)


@cache
def whole_with_routes(family: str, tier: str, kind: Kind) -> Statement:
    """The sums over all routes of a tier, and those of its routes."""
    rollup, table = ROLLUPS[family], ROLLUPS[family].tiers[tier]
    routes, whole = (_stored(table, kind, (one,)) for one in (table.c.route != ALL, table.c.route == ALL))
    for_all = {"route", "revision"}
    keys = [literal_column("''") if key.name in for_all else key for key in routes.keys]
    return _differences(rollup, [routes._replace(keys=keys).selected()], whole, kind)


@cache
def wider(family: str, tier: str, finer: str, kind: Kind) -> Statement:
    """A tier and the next finer one; of days START to END must be one."""
    rollup, source = ROLLUPS[family], ROLLUPS[family].tiers[finer]
    side, width = _stored(source, kind, ()), WIDTHS.get(tier)
    at: Any = START
    if width is not None:
        at = source.c.bucket - source.c.bucket % literal_column(str(width))
    keys = [at if key.name == "bucket" else key for key in side.keys]
    return _differences(
        rollup, [side._replace(keys=keys).selected()], _stored(rollup.tiers[tier], kind, ()), kind
    )


def prefix(table: Table) -> list[str]:
    """What a rollup's key says before the bucket."""
    return [name for name in _PREFIX if name in table.c]


def series_parameters(table: Table, series: Sequence[Sequence[str]], kind: Kind) -> dict[str, Any]:
    """The series of a table as its statements take them."""
    if kind.sqlite:
        return {table.name: json.dumps([list(one) for one in series])}
    return {f"{table.name}_{name}": [one[i] for one in series] for i, name in enumerate(prefix(table))}


def _stored(table: Table, kind: Kind, where: Sequence[ColumnElement[bool]]) -> Side:
    """The rows of a rollup between START and END, found by the series there are: its key begins with
    them, and a scan for every stretch of time would take longer than everything else."""
    columns, series = list(table.c), _series(table, kind)
    keys = len(table.primary_key)
    same = [table.c[name] == series.c[name] for name in prefix(table)]
    within = (table.c.bucket >= START, table.c.bucket < END)
    source = series.join(table, and_(*same))
    return Side(columns[:keys], columns[keys:], source, (*within, *where))


def _series(table: Table, kind: Kind) -> FromClause:
    names = prefix(table)
    if kind.sqlite:
        given = func.json_each(bindparam(table.name)).table_valued("value")
        parts = [
            func.json_extract(given.c.value, literal_column(f"'$[{i}]'"), type_=Text).label(name)
            for i, name in enumerate(names)
        ]
        return select(*parts).subquery()
    lists = [bindparam(f"{table.name}_{name}", type_=ARRAY(Text)) for name in names]
    return func.unnest(*lists).table_valued(*names).render_derived()


def _differences(rollup: Rollup, made: Sequence[Select[Any]], held: Side, kind: Kind) -> Statement:
    """The keys under which the sums of `made` and of `held` differ, and by how much."""
    keys, names = rollup.dimensions, rollup.measures
    columns = [f"k{i}" for i in range(len(keys))], [f"m{i}" for i in range(len(names))]
    sides = [_named(side, [*columns[0], *columns[1]]) for side in (*made, held.selected(-1))]
    both = union_all(*sides).subquery()
    by = [both.c[name] for name in columns[0]]
    sums = [func.sum(both.c[name], type_=BigInteger) for name in columns[1]]
    wrong = [total != literal_column("0") for total in sums]
    if kind.sqlite:  # which turns a sum past 2**63 into a float without a word
        whole: ColumnElement[int] = sums[0]
        for total in sums[1:]:
            whole = whole + total
        wrong.append(func.typeof(whole) == literal_column("'real'"))
    # Sorting is the most of it: time first, in whose order events come, then what tells rows apart soonest.
    order = sorted(range(len(keys)), key=lambda i: (keys[i] != "bucket", keys[i] != "bin", -i))
    statement = select(*by, *sums).group_by(*(by[i] for i in order)).having(or_(*wrong))
    return kind.worded(statement)


def _named(rows: Select[Any], names: Sequence[str]) -> Select[Any]:
    """Rows with other names for their columns."""
    values = [c.element if isinstance(c, Label) else c for c in rows.selected_columns]
    named = [value.label(name) for value, name in zip(values, names, strict=True)]
    return rows.with_only_columns(*named, maintain_column_froms=True)
