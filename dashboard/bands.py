"""What lies behind a line: what is normal there, and when it was not.

    bands.normal(fig, pins, tolerance, span, zone, dark)    the baseline's level of each hour ± tolerance
    bands.shade(fig, episodes, span, now, zone, dark)       each episode as a span with its arrow

Both are drawn behind what the figure has, in whatever order they are called.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cascadewatch.drift.baseline import Baseline
from cascadewatch.store.baselines import Pinned
from cascadewatch.store.episodes import Episode
from dashboard import charts, episode_words, template
from dashboard import text_incidents as text
from dashboard.config import COST_AT_RISK, QUALITY_AT_RISK
from dashboard.formats import DAY, HOUR, local, points

if TYPE_CHECKING:
    import plotly.graph_objects as go

TOLERANCE = 0.05  # of a rule that says nothing else
CELLS = 240  # most corners of a band
NARROW = 0.07  # of the range: a narrower span has its arrow alone
LETTER = 0.011  # of the range, about: so wide is one letter
Stretch = tuple[int, int, Baseline]


def in_force(
    pins: Sequence[Pinned], metric: str, cascade: str, route: str, span: tuple[int, int]
) -> list[Stretch]:
    """Which baseline counted when within a range: (start, end, baseline), in time order. The first counts
    from the start of its own period, the next from when the one before was retired."""
    own = [p for p in pins if (p.metric, p.cascade, p.route) == (metric, cascade, route)]
    out: list[Stretch] = []
    since: int | None = None
    for pin in sorted(own, key=lambda p: (p.pinned, p.id)):
        start = max(span[0], pin.baseline.start if since is None else since)
        end = span[1] if pin.retired is None else min(span[1], pin.retired)
        since = pin.retired
        if start < end:
            out.append((start, end, pin.baseline))
    return out


def level(baseline: Baseline, start: int, end: int) -> float:
    """The mean normal rate over a stretch of time, from at most 24 of its hours."""
    step = max(HOUR, (end - start) // 24)
    levels = [baseline.level(hour) for hour in range(start - start % HOUR, end, step)]
    return sum(levels) / len(levels)


def normal(
    fig: "go.Figure", stretches: Sequence[Stretch], tolerance: float, span: tuple[int, int], zone: str,
    dark: bool,
) -> float | None:  # fmt: skip
    """A grey band; returns its highest edge, None without a baseline."""
    import plotly.graph_objects as go

    top = None
    for start, end, baseline in stretches:
        corners = list(_corners(baseline, start, end, span))
        times = [local(t, zone) for t, _ in corners]
        highs = [min(1.0, p + tolerance) for _, p in corners]
        lows = [max(0.0, p - tolerance) for _, p in corners]
        trace = go.Scatter(
            x=times + times[::-1], y=highs + lows[::-1], fill="toself", mode="lines", line={"width": 0},
            fillcolor=template.faded(template.GREY, 0.22 if dark else 0.18), hoverinfo="skip",
        )  # fmt: skip
        fig.add_trace(trace)
        fig.data = (fig.data[-1], *fig.data[:-1])
        top = max([top or 0.0, *highs])
    return top


def label(
    fig: "go.Figure", stretches: Sequence[Stretch], tolerance: float, now: int, dark: bool, shift: int = 0
) -> None:
    """The band's name at its right end, `shift` pixels up; the level is that of its last day."""
    if not stretches:
        return
    at = last_level(stretches)
    of = text.BASELINE_BAND_NOW if stretches[-1][1] > now - DAY else text.BASELINE_BAND
    words = of.format(level=f"{at * 100:.0f}", tolerance=f"{tolerance * 100:.0f}")
    charts.beside(fig, at, words, template.soft(dark), shift)


def last_level(stretches: Sequence[Stretch]) -> float:
    """The mean level of the last day."""
    start, end, baseline = stretches[-1]
    return level(baseline, max(start, end - DAY), end)


def _corners(baseline: Baseline, start: int, end: int, span: tuple[int, int]) -> Iterator[tuple[int, float]]:
    """(time, level): the middle of each cell, and both ends."""
    width = max(HOUR, (span[1] - span[0]) // CELLS)
    for at in range(start, end, width):
        to = min(at + width, end)
        p = level(baseline, at, to)
        if at == start:
            yield at, p
        yield (at + to) // 2, p
        if to == end:
            yield to, p


def shade(
    fig: "go.Figure", episodes: Sequence[Episode], span: tuple[int, int], now: int, zone: str, dark: bool,
    over: bool = False,
) -> list[Episode]:  # fmt: skip
    """A shaded span from the change to its end, with an arrow and how far it went. Returns those drawn, the
    earliest first. `over`: where bars fill the whole height, a strip below them instead."""
    drawn = [e for e in episodes if e.since < span[1] and (e.resolved or now) > span[0]]
    drawn.sort(key=lambda e: (e.since, e.id))
    length, taken = max(1, span[1] - span[0]), [float("-inf")]
    shapes: list[dict[str, object]] = []
    signs: list[dict[str, object]] = []
    for episode in drawn:
        start, end = max(span[0], episode.since), min(span[1], episode.resolved or max(now, span[1]))
        edges = (local(start, zone), local(end, zone))
        shapes.append(_span(episode, edges, over))
        if episode.since >= span[0]:
            shapes.append(_edge(edges[0], colour(episode), over))
        place = (start - span[0]) / length
        words = sign(episode, (end - start) / length < NARROW)
        row = next((i for i, until in enumerate(taken) if until <= place), len(taken))
        taken[row : row + 1] = [place + LETTER * (len(words) + 1)]
        signs.append({
            "x": edges[0], "y": 1, "yref": "paper", "yanchor": "top", "xanchor": "left", "showarrow": False,
            "text": words, "yshift": -15 * row, "font": {"size": 12, "color": ink(episode, dark)},
            **({"bgcolor": template.ground(dark), "borderpad": 1} if over else {}),
        })  # fmt: skip
    charts.put(fig, shapes, signs)
    return drawn


def _span(episode: Episode, edges: tuple[object, object], over: bool) -> dict[str, object]:
    faint = 0.11 if episode.is_open else 0.07
    return {
        "type": "rect", "x0": edges[0], "x1": edges[1], "y0": -0.018 if over else 0, "y1": 0 if over else 1,
        "yref": "paper", "layer": "above" if over else "below", "line": {"width": 0},
        "fillcolor": template.faded(colour(episode), 0.85 if over else faint),
    }  # fmt: skip


def _edge(x: object, hue: str, over: bool) -> dict[str, object]:
    return {
        "type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper",
        "layer": "above" if over else "below", "line": {"width": 1.5, "color": hue},
    }  # fmt: skip


def colour(episode: Episode) -> str:
    """The status colour."""
    return {"cost": COST_AT_RISK, "quality": QUALITY_AT_RISK}.get(episode_words.risk(episode), template.GREY)


def ink(episode: Episode, dark: bool) -> str:
    """The status colour as text, dark or light enough to be read."""
    shades = template.status_ink(dark)
    return shades.get(episode_words.risk(episode), template.soft(dark))


def sign(episode: Episode, narrow: bool = False) -> str:
    """Its arrow, and how far it went: no span is told by its colour alone."""
    arrow = episode_words.ARROWS[episode_words.direction(episode)]
    shift = episode_words.estimate(episode).shift
    if narrow or shift is None or episode_words.unit(episode) != "share":
        return arrow
    return f"{arrow} {points(shift, 0)}"
