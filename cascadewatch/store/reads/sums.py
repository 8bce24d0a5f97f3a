"""Sums of rollup rows over a covered range."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Table, func, select

from cascadewatch.store import routes
from cascadewatch.store.cells import ALL, QUARTER
from cascadewatch.store.cover import Segment
from cascadewatch.store.rollup_tables import ROLLUPS

Sums = dict[str, int]


class Of(NamedTuple):
    """Whose sums: `route` "" are the rows over all routes, None every route apart from those."""

    cascade: str
    route: str | None = ALL
    origin: str = "live"


def zero(family: str) -> Sums:
    """Sums of nothing."""
    return dict.fromkeys(ROLLUPS[family].measures, 0)


def grouped(
    connection: Connection,
    family: str,
    segments: Iterable[Segment],
    of: Of,
    by: Sequence[str] = (),
    measures: Sequence[str] = (),
) -> dict[tuple[Any, ...], Sums]:
    """The measures of a family (all, unless some are named) summed over the segments, per value of the
    columns in `by`."""
    measures = measures or ROLLUPS[family].measures
    out: dict[tuple[Any, ...], Sums] = {}
    for segment in segments:
        table = ROLLUPS[family].tiers[segment.tier]
        statement = (
            select(*(table.c[name] for name in by), *_sums(table, tuple(measures)))
            .where(*_where(table, of), *_within(table, segment))
            .group_by(*(table.c[name] for name in by))
        )
        for row in connection.execute(statement):
            _add(out, tuple(row[: len(by)]), measures, row[len(by) :])
    return out


def total(
    connection: Connection, family: str, segments: Iterable[Segment], of: Of, measures: Sequence[str] = ()
) -> Sums:
    """One row of sums over the segments (all measures, unless some are named); zeros where nothing was
    counted."""
    found = grouped(connection, family, segments, of, (), measures)
    return found.get((), dict.fromkeys(measures, 0) or zero(family))


def first(connection: Connection, of: Of, start: int, end: int) -> int | None:
    """Start of the first quarter of an hour with events from `start` up to `end` (epoch ms)."""
    table = ROLLUPS["events"].tiers["quarter"]
    within = _within(table, Segment("quarter", start - start % QUARTER, end))
    return connection.execute(select(func.min(table.c.bucket)).where(*_where(table, of), *within)).scalar()


def per_bucket(
    connection: Connection,
    family: str,
    segment: Segment,
    width: int | None,
    of: Of,
    by: Sequence[str] = (),
    measures: Sequence[str] = (),
) -> dict[tuple[Any, ...], Sums]:
    """The measures (all, unless some are named) per bucket of `width` ms (None: the tier's own),
    keyed (bucket, *by)."""
    table = ROLLUPS[family].tiers[segment.tier]
    measures = measures or ROLLUPS[family].measures
    bucket = table.c.bucket if width is None else table.c.bucket - table.c.bucket % width
    columns = [bucket.label("start"), *(table.c[name] for name in by)]
    statement: Select[Any] = (
        select(*columns, *_sums(table, tuple(measures)))
        .where(*_where(table, of), *_within(table, segment))
        .group_by(*columns)
        .order_by(*columns)
    )
    places = 1 + len(by)
    return {
        tuple(row[:places]): dict(zip(measures, map(int, row[places:]), strict=True))
        for row in connection.execute(statement)
    }


@lru_cache(maxsize=128)
def _sums(table: Table, measures: tuple[str, ...]) -> tuple[ColumnElement[Any], ...]:
    """One sum per measure. Making sixty anew takes longer than many a statement that asks for them."""
    return tuple(func.sum(table.c[name]) for name in measures)


def _where(table: Table, of: Of) -> list[Any]:
    conditions = [table.c.cascade == of.cascade, table.c.origin == of.origin]
    if "route" in table.c:
        one = table.c.route == of.route
        conditions.append(routes.apart(table, of.cascade) if of.route is None else one)
    return conditions


def _within(table: Table, segment: Segment) -> tuple[Any, Any]:
    return table.c.bucket >= segment.start, table.c.bucket < segment.end


def _add(
    out: dict[tuple[Any, ...], Sums], key: tuple[Any, ...], measures: Sequence[str], values: Any
) -> None:
    """Sums over no rows come as NULL and are left out."""
    if values[0] is None:
        return
    held = out.get(key)
    if held is None:
        out[key] = dict(zip(measures, map(int, values), strict=True))
    else:
        for m, v in zip(measures, values, strict=True):
            held[m] += int(v)
