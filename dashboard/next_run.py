"""When a replay runs next, as its schedule says. Pure but for the calendar of a zone."""

from zoneinfo import ZoneInfo

from cascadewatch.settings.duration import parse_duration


def next_run(schedule: str | None, last: int | None, now: int, zone: str) -> int | None:
    """Epoch ms of the next run; None without a schedule, or where it cannot be read.

    `schedule` is cron in `zone`, or a length of time since the `last` start.

    >>> next_run("0 3 * * *", None, 1_795_262_400_000, "UTC") == 1_795_316_400_000
    True
    >>> next_run("12h", 1_795_262_400_000, 1_795_262_400_000, "UTC") == 1_795_305_600_000
    True
    """
    if schedule is None:
        return None
    try:
        return max(now, now if last is None else last + parse_duration(schedule))
    except ValueError:
        return _cron(schedule, now, zone)


def _cron(schedule: str, now: int, zone: str) -> int | None:
    from datetime import datetime

    from apscheduler.triggers.cron import CronTrigger

    try:
        trigger = CronTrigger.from_crontab(schedule, timezone=ZoneInfo(zone))
    except ValueError:
        return None
    found = trigger.get_next_fire_time(None, datetime.fromtimestamp(now / 1000, ZoneInfo(zone)))
    return None if found is None else int(found.timestamp() * 1000)
