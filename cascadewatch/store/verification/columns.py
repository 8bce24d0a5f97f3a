"""How the comparisons of `verify` speak of the columns of rows."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Double, and_, bindparam, case, cast, func, literal_column

from cascadewatch.metrics.measures import PARTS
from cascadewatch.store import tables
from cascadewatch.store.verification.names import Fold

e, a, x = tables.events.c, tables.attempts.c, tables.labels.c
START, END = bindparam("start", type_=BigInteger), bindparam("end", type_=BigInteger)
WITHIN = and_(e.time >= START, e.time < END)
_EVEN = 2.0**52  # from here on every double is whole; added and taken away again it rounds half to even


def spent() -> ColumnElement[int]:
    """What an event cost."""
    total: ColumnElement[int] = e[f"cost_{PARTS[0]}"]
    for part in PARTS[1:]:
        total = total + e[f"cost_{part}"]
    return total


def bucket(width: int) -> ColumnElement[int]:
    """The bucket of an event's time."""
    return (e.time - e.time % literal_column(str(width))).label("bucket")


def place(width: int, fold: Fold) -> list[Any]:
    """What the keys of nearly all sums begin with."""
    return [e.cascade, e.origin, fold.route(), bucket(width)]


def flag(condition: Any) -> ColumnElement[int]:
    """1 where it holds, else 0."""
    return case((condition, literal_column("1")), else_=literal_column("0"))


def when(condition: Any, value: Any) -> ColumnElement[int]:
    """The value where it holds, else 0."""
    return case((condition, value), else_=literal_column("0"))


def known(column: Any) -> ColumnElement[int]:
    """The value; 0 where it is not known."""
    return func.coalesce(column, literal_column("0"))


def whole(value: Any) -> ColumnElement[int]:
    """Rounded half to even."""
    even = literal_column(f"{_EVEN:.1f}", Double)
    return cast(case((value < even, value + even - even), else_=value), BigInteger)


def inputs(attempt: Any) -> ColumnElement[int]:
    """All tokens of the prompt."""
    return known(attempt.input) + known(attempt.cache_read) + known(attempt.cache_write)


def in_order(measures: Mapping[str, Any], names: tuple[str, ...]) -> list[Any]:
    """The measures in the order of a table; none may be missing."""
    assert set(measures) == set(names)
    return [measures[name].label(name) for name in names]
