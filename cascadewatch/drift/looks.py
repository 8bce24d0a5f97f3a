"""Looks at all streams of an installation together, one after another, over whatever time they cover."""

from collections.abc import Callable, Iterable, Sequence
from heapq import heapify, heappop, heappush
from math import inf, log
from typing import NamedTuple

from cascadewatch.drift import family
from cascadewatch.drift.watch import Watch

LOOK_MS = 300_000


class Arrival(NamedTuple):
    """Requests of one stream between two looks: `at` is the look that sees them (epoch ms).

    `place` is the stream's place among those watched, `hour` the start of the hour that they belong to.
    """

    at: int
    place: int
    hour: int
    escalated: int
    judged: int


Joining = Callable[[Watch, int], Iterable[Arrival]]


def decide(watches: Sequence[Watch], looked: Iterable[Watch], at: int, false_alarm_hours: float) -> None:
    """Raises the alarms of the look at `at` (epoch ms). `looked` are the streams that had new requests: only
    they can have gained evidence, so that nothing is computed while theirs is too small for any alarm."""
    needed = log(false_alarm_hours) - log(max(2, len(watches)) / 2)  # no stream has more weight than that
    if max((watch.evidence for watch in looked), default=-inf) < needed:
        return
    watching = [watch for watch in watches if watch.track.detector.shifts]
    streams = [family.Stream(watch.evidence, watch.pooled) for watch in watching]
    for watch, alarms in zip(watching, family.alarming(streams, false_alarm_hours), strict=True):
        if alarms:
            watch.alarm(at)


def look_through(
    watches: Sequence[Watch], arrivals: Iterable[Arrival], false_alarm_hours: float, joining: Joining
) -> None:
    """Takes every look at which requests came, in time order, and raises its alarms.

    Whenever a stream has just got its baseline, `joining(watch, at)` may add streams to the end of
    `watches` (the routes of a cascade) and gives what comes for them from that look on.
    """
    ahead = list(arrivals)
    heapify(ahead)
    while ahead:
        at, looked = ahead[0].at, []
        while ahead and ahead[0].at == at:
            _, place, *requests = heappop(ahead)
            watch = watches[place]
            learning = watch.baseline is None
            watch.take(at, *requests)
            looked.append(watch)
            if learning and watch.baseline is not None:
                for arrival in joining(watch, at):
                    heappush(ahead, arrival)
        decide(watches, looked, at, false_alarm_hours)


def log_thresholds(watches: Sequence[Watch], false_alarm_hours: float) -> list[float]:
    """The log evidence at which each stream raises an alarm. Streams without a baseline count towards the
    number of tests."""
    streams = [family.Stream(watch.evidence, watch.pooled) for watch in watches]
    return family.log_thresholds(streams, false_alarm_hours) if streams else []
