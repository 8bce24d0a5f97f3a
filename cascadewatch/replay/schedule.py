"""When a replay is due: its slots, and what is to be done about the latest of them. Pure.

Cron is read on the clock of the settings' zone. A time that the clock skips in spring is due an hour later
that day, one that it shows twice in autumn is due the first time only. Lengths are counted in elapsed time
from 1970-01-01 UTC on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from cascadewatch.settings.cron import Cron, parse_schedule

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
BACK = (HOUR, DAY, 8 * DAY, 32 * DAY, 367 * DAY, 9 * 366 * DAY)  # leap days are 8 years apart at the most
SHIFT = timedelta(hours=3)  # more than any clock is ever changed by
LATE_MS = 300_000  # from then on a slot that nobody has begun is late
MOST = 100  # missed slots that are counted

Reason = Literal["new", "waiting", "due", "late", "overlapping"]


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be done now, by its reason.

    `new`: the schedule was not known before; its slots count from here on. `waiting`: nothing until `next`.
    `due` and `late`: run it, for `slot`. `overlapping`: leave `slot` out, for an earlier run went on when it
    came. `missed` slots before it were not run and never will be. Times are epoch milliseconds.
    """

    reason: Reason
    slot: int | None
    next: int | None
    missed: int = 0

    @property
    def is_to_run(self) -> bool:
        """Whether a run is to begin."""
        return self.reason in ("due", "late")


def decide(
    schedule: str, zone: str, now: int, last: int | None, busy: tuple[int, int | None] | None = None
) -> Due:
    """What to do about the latest slot.

    `last` is the slot that was dealt with last, None where there was none; `busy` when the replay's latest
    run began and ended (None: it goes on). However many slots have passed, one run makes up for all.
    """
    slot, following = previous(schedule, zone, now), next_after(schedule, zone, now)
    if slot is None or (last is not None and slot <= last):
        return Due("waiting", None, following)
    if last is None:
        return Due("new", slot, following)
    missed = between(schedule, zone, last, slot)
    if busy is not None and busy[0] < slot and (busy[1] is None or slot <= busy[1]):
        return Due("overlapping", slot, following, missed)
    return Due("late" if now - slot > LATE_MS else "due", slot, following, missed)


def next_after(schedule: str, zone: str, now: int) -> int | None:
    """The first slot after `now`; None for one that never comes."""
    parsed = parse_schedule(schedule)
    if isinstance(parsed, int):
        return now - now % parsed + parsed
    found: int | None = None
    at = _wall(now, zone)
    for wall in _walls(parsed, at - SHIFT):
        slot = _instant(wall, zone)
        if slot > now:
            found = slot if found is None else min(found, slot)
        if found is not None and wall > _wall(found, zone) + SHIFT:
            break
        if found is not None and wall > at + SHIFT:
            break
    return found


def previous(schedule: str, zone: str, now: int) -> int | None:
    """The latest slot that is not after `now`; None where there was none in nine years."""
    parsed = parse_schedule(schedule)
    if isinstance(parsed, int):
        return now - now % parsed
    at = _wall(now, zone)
    for back in BACK:
        slots = [slot for slot in _slots(parsed, zone, at - back - SHIFT, at + SHIFT) if slot <= now]
        if slots:
            return max(slots)
    return None


def between(schedule: str, zone: str, start: int, end: int) -> int:
    """How many slots lie strictly between two moments; counted up to 100."""
    parsed = parse_schedule(schedule)
    if isinstance(parsed, int):
        return min(MOST, max(0, (end - 1) // parsed - start // parsed))
    found: set[int] = set()
    for slot in _slots(parsed, zone, _wall(start, zone) - SHIFT, _wall(end, zone) + SHIFT):
        if start < slot < end:
            found.add(slot)
        if len(found) == MOST:
            break
    return len(found)


def _slots(cron: Cron, zone: str, start: datetime, end: datetime) -> Iterator[int]:
    for wall in _walls(cron, start):
        if wall > end:
            return
        yield _instant(wall, zone)


def _walls(cron: Cron, start: datetime) -> Iterator[datetime]:
    """What the clock on the wall shows at each slot from `start` on; the clock has no zone."""
    at: datetime | None = start
    while at is not None:
        fired = [trigger.get_next_fire_time(None, at) for trigger in _triggers(cron)]
        at = min((one for one in fired if one is not None), default=None)
        if at is not None:
            yield at
            at += timedelta(seconds=1)


@lru_cache(maxsize=64)
def _triggers(cron: Cron) -> "tuple[CronTrigger, ...]":
    """One, or two of which either is enough. The zone is UTC for that of a clock without any."""
    from apscheduler.triggers.cron import CronTrigger

    fields = {"minute": _listed(cron.minutes), "hour": _listed(cron.hours), "month": _listed(cron.months)}
    days = {"day": _listed(cron.days)}
    weekdays = {"day_of_week": ",".join(WEEKDAYS[day] for day in sorted(cron.weekdays))}
    chosen = (days, weekdays) if cron.either else (days | weekdays,)
    return tuple(CronTrigger(**fields, **some, second=0, timezone="UTC") for some in chosen)


def _listed(values: frozenset[int]) -> str:
    return ",".join(map(str, sorted(values)))


def _wall(at: int, zone: str) -> datetime:
    """What the clock shows at a moment, as if in UTC."""
    return datetime.fromtimestamp(at / 1000, ZoneInfo(zone)).replace(tzinfo=UTC)


def _instant(wall: datetime, zone: str) -> int:
    """The moment at which the clock first shows it, or would have."""
    return int(wall.replace(tzinfo=ZoneInfo(zone), fold=0).timestamp() * 1000)
