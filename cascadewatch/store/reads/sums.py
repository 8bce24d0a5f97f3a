"""Sums of rollup rows over a covered range."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Select, Table, func, select

from cascadewatch.store.cells import ALL
from cascadewatch.store.cover import Segment
from cascadewatch.store.tables import ROLLUPS

Sums = dict[str, int]


def zero(family: str) -> Sums:
    """Sums of nothing."""
    return dict.fromkeys(ROLLUPS[family].measures, 0)


def grouped(
    connection: Connection,
    family: str,
    segments: Iterable[Segment],
    cascade: str,
    route: str | None = ALL,
    by: Sequence[str] = (),
    origin: str = "live",
) -> dict[tuple[Any, ...], Sums]:
    """The measures of a family summed over the segments, per value of the columns in `by`.

    `route` "" reads the rows over all routes; None reads every route apart from those.
    """
    measures = ROLLUPS[family].measures
    out: dict[tuple[Any, ...], Sums] = {}
    for segment in segments:
        table = ROLLUPS[family].tiers[segment.tier]
        statement = (
            select(*(table.c[name] for name in by), *(func.sum(table.c[name]) for name in measures))
            .where(*_where(table, cascade, origin, route), *_within(table, segment))
            .group_by(*(table.c[name] for name in by))
        )
        for row in connection.execute(statement):
            _add(out, tuple(row[: len(by)]), measures, row[len(by) :])
    return out


def total(
    connection: Connection, family: str, segments: Iterable[Segment], cascade: str, route: str | None = ALL
) -> Sums:
    """One row of sums over the segments; zeros where nothing was counted."""
    return grouped(connection, family, segments, cascade, route).get((), zero(family))


def per_bucket(
    connection: Connection, family: str, tier: str, span: tuple[int, int], width: int | None, cascade: str,
    route: str | None = ALL, by: Sequence[str] = (),
) -> dict[tuple[Any, ...], Sums]:  # fmt: skip
    """The measures per bucket of `width` ms (None: the tier's own), keyed (bucket, *by)."""
    table = ROLLUPS[family].tiers[tier]
    measures = ROLLUPS[family].measures
    bucket = table.c.bucket if width is None else table.c.bucket - table.c.bucket % width
    columns = [bucket.label("start"), *(table.c[name] for name in by)]
    statement: Select[Any] = (
        select(*columns, *(func.sum(table.c[name]) for name in measures))
        .where(*_where(table, cascade, "live", route), *_within(table, Segment(tier, *span)))
        .group_by(*columns)
        .order_by(*columns)
    )
    places = 1 + len(by)
    return {
        tuple(row[:places]): {m: int(v) for m, v in zip(measures, row[places:], strict=True)}
        for row in connection.execute(statement)
    }


def _where(table: Table, cascade: str, origin: str, route: str | None) -> list[Any]:
    conditions = [table.c.cascade == cascade, table.c.origin == origin]
    if "route" in table.c:
        conditions.append(table.c.route != ALL if route is None else table.c.route == route)
    return conditions


def _within(table: Table, segment: Segment) -> tuple[Any, Any]:
    return table.c.bucket >= segment.start, table.c.bucket < segment.end


def _add(out: dict[tuple[Any, ...], Sums], key: tuple[Any, ...], measures: Sequence[str], values: Any) -> None:
    """Sums over no rows come as NULL and are left out."""
    if values[0] is None:
        return
    held = out.get(key)
    if held is None:
        out[key] = {m: int(v) for m, v in zip(measures, values, strict=True)}
    else:
        for m, v in zip(measures, values, strict=True):
            held[m] += int(v)
