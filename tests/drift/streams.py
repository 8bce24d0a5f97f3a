"""Streams with a known course, for the tests of drift."""

from collections.abc import Callable, Iterator
from random import Random

from cascadewatch.drift.baseline import Baseline
from cascadewatch.drift.hours import HOUR_MS, Bucket, Hour

MONDAY = 1_767_571_200_000  # 2026-01-05 00:00 UTC
DAY_MS = 24 * HOUR_MS
WEEK_HOURS = 168

Rate = Callable[[int], float]  # hour since Monday -> share


def pinned(rate: float = 0.30, **fields: object) -> Baseline:
    """A flat baseline with hours that scatter little."""
    usual = {
        "rate": rate,
        "requests": 10_000,
        "start": MONDAY,
        "end": MONDAY + 7 * DAY_MS,
        "zone": "UTC",
        "intercept": rate,
        "weekend": 0.0,
        "sine": 0.0,
        "cosine": 0.0,
        "overdispersion": 0.01,
        "temper": 1.0,
        "weekday_band": 0.005,
        "weekend_band": 0.005,
    }
    return Baseline.from_dict(usual | fields)


def hour(number: int) -> int:
    """Start of the hour `number` after Monday's midnight, epoch ms."""
    return MONDAY + number * HOUR_MS


def hours(
    rate: Rate, count: int, per_hour: int = 100, first: int = 0, seed: int = 1, rho: float = 0.01
) -> list[Hour]:
    """Hours whose own rate is a beta draw around `rate`; rho 0: exactly the share that is asked for."""
    random, found = Random(seed), []
    for number in range(first, first + count):
        share = rate(number)
        if rho:
            size = 1 / rho - 1
            drawn = random.betavariate(share * size, (1 - share) * size) if 0 < share < 1 else share
            escalated = sum(random.random() < drawn for _ in range(per_hour))
        else:
            escalated = round(share * per_hour)
        found.append(Hour(hour(number), escalated, per_hour))
    return found


def minutes(given: list[Hour], seed: int = 2) -> Iterator[Bucket]:
    """The same requests spread over the minutes of each hour: (epoch seconds, escalated, judged)."""
    random = Random(seed)
    for start, escalated, judged in given:
        sums = [[0, 0] for _ in range(60)]
        for number in range(judged):
            place = sums[random.randrange(60)]
            place[0] += number < escalated
            place[1] += 1
        for minute, (k, n) in enumerate(sums):
            if n:
                yield start // 1000 + 60 * minute, k, n


def always(rate: float) -> Rate:
    """The same share in every hour."""
    return lambda _: rate


def stepping(before: float, after: float, at: int) -> Rate:
    """A share that changes at hour `at`."""
    return lambda number: before if number < at else after
