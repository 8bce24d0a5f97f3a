"""Where local days begin, as UTC epoch milliseconds, and whose days the sums are of."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from cascadewatch.moments import epoch_ms
from cascadewatch.store.tables import meta


def local_days(timezone: str) -> Callable[[int], int]:
    """A function that gives the start of the local day a moment is in; both in epoch ms.

    A day is shorter or longer than 24 hours where the clocks change, mostly by an hour. Since 1980 the
    offsets of all zones are multiples of a quarter-hour, so no quarter-hour bucket lies in two days.

    >>> from datetime import UTC
    >>> noon = epoch_ms(datetime(2026, 3, 29, 12, tzinfo=UTC))
    >>> datetime.fromtimestamp(local_days("Europe/Berlin")(noon) / 1000, UTC).isoformat()
    '2026-03-28T23:00:00+00:00'
    """
    zone = ZoneInfo(timezone)

    @lru_cache(maxsize=100_000)
    def start(quarter: int) -> int:
        local = datetime.fromtimestamp(quarter / 1000, zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        return epoch_ms(midnight)

    return lambda millis: start(millis - millis % 900_000)


def next_day(day: int, local_day: Callable[[int], int]) -> int:
    """The start of the local day after the one that starts at `day`."""
    return local_day(day + 36 * 3_600_000)


def zone_of(connection: Connection) -> str | None:
    """The zone the local days in the rollups were made for."""
    return connection.execute(select(meta.c.value).where(meta.c.key == "timezone")).scalar()
