"""From when on each kind of row is kept, as decided and as stored; all are epoch milliseconds.

A horizon advances in a transaction of its own before anything behind it goes. So whoever reads, adds or
checks while rows are being deleted, or after a kill in between, relies on nothing behind it.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from cascadewatch.settings.retention import Retention
from cascadewatch.store import dialect, tables
from cascadewatch.store.cells import ALL, DAY_TIER, HOUR, UTC_DAY, Floors
from cascadewatch.store.rollup_tables import ROLLUPS
from cascadewatch.store.zone import next_day

KEY = "{}_horizon"  # in `meta`


class Horizons(NamedTuple):
    """`raw`: single events. `text`: prompts and answers. `minute`: sums per minute. `caller_hour`: callers
    per hour. `distribution`: quarter-hour distributions of single routes. `rollup`: all other sums, and
    identities."""

    raw: int = 0
    text: int = 0
    minute: int = 0
    caller_hour: int = 0
    distribution: int = 0
    rollup: int = 0

    @property
    def floors(self) -> Floors:
        """What of it decides which sums are made."""
        return Floors(self.minute, self.caller_hour, self.distribution)


def wanted(retention: Retention, now: int) -> Horizons:
    """Where the settings put the horizons at `now`: whole UTC days, so that no bucket lies on both sides;
    that of texts to the hour.

    >>> [(now - h) / UTC_DAY for now in [UTC_DAY * 500] for h in wanted(Retention(), now)]
    [30.0, 7.0, 14.0, 35.0, 35.0, 400.0]
    """
    today = now - now % UTC_DAY

    def before(days: int) -> int:
        return max(0, today - days * UTC_DAY)

    return Horizons(
        raw=before(retention.raw_days),
        text=max(0, now - now % HOUR - retention.text_days * UTC_DAY),
        minute=before(retention.minute_days),
        caller_hour=before(retention.caller_hour_days),
        # Days are made anew for another zone from quarter-hours, and checked as long as events are held.
        distribution=before(max(retention.distribution_days, retention.raw_days)),
        rollup=before(retention.rollup_days),
    )


def advanced(known: Horizons, wanted: Horizons) -> Horizons:
    """Horizons never go back: what is gone is not kept again because somebody raises a setting."""
    return Horizons(*(max(old, new) for old, new in zip(known, wanted, strict=True)))


def read(meta: Mapping[str, str]) -> Horizons:
    """The horizons among the rows of `meta`; 0 where nothing was deleted yet."""
    return Horizons(*(int(meta.get(KEY.format(name), 0)) for name in Horizons._fields))


def stored(connection: Connection) -> Horizons:
    """The horizons in force."""
    return read(dict(connection.execute(select(tables.meta.c.key, tables.meta.c.value)).all()))


def store(connection: Connection, horizons: Horizons) -> None:
    """Puts horizons in force. Tell the other processes (`state.touch`) in the same transaction."""
    keys = [KEY.format(name) for name in Horizons._fields]
    connection.execute(tables.meta.delete().where(tables.meta.c.key.in_(keys)))
    dialect.insert(connection, tables.meta, list(zip(keys, map(str, horizons), strict=True)))


def floor(horizons: Horizons, tier: str) -> int:
    """From when on a tier of sums is kept (distributions of routes: see `kept`)."""
    return {"minute": horizons.minute, "hour": horizons.caller_hour}.get(tier, horizons.rollup)


def kept(which: tuple[str, str], horizons: Horizons) -> ColumnElement[bool]:
    """The rows of one table of sums, (family, tier), that are not behind a horizon."""
    table = ROLLUPS[which[0]].tiers[which[1]]
    behind_none = table.c.bucket >= floor(horizons, which[1])
    if which != ("bins", "quarter"):
        return behind_none
    return and_(behind_none, or_(table.c.route == ALL, table.c.bucket >= horizons.distribution))


def comparable(tier: str, horizons: Horizons, local_day: Callable[[int], int]) -> int:
    """From which bucket on a tier's sums can be made anew from the events still held: the first that lies
    wholly after the raw horizon."""
    start = max(horizons.raw, floor(horizons, tier))
    if tier != DAY_TIER or not start:
        return start
    day = local_day(start)
    return day if day == start else next_day(day, local_day)
