"""Judged requests by the hour: the unit in which rates vary and false alarms are counted."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cascadewatch.errors import InputError

HOUR_MS = 3_600_000

Bucket = tuple[int, int, int]  # start (the unit is the caller's), escalated, judged


class Hour(NamedTuple):
    """What was judged and what of it escalated in the hour that starts at `start` (epoch ms)."""

    start: int
    escalated: int
    judged: int


def hour_of(time: int) -> int:
    """Start of the hour that holds this moment, both in epoch ms."""
    return time - time % HOUR_MS


def hourly(buckets: Iterable[Bucket]) -> list[Hour]:
    """Sums of buckets (epoch ms, escalated, judged) per hour with anything judged, in time order.

    Raises InputError for counts that cannot be.
    """
    sums: dict[int, list[int]] = {}
    for time, escalated, judged in checked(buckets):
        total = sums.setdefault(hour_of(time), [0, 0])
        total[0] += escalated
        total[1] += judged
    return [Hour(start, k, n) for start, (k, n) in sorted(sums.items()) if n]


def checked(buckets: Iterable[Bucket]) -> Iterator[Bucket]:
    """The same buckets; raises InputError at the first whose counts cannot be."""
    for bucket in buckets:
        if not 0 <= bucket[1] <= bucket[2]:
            raise InputError(
                f"the bucket at {bucket[0]} has {bucket[1]} escalated of {bucket[2]} judged: "
                "the first cannot exceed the second, and neither can be below 0"
            )
        yield bucket
