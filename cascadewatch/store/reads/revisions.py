"""When a revision was in use.

Days say where to look, since there are a hundredth of them; then only the quarter-hours of one day are read.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from cascadewatch.store.cells import DAY_TIER, QUARTER, UTC_DAY
from cascadewatch.store.rollup_tables import ROLLUPS
from cascadewatch.store.routes import apart

LONGEST_DAY = 2 * UTC_DAY  # a local day is shorter


def span_of(connection: Connection, cascade: str, revision: str) -> tuple[int, int] | None:
    """From the first to the last quarter-hour with live events of it (epoch ms); None if it has none."""
    t = ROLLUPS["events"].tiers[DAY_TIER].c
    held = select(t.bucket).where(*_live(DAY_TIER, cascade), t.revision == revision).distinct()
    days = connection.execute(held.order_by(t.bucket)).scalars().all()
    firsts = _quarters(connection, cascade, days, revision)
    lasts = _quarters(connection, cascade, reversed(days), revision)
    first, last = next(firsts, None), next(lasts, None)
    return None if first is None or last is None else (first[0], last[1] + QUARTER)


def revisions(connection: Connection, cascade: str, most: int) -> list[str]:
    """Revisions of a cascade's live events, the latest first; not more than `most`."""
    t = ROLLUPS["events"].tiers[DAY_TIER].c
    latest = func.max(t.bucket)
    held = select(latest, t.revision).where(*_live(DAY_TIER, cascade), t.revision != "").group_by(t.revision)
    found: list[str] = []
    for day, rows in groupby(connection.execute(held.order_by(latest.desc())), key=lambda row: row[0]):
        found += _in_order(connection, cascade, day, [row[1] for row in rows])
        if len(found) >= most:
            break
    return found[:most]


def _quarters(
    connection: Connection, cascade: str, days: Iterable[int], revision: str
) -> Iterator[tuple[int, int]]:
    """The first and the last quarter-hour of each day; none of days whose quarter-hours are gone."""
    t = ROLLUPS["events"].tiers["quarter"].c
    for day in days:
        where = (*_live("quarter", cascade), *_within(t, day), t.revision == revision)
        first, last = connection.execute(select(func.min(t.bucket), func.max(t.bucket)).where(*where)).one()
        if first is not None:
            yield first, last


def _in_order(connection: Connection, cascade: str, day: int, names: list[str]) -> list[str]:
    """Revisions whose last day it was, the latest first."""
    t = ROLLUPS["events"].tiers["quarter"].c
    where = (*_live("quarter", cascade), *_within(t, day), t.revision.in_(names))
    latest = func.max(t.bucket).desc()
    rows = connection.execute(
        select(t.revision).where(*where).group_by(t.revision).order_by(latest, t.revision)
    )
    return list(rows.scalars())


def _live(tier: str, cascade: str) -> tuple[ColumnElement[bool], ...]:
    """Live events of single routes: rows over all routes have no revision."""
    table = ROLLUPS["events"].tiers[tier]
    return table.c.cascade == cascade, table.c.origin == "live", apart(table, cascade)


def _within(columns: Any, day: int) -> tuple[ColumnElement[bool], ...]:
    return columns.bucket >= day, columns.bucket < day + LONGEST_DAY
