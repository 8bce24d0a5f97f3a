"""The chart of an episode: the metric around it, what was normal, when it changed, how long it lasted."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from cascadewatch.drift.hours import Hour
from cascadewatch.metrics.interval import proportion
from cascadewatch.metrics.window import Metric, Window
from cascadewatch.store.episodes import Episode
from cascadewatch.store.reads import Bucket
from dashboard import bands, charts, episode_words, template
from dashboard import text_incidents as text
from dashboard.figures import Axis, Behind
from dashboard.formats import DAY, HOUR, MINUTE, local, unit_words
from dashboard.points import Point, coarsened, metric_points, steadied, telling

if TYPE_CHECKING:
    import plotly.graph_objects as go

QUARTER = 15 * MINUTE
LEAD, TAIL = (12 * HOUR, 3 * DAY), (3 * HOUR, DAY)  # shown before and after, at least and at most
FINE = 2 * DAY  # shorter ranges are read by the quarter-hour
HEIGHT = 340


def window(of: Episode, now: int) -> tuple[int, int]:
    """The range an episode is shown in: as much before the change as it lasted, within bounds, and a bit
    of what came after. Whole minutes, epoch ms."""
    end = min(now, of.resolved or now)
    lasted = max(0, end - of.since)
    start = of.since - min(max(lasted, LEAD[0]), LEAD[1])
    after = 0 if of.resolved is None else min(max(lasted // 2, TAIL[0]), TAIL[1])
    stop = min(now, end + after)
    return start - start % MINUTE, max(start + HOUR, -(-stop // MINUTE) * MINUTE)


def grain(span: tuple[int, int]) -> int:
    """How finely the stream of a range is read, in ms."""
    return QUARTER if span[1] - span[0] <= FINE else HOUR


def stream_points(
    hours: Sequence[Hour], width: int, local_day: Callable[[int], int], now: int
) -> list[Point]:
    """k of n over time as a drift rule counts them."""
    buckets = [Bucket(h.start, h.start + width, {"k": h.escalated, "n": h.judged}) for h in hours]
    joined = steadied(coarsened(buckets, local_day, "n"), "n")
    return telling([Point(b.start, b.end, _share(b), b.end > now) for b in joined if b.counts["n"]])


def _share(bucket: Bucket) -> Metric:
    return proportion(bucket.counts["k"], bucket.counts["n"], "")


def sum_points(
    of: Window, buckets: Sequence[Bucket], metric: str, local_day: Callable[[int], int], now: int
) -> list[Point]:
    """Any other metric over time, from the sums."""
    found = metric_points(of, coarsened(buckets, local_day, "events"), metric, now)
    return [point for point in found if point.metric.value is not None]


def event_points(buckets: Sequence[Bucket], now: int) -> list[Point]:
    """Events over time: what a rule about silence looks at."""
    return [Point(b.start, b.end, _number(b.counts["events"]), b.end > now) for b in buckets]


def _number(events: int) -> Metric:
    return Metric(float(events), events, None, None, "count", None)


def figure(
    of: Episode, points: Sequence[Point], behind: Behind, axis: Axis, limit: float | None
) -> "go.Figure":
    """The metric in the flagship's colour, baseline or limit behind it, the episode shaded."""
    unit = "count" if of.kind == "no_data" else episode_words.unit(of)
    fig = charts.figure(axis.span, axis.zone, axis.dark, unit=unit, height=HEIGHT)
    name = text.KINDS["no_data"] if of.kind == "no_data" else episode_words.metric_title(of)
    charts.metric_line(
        fig,
        points,
        template.flagship(axis.dark),
        name,
        axis.zone,
        says=None if unit == "share" else _says(unit),
    )
    top = bands.normal(fig, behind.stretches, behind.tolerance, axis.span, axis.zone, axis.dark)
    if limit is not None:
        said = f"{text.LIMIT} {unit_words(unit, limit, 0)}"
        charts.level(fig, limit, said, template.soft(axis.dark))
    bands.label(fig, behind.stretches, behind.tolerance, axis.now, axis.dark)
    bands.shade(fig, behind.episodes, axis.span, axis.now, axis.zone, axis.dark)
    highest = max([p.metric.high or p.metric.value or 0.0 for p in points] + [top or 0.0, limit or 0.0])
    ceiling = highest * 1.12 or 1.0
    fig.update_yaxes(range=[0, min(1.05, max(0.1, ceiling)) if unit == "share" else ceiling])
    return fig


def _says(unit: str) -> Callable[[Metric], str]:
    return lambda metric: unit_words(unit, metric.value)


def changed_at(fig: "go.Figure", of: Episode, axis: Axis) -> None:
    """When the rule fired, if the change came visibly before it."""
    if of.opened - of.since < (axis.span[1] - axis.span[0]) * 0.02:
        return
    colour = bands.colour(of)
    fig.add_shape(
        type="line", x0=local(of.opened, axis.zone), x1=local(of.opened, axis.zone), y0=0, y1=0.92,
        yref="paper", layer="below", line={"width": 1, "color": colour, "dash": "dash"},
    )  # fmt: skip
    fig.add_annotation(
        x=local(of.opened, axis.zone), y=0, yref="paper", yanchor="bottom", xanchor="left", xshift=3,
        text=text.FIRED_HERE, showarrow=False, font={"size": 12, "color": bands.ink(of, axis.dark)},
    )  # fmt: skip
