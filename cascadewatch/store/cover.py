"""Which buckets of which tier make up a range of time, exactly."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from cascadewatch.store.cells import HOUR, MINUTE, QUARTER
from cascadewatch.store.zone import next_day


class Segment(NamedTuple):
    """Buckets of one tier from `start` up to `end`, epoch ms."""

    tier: str
    start: int
    end: int


class Cover(NamedTuple):
    """The range really used (edges snapped outward) and the buckets that add up to it."""

    start: int
    end: int
    fine: tuple[Segment, ...]  # for sums: minutes at the edges, where they are kept
    coarse: tuple[Segment, ...]  # for distributions and labels, kept by quarter-hour and day


def cover(start: int, end: int, local_day: Callable[[int], int], minute_floor: int) -> Cover:
    """Covers [start, end): whole local days, then quarter-hours, then minutes at the edges.

    Edges older than the minutes kept are snapped outward to quarter-hours; distributions always.

    >>> day = lambda t: t - t % 86_400_000
    >>> [tuple(s) for s in cover(0, 86_400_000 + 60_000, day, 0).fine]
    [('day', 0, 86400000), ('minute', 86400000, 86460000)]
    """
    start = _floor(start, MINUTE if start >= minute_floor else QUARTER)
    end = _ceil(end, MINUTE if end >= minute_floor else QUARTER)
    if end <= start:
        return Cover(start, start, (), ())
    inner_start, inner_end = _ceil(start, QUARTER), _floor(end, QUARTER)
    if inner_start >= inner_end:
        fine = [Segment("minute", start, end)]
    else:
        fine = [
            Segment("minute", start, inner_start),
            *_quarters_and_days(inner_start, inner_end, local_day),
            Segment("minute", inner_end, end),
        ]
    coarse = _quarters_and_days(_floor(start, QUARTER), _ceil(end, QUARTER), local_day)
    return Cover(start, end, _filled(fine), _filled(coarse))


def _quarters_and_days(start: int, end: int, local_day: Callable[[int], int]) -> list[Segment]:
    first, last = local_day(start), local_day(end)
    if first < start:
        first = next_day(first, local_day)
    if first >= last:
        return [Segment("quarter", start, end)]
    return [Segment("quarter", start, first), Segment("day", first, last), Segment("quarter", last, end)]


def by_whole_days(
    segments: Iterable[Segment], floor: int, local_day: Callable[[int], int]
) -> tuple[Segment, ...]:
    """The same with the days around quarter-hours older than `floor`, where nothing finer is kept.

    >>> by_whole_days([Segment("quarter", 0, 900_000)], 86_400_000, lambda t: t - t % 86_400_000)
    (Segment(tier='day', start=0, end=86400000),)
    """
    return tuple(
        Segment("day", local_day(s.start), next_day(local_day(s.end - 1), local_day))
        if s.tier == "quarter" and s.start < floor
        else s
        for s in segments
    )


def _filled(segments: list[Segment]) -> tuple[Segment, ...]:
    return tuple(s for s in segments if s.end > s.start)


def _floor(millis: int, width: int) -> int:
    return millis - millis % width


def _ceil(millis: int, width: int) -> int:
    return -(-millis // width) * width


MAX_BUCKETS = 750


def series_width(start: int, end: int, minute_floor: int) -> int | None:
    """Width of a chart's buckets in ms, so that it has at most about 750; None: local days."""
    for width in (MINUTE, QUARTER, HOUR):
        if width == MINUTE and start < minute_floor:
            continue
        if (end - start) / width <= MAX_BUCKETS:
            return width
    return None
