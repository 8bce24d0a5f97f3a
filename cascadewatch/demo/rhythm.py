"""When requests arrive: the recorded gaps of one hour of real traffic, laid over days and weeks.

The trace (Microsoft Azure LLM inference, code, 2023) covers one hour. Each hour of the demo takes as
many consecutive gaps as its share of the daily profile asks, from a random place of the trace, and
scales them to fill the hour: the bursts and silences inside an hour are recorded, the profile over
the day and the lower weekend are arranged.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
DAYS = 30
EVENTS = 66_000  # expected number over all days

WEEKEND = 0.4  # traffic of a Saturday or Sunday hour against the same hour of a weekday
# Relative traffic of each local hour of a weekday, from midnight.
PROFILE = (0.25, 0.18, 0.14, 0.12, 0.12, 0.16, 0.30, 0.60, 1.05, 1.50, 1.70, 1.70,
           1.50, 1.55, 1.70, 1.65, 1.50, 1.25, 1.00, 0.85, 0.75, 0.65, 0.50, 0.35)  # fmt: skip
SPREAD = 0.15  # each hour's number lies within this share of what the profile says


def arrivals(
    now_ms: int, zone: ZoneInfo, gaps: Sequence[float], rng: Random, days: int = DAYS, events: int = EVENTS
) -> list[int]:
    """Epoch milliseconds of every request of the days that end at `now_ms`, in order, about `events`."""
    starts = [now_ms - hours * HOUR_MS for hours in range(days * 24, 0, -1)]
    weights = [profile_weight(start + HOUR_MS // 2, zone) for start in starts]
    unit = events / sum(weights)
    times: list[int] = []
    for start, weight in zip(starts, weights, strict=True):
        wanted = max(1, round(weight * unit * rng.uniform(1 - SPREAD, 1 + SPREAD)))
        times.extend(_hour(start, wanted, gaps, rng))
    # A dashboard opened now shows a cascade that is alive, also in the quiet hours.
    times[-1] = max(times[-1], now_ms - rng.randrange(5_000, 60_000))
    return times


def profile_weight(time_ms: int, zone: ZoneInfo) -> float:
    """Relative traffic at that moment: the profile's local hour, lower at the weekend."""
    local = datetime.fromtimestamp(time_ms / 1000, zone)
    return PROFILE[local.hour] * (WEEKEND if local.weekday() >= 5 else 1.0)


def _hour(start: int, wanted: int, gaps: Sequence[float], rng: Random) -> list[int]:
    """`wanted` times inside one hour; the gap after the last one leads to the hour's end."""
    place = rng.randrange(len(gaps) - wanted)
    block = gaps[place : place + wanted + 1]
    scale = HOUR_MS / sum(block)
    return [start + int(elapsed * scale) for elapsed in accumulate(block[:-1])]


def workday(now_ms: int, zone: ZoneInfo, days_ago: int, hour: int) -> int:
    """Epoch milliseconds of a local hour on the weekday nearest to that many days ago."""
    day = datetime.fromtimestamp(now_ms / 1000, zone).date() - timedelta(days=days_ago)
    day += timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0))
    return int(datetime(day.year, day.month, day.day, hour, tzinfo=zone).timestamp()) * 1000
