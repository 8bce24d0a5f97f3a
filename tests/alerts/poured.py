"""Traffic as sums, put straight into the rollups: weeks of it in no time, for tests of what reads them."""

from collections.abc import Iterable

from sqlalchemy import Connection, select, tuple_, update

from cascadewatch.drift.hours import Bucket
from cascadewatch.store import dialect, tables
from cascadewatch.store.cells import ALL, MINUTE, QUARTER
from cascadewatch.store.rollup_tables import ROLLUPS


def introduce(connection: Connection, *cascades: str) -> None:
    """Cascades with a cheap tier and a flagship that have been seen before."""
    for name in cascades:
        rows = [(name, tier, "model", None, None, None) for tier in ("small", "flagship")]
        dialect.insert(connection, tables.tiers, rows)


def keep_minutes_since(connection: Connection, time: int) -> None:
    """The sums per minute go back to that moment (epoch ms)."""
    meta = tables.meta
    connection.execute(update(meta).where(meta.c.key == "minute_horizon").values(value=str(time)))


def pour(
    connection: Connection, cascade: str, buckets: Iterable[Bucket], route: str = "default", **columns: str
) -> None:
    """Adds (epoch seconds, escalated, judged) to a route and to its cascade, in minutes and quarter-hours.

    `columns` name what else counts like `escalated` or `judged`: `fallbacks="escalated"`.
    """
    listed = list(buckets)
    floor = _floor(connection)
    _know(connection, cascade, route)
    for tier, width in (("minute", MINUTE), ("quarter", QUARTER)):
        sums: dict[int, list[int]] = {}
        for time, k, n in listed:
            if tier == "quarter" or time * 1000 >= floor:
                here = sums.setdefault(time * 1000 - time * 1000 % width, [0, 0])
                here[0], here[1] = here[0] + k, here[1] + n
        for name in (ALL, route):
            _add(connection, tier, (cascade, name), sums, columns)


def _add(
    connection: Connection,
    tier: str,
    stream: tuple[str, str],
    sums: dict[int, list[int]],
    columns: dict[str, str],
) -> None:
    table = ROLLUPS["events"].tiers[tier]
    nothing = dict.fromkeys(table.c.keys(), 0)
    rows = []
    for at, (k, n) in sums.items():
        counted = {"events": n, "judged": n, "escalated": k, "flagship": k}
        counted |= {name: counted[like] for name, like in columns.items()}
        fixed = {"cascade": stream[0], "origin": "live", "route": stream[1], "bucket": at, "revision": ""}
        rows.append(tuple({**nothing, **counted, **fixed}.values()))
    dialect.add(connection, table, rows)


def _know(connection: Connection, cascade: str, route: str) -> None:
    """Routes are read by the names that are known."""
    row = ("route", cascade, route)
    known = select(tables.names).where(tuple_(*tables.names.primary_key) == row)
    if connection.execute(known).first() is None:
        dialect.insert(connection, tables.names, [(*row, 0)])


def _floor(connection: Connection) -> int:
    meta = tables.meta
    return int(connection.execute(meta.select().where(meta.c.key == "minute_horizon")).one().value)
