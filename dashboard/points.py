"""From the store's buckets to the points of a chart: wide enough to mean something, honest about gaps.

Every point comes from the same metric functions as the tiles. Pure.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from cascadewatch.metrics import compute
from cascadewatch.metrics.quality import quality
from cascadewatch.metrics.window import Counts, Metric, Window
from cascadewatch.store.reads import Bucket, LabelBucket
from dashboard.formats import DAY, MINUTE

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
    """Neighbouring buckets added up to at most `most`: the narrowest width that divides a day and leaves
    `ENOUGH` of `measure` in a bucket on the average, but at least `FEWEST` buckets. Widths count from the
    local midnight."""
    if not buckets:
        return []
    length, narrowest = buckets[-1].end - buckets[0].start, min(b.end - b.start for b in buckets)
    total = sum(bucket.counts[measure] for bucket in buckets)
    width = narrowest
    for candidate in (minutes * MINUTE for minutes in WIDTHS if minutes * MINUTE >= narrowest):
        number = max(1, length / candidate)
        if number < FEWEST and length / width <= most:
            break
        width = candidate
        if number <= most and total / number >= ENOUGH:
            break
    return list(buckets) if width <= narrowest else _added(buckets, width, local_day)


def steadied(buckets: Sequence[Bucket], measure: str = "judged") -> list[Bucket]:
    """Quiet neighbours, such as the hours of a night, joined: a rate of three events is no point of a line.

    Joins a bucket to the one before that it touches while either holds fewer than `ENOUGH` / 2 observations
    and together they span at most a day.
    """
    out: list[Bucket] = []
    for bucket in buckets:
        held = out[-1] if out else None
        if (
            held is not None
            and held.end == bucket.start
            and min(held.counts[measure], bucket.counts[measure]) * 2 < ENOUGH
            and bucket.end - held.start <= DAY
        ):
            out[-1] = Bucket(held.start, bucket.end, _sum(held.counts, bucket.counts))
        else:
            out.append(bucket)
    return out


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


def telling(points: Sequence[Point]) -> list[Point]:
    """Without an unfinished last point that rests on next to nothing and would only startle."""
    return [p for p in points if not p.partial or p.metric.n * 2 >= ENOUGH]


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


def _sum(one: Counts, other: Counts) -> Counts:
    return {name: n + other[name] for name, n in one.items()}


def _end(start: int, width: int, local_day: Callable[[int], int]) -> int:
    """Where clocks change, the last bucket of a day is shorter or longer."""
    following = local_day(local_day(start) + DAY + DAY // 2)
    return following if width == DAY else min(start + width, following)
