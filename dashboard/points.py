"""From the store's buckets to the points of a chart: wide enough to mean something, honest about gaps.

Every point comes from the same metric functions as the tiles. Pure.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from cascadewatch.metrics import compute
from cascadewatch.metrics.quality import quality
from cascadewatch.metrics.window import Metric, Window
from cascadewatch.store.reads import Bucket, LabelBucket
from dashboard.formats import DAY, HOUR, MINUTE

WIDTHS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)  # minutes; each divides a day
MOST, FEWEST = 100, 12  # points in a chart
ENOUGH = 40  # observations a point should rest on, on the average


@dataclass(frozen=True, slots=True)
class Point:
    """One metric over [start, end) in epoch ms; `partial`: the end has not come yet."""

    start: int
    end: int
    metric: Metric
    partial: bool = False


def coarsened(
    buckets: Sequence[Bucket], local_day: Callable[[int], int], measure: str = "judged", most: int = MOST
) -> list[Bucket]:
    """Neighbouring buckets added up, so that at most `most` remain and each rests on enough of `measure`.

    Widths divide the day and count from the local midnight; with little traffic they grow up to a day,
    but never so far that fewer than 12 points would be left of the range.
    """
    if not buckets:
        return []
    length = buckets[-1].end - buckets[0].start
    total = sum(bucket.counts[measure] for bucket in buckets)
    narrowest = min(bucket.end - bucket.start for bucket in buckets)
    width = narrowest
    for minutes in WIDTHS:
        if minutes * MINUTE < narrowest:
            continue
        points = length / (minutes * MINUTE)
        if width > narrowest and points < FEWEST:
            break
        width = minutes * MINUTE
        if points <= most and total / max(points, 1) >= ENOUGH:
            break
    return list(buckets) if width <= narrowest or narrowest > 2 * HOUR else _added(buckets, width, local_day)


def metric_points(window: Window, buckets: Sequence[Bucket], key: str, now: int) -> list[Point]:
    """One metric of each bucket, computed as for the whole window."""
    return [
        Point(b.start, b.end, compute(window.narrowed(b.counts, b.start, b.end), [key])[key], b.end > now)
        for b in buckets
    ]


def quality_points(window: Window, buckets: Sequence[LabelBucket], now: int) -> list[Point]:
    """Quality of each bucket of labels."""
    return [
        Point(
            b.start, b.end, quality(replace(window, start=b.start, end=b.end, labels=b.labels)), b.end > now
        )
        for b in buckets
    ]


def with_gaps(points: Sequence[Point]) -> list[Point | None]:
    """None between points that do not touch: a line must not cross what was not measured."""
    out: list[Point | None] = []
    for point in points:
        if out and out[-1] is not None and point.start > out[-1].end:
            out.append(None)
        out.append(point)
    return out


def _added(buckets: Sequence[Bucket], width: int, local_day: Callable[[int], int]) -> list[Bucket]:
    sums: dict[int, dict[str, int]] = {}
    for bucket in buckets:
        day = local_day(bucket.start)
        start = day + (bucket.start - day) // width * width
        held = sums.setdefault(start, dict.fromkeys(bucket.counts, 0))
        for name, n in bucket.counts.items():
            held[name] += n
    return [Bucket(start, _end(start, width, local_day), counts) for start, counts in sums.items()]


def _end(start: int, width: int, local_day: Callable[[int], int]) -> int:
    """Where clocks change, the last bucket of a day is shorter or longer."""
    following = local_day(local_day(start) + DAY + DAY // 2)
    return following if width == DAY else min(start + width, following)
