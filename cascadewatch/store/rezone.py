"""Makes the sums per local day anew when the settings name another zone.

Only processes that serve do so, and once, as they start; all others go on with the zone of the days kept. So
no question about a database rewrites it, and no two processes make its days in turn.
"""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    MetaData,
    Select,
    Table,
    func,
    insert,
    select,
    text,
    union_all,
)

from cascadewatch.settings import Settings
from cascadewatch.store import dialect, tables
from cascadewatch.store.cells import DAY_TIER, HOUR, QUARTER
from cascadewatch.store.engine import Store
from cascadewatch.store.horizons import Horizons
from cascadewatch.store.rollup_tables import ROLLUPS, Rollup
from cascadewatch.store.state import State, touch
from cascadewatch.store.zone import local_days, next_day, zone_of

NOON = 12 * HOUR
ZONE_DAYS = Table("zone_days", MetaData(), Column("quarter", BigInteger), Column("day", BigInteger))


def rezone(store: Store, settings: Settings) -> None:
    """Sums quarter-hours up to the local days of the zone that the settings name, if the days are of another.
    Settings that name none leave the days as they are.

    Days whose quarter-hours are no longer kept are not cut anew: each moves as a whole to the day in which
    its noon lies now. Raises BusyError as `writing`.
    """
    if "timezone" not in settings.model_fields_set:
        return
    with store.reading() as connection:
        if zone_of(connection) == settings.timezone:
            return
    with store.writing() as connection:
        state = State(connection, settings)
        if state.timezone not in (None, settings.timezone):
            _make_anew(connection, state, local_days(settings.timezone))
            connection.execute(tables.meta.delete().where(tables.meta.c.key == "timezone"))
            state.timezone = None
        settle(connection, state)
        touch(connection)


def settle(connection: Connection, state: State) -> None:
    """Writes down the zone of the days, if there is none yet."""
    if state.timezone is None:
        state.timezone = state.settings.timezone
        dialect.insert(connection, tables.meta, [("timezone", state.timezone)])
        state.changed = True


def _make_anew(connection: Connection, state: State, local_day: Callable[[int], int]) -> None:
    connection.execute(text("CREATE TEMP TABLE zone_days (quarter BIGINT PRIMARY KEY, day BIGINT NOT NULL)"))
    quarters = list(_quarters(connection, local_day))
    connection.execute(text("INSERT INTO zone_days VALUES (:quarter, :day)"), quarters)
    for family in ("events", "attempts", "bins", "labels"):
        _days_from_quarters(connection, family, _first_whole(family, state.horizons, state.zone))
    connection.execute(text("DROP TABLE zone_days"))


def _first_whole(family: str, horizons: Horizons, local_day: Callable[[int], int]) -> int:
    """The first of the former days of which all quarter-hours are kept."""
    horizon = horizons.distribution if family == "bins" else horizons.rollup
    day = local_day(horizon)
    if not horizon or day == horizon:
        return day
    return next_day(day, local_day)


def _quarters(connection: Connection, local_day: Callable[[int], int]) -> Iterable[dict[str, int]]:
    kept = [ROLLUPS["events"].tiers[tier].c.bucket for tier in ("quarter", DAY_TIER)]
    ends = [connection.execute(select(func.min(b), func.max(b))).one() for b in kept]
    found = [(low, high) for low, high in ends if low is not None]
    if not found:
        return [{"quarter": 0, "day": 0}]
    first, last = min(low for low, _ in found), max(high for _, high in found) + NOON
    return [{"quarter": t, "day": local_day(t)} for t in range(first, last + QUARTER, QUARTER)]


def _days_from_quarters(connection: Connection, family: str, first: int) -> None:
    rollup = ROLLUPS[family]
    quarter, day = rollup.tiers["quarter"], rollup.tiers[DAY_TIER]
    former = _set_aside(connection, day, first)
    connection.execute(day.delete())
    cut = _in_days(rollup, quarter, 0).where(quarter.c.bucket >= first)
    both = union_all(cut, _in_days(rollup, former, NOON)).subquery()
    key = [both.c[name] for name in rollup.dimensions]
    sums = [func.sum(both.c[name]) for name in rollup.measures]
    columns = [*rollup.dimensions, *rollup.measures]
    connection.execute(insert(day).from_select(columns, select(*key, *sums).group_by(*key)))
    former.drop(connection)


def _set_aside(connection: Connection, day: Table, first: int) -> Table:
    """The days before `first` in a table of this connection alone."""
    former = Table(
        f"former_{day.name}",
        MetaData(),
        *(Column(c.name, c.type, nullable=False) for c in day.c),
        prefixes=["TEMPORARY"],
    )
    former.create(connection)
    rows = select(day).where(day.c.bucket < first)
    connection.execute(insert(former).from_select(list(day.c.keys()), rows))
    return former


def _in_days(rollup: Rollup, table: Table, later: int) -> Select[Any]:
    """Rows with, in the place of their bucket, the local day of the moment that much later."""
    key = [ZONE_DAYS.c.day.label(n) if n == "bucket" else table.c[n] for n in rollup.dimensions]
    rows = select(*key, *(table.c[name] for name in rollup.measures))
    return rows.join(ZONE_DAYS, ZONE_DAYS.c.quarter == table.c.bucket + later)
