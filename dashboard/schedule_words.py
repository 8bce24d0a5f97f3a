"""How often a schedule comes, in a word. Pure."""

from cascadewatch.settings.cron import parse_schedule
from dashboard.formats import NB


def often(schedule: str) -> str:
    """A word for what is simple, else the schedule as it is written, kept on one line.

    >>> often("0 3 * * *"), often("30 6 * * mon"), often("5 * * * *"), often("12h")
    ('daily', 'weekly', 'hourly', 'every 12h')
    >>> often("0 3,15 * * *")
    '0\\xa03,15\\xa0*\\xa0*\\xa0*'
    """
    parsed = parse_schedule(schedule)
    if isinstance(parsed, int):
        return f"every {schedule.strip()}"
    always = (len(parsed.days), len(parsed.months)) == (31, 12)
    sizes = (len(parsed.minutes), len(parsed.hours), len(parsed.weekdays))
    words = {(1, 1, 7): "daily", (1, 1, 1): "weekly", (1, 24, 7): "hourly"}
    return words[sizes] if always and sizes in words else NB.join(schedule.split())
