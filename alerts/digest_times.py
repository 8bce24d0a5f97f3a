"""When a digest is due, and which time it is about. Pure; days and hours are those of the settings' zone."""

from datetime import date, datetime, time, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from cascadewatch.moments import epoch_ms
from cascadewatch.settings import Alerts

DAY_MS = 86_400_000
CATCH_UP_MS = {"daily": DAY_MS // 2, "weekly": 3 * DAY_MS}  # a digest that is later than this is left out

Reason = Literal["due", "off", "too late", "sent already"]


class Period(NamedTuple):
    """[start, end) in epoch ms; the digest about it is due at its end."""

    start: int
    end: int


def latest(alerts: Alerts, timezone: str, now: int) -> Period:
    """The last period that has ended: a local day, or a week that ends on a Monday, at `digest_at`.

    Worked out from the date, so that it is one a day also where the clocks change: a time that a day
    leaves out is an hour later, of one that it has twice the first counts.
    """
    zone, weekly = ZoneInfo(timezone), alerts.digest == "weekly"
    at = time.fromisoformat(alerts.digest_at)
    day = datetime.fromtimestamp(now / 1000, zone).date()
    if weekly:
        day -= timedelta(days=day.weekday())
    step = timedelta(days=7 if weekly else 1)
    while _moment(day, at, zone) > now:
        day -= step
    return Period(_moment(day - step, at, zone), _moment(day, at, zone))


def decide(alerts: Alerts, period: Period, sent: bool, now: int) -> Reason:
    """Whether the digest about the period is to be sent now. `sent`: it was, or a later one was."""
    if alerts.digest == "off":
        return "off"
    if sent:
        return "sent already"
    return "too late" if now - period.end > CATCH_UP_MS[alerts.digest] else "due"


def _moment(day: date, at: time, zone: ZoneInfo) -> int:
    return epoch_ms(datetime.combine(day, at, zone))
