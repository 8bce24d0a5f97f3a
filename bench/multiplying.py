"""Blows rollups up to the size they have after months: the fullest bucket, again and again.

The event rows stay as they are, so sums and rows no longer agree: good for timing only. Routes beyond
those of the events get sums alone and no distributions, which lie apart by route and would take hours.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, func, select, text

from cascadewatch.settings import Retention
from cascadewatch.store import dialect
from cascadewatch.store.cells import ALL
from cascadewatch.store.engine import Store
from cascadewatch.store.rollup_tables import ROLLUPS

DAY = 86_400_000
WIDTH = {"minute": 60_000, "quarter": 900_000, "hour": 3_600_000, "day": DAY, "utc_day": DAY}
KEPT_DAYS = {"minute": Retention().minute_days, "hour": Retention().caller_hour_days}
TOGETHER = 200_000  # rows in one transaction
Row = tuple[Any, ...]


def multiply(store: Store, now: int, days: int, routes: int) -> dict[str, int]:
    """Fills every rollup over the `days` until `now` (UTC), for that many routes; rows per table."""
    counts = {}
    for family, rollup in ROLLUPS.items():
        for tier, table in rollup.tiers.items():
            width, kept = WIDTH[tier], min(days, KEPT_DAYS.get(tier, days))
            buckets = range(now - now % width - kept * DAY + width, now, width)
            rows = _model(store, table, rollup.measures[0])
            if family in ("events", "attempts"):
                rows = _for_routes(rows, list(table.c.keys()).index("route"), routes)
            counts[table.name] = _replace(store, table, rows, buckets)
    if store.dialect == "postgresql":  # which does so by itself after a while; SQLite never does
        with store.writing() as connection:
            connection.execute(text("ANALYZE"))
    return counts


def _model(store: Store, table: Table, measure: str) -> list[Row]:
    """The rows of the fullest bucket."""
    fullest = (
        select(table.c.bucket).group_by(table.c.bucket).order_by(func.sum(table.c[measure]).desc()).limit(1)
    )
    with store.reading() as connection:
        rows = connection.execute(select(table).where(table.c.bucket == fullest.scalar_subquery()))
        return [tuple(row) for row in rows]


def _for_routes(rows: list[Row], place: int, routes: int) -> list[Row]:
    """The sums over all routes once, and those of the known routes under as many names as wanted."""
    known = sorted({row[place] for row in rows} - {ALL})
    names = [*known, *(f"route-{n}" for n in range(len(known), routes))][:routes]
    out = [row for row in rows if row[place] == ALL]
    for n, name in enumerate(names):
        like = known[n % len(known)]
        out += [(*row[:place], name, *row[place + 1 :]) for row in rows if row[place] == like]
    return out


def _replace(store: Store, table: Table, rows: list[Row], buckets: Sequence[int]) -> int:
    """Empties a table and fills it with the rows, once for each bucket."""
    place = list(table.c.keys()).index("bucket")
    with store.writing() as connection:
        connection.execute(table.delete())
    step = max(1, TOGETHER // max(1, len(rows)))
    for start in range(0, len(buckets), step):
        with store.writing() as connection:
            _insert(connection, table, rows, buckets[start : start + step], place)
    return len(rows) * len(buckets)


def _insert(
    connection: Connection, table: Table, rows: list[Row], buckets: Sequence[int], place: int
) -> None:
    moved = [(*row[:place], bucket, *row[place + 1 :]) for bucket in buckets for row in rows]
    dialect.insert(connection, table, moved)
