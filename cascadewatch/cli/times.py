"""Moments and ranges as people type them."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cascadewatch.errors import UsageError
from cascadewatch.moments import EPOCH, epoch_ms, utc

SINCE = "7d"
LATEST = EPOCH + timedelta(days=366 * 1000)


def moment(option: str, text: str, timezone: str, also: str | None = None) -> int:
    """Epoch milliseconds of an RFC 3339 time, or of a date's midnight or a time in `timezone`.

    UsageError, naming the option and what it takes (`also` this), for anything else.
    """
    zone = ZoneInfo(timezone)
    try:
        if len(text) == len("2026-11-21"):
            day = date.fromisoformat(text)
            found = datetime(day.year, day.month, day.day, tzinfo=zone)
        else:
            found = datetime.fromisoformat(text)
            found = found if found.tzinfo is not None else found.replace(tzinfo=zone)
        in_range = EPOCH <= found < LATEST
    except (ValueError, OverflowError):
        in_range = False
    if not in_range:
        more = f"{also}, " if also else ""
        raise UsageError(
            f"{option} is {text!r}; write {more}a date such as 2026-11-21, or a time such as "
            "2026-11-21T12:00:00Z"
        )
    return epoch_ms(found)


def length(option: str, text: str, also: str = "") -> int:
    """Milliseconds of a length such as 7d. UsageError, naming the option and what it takes (`also` this), for
    anything else."""
    from cascadewatch.settings import parse_duration

    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(f"{option} {error}{also}") from None


def span(
    since: str | None, start: str | None, end: str | None, now: int, timezone: str, to: str = "--to"
) -> tuple[int, int]:
    """The range of `--since`, or of `--from` and `to`, the option of `end`; UsageError where they do not go
    together."""
    if since is not None and (start is not None or end is not None):
        raise UsageError(f"give --since, or --from and {to}, not both")
    last = now if end is None else moment(to, end, timezone)
    if start is not None:
        first = moment("--from", start, timezone)
    else:
        first = last - length("--since", since or SINCE, "; for a date use --from")
    if not first < last:
        raise UsageError(f"--from must be before {to}")
    return max(0, first), last


def told(millis: int, timezone: str) -> str:
    """A moment for people, in their zone."""
    local = utc(millis).astimezone(ZoneInfo(timezone))
    return f"{local:%Y-%m-%d %H:%M} {local.tzname()}"
