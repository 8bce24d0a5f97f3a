"""What an episode is, in words and numbers. Pure; names that somebody sent stay out of it.

    risk(episode)                      what is at stake: "cost", "quality" or "other"
    badge(episode)                     ("▲ costs rising", "red")
    headline(episode, now, zone)       "Escalation rate about 36 % (34–38), 6.0 pts above its baseline …"
    estimate(episode)                  the numbers in it
    a_day(episode)                     "+$146 a day ($120–170)"
    row(episode, now)                  a line of the table of past episodes

An episode's `detail` is JSON that was written by a rule, perhaps of another version: what is missing or of
another kind counts as unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cascadewatch.metrics import METRICS
from cascadewatch.store.episodes import EVERY, Episode
from dashboard import text_incidents as text
from dashboard.formats import (
    NB,
    count,
    dollar_span,
    dollars,
    duration,
    percent,
    points,
    span_words,
    unit_words,
    when,
)

Risk = Literal["cost", "quality", "other"]
Tone = Literal["red", "orange", "gray"]
TONES: dict[Risk, Tone] = {"cost": "red", "quality": "orange", "other": "gray"}
# What it means when a metric moves that way; what is not here is told by the metric's own bad way.
STAKES: dict[tuple[str, str], Risk] = {
    ("escalation_rate", "down"): "quality",
    ("flagship_share", "down"): "quality",
    ("judge_failure_rate", "up"): "quality",
    ("exhausted_rate", "up"): "quality",
    ("quality", "down"): "quality",
    ("false_accept_rate", "up"): "quality",
    ("price_coverage", "down"): "other",
}
CHECKS = {"replay", "stale", "budget"}  # told in words alone: of no metric that could be drawn
HUGE = 1e15  # nothing that is measured here is larger
ARROWS = {"up": "▲", "down": "▼", "": "●"}


@dataclass(frozen=True, slots=True)
class Moved:
    """From what to what; `baseline` is the limit where a rule has one instead."""

    value: float | None
    baseline: float | None
    low: float | None
    high: float | None
    n: int | None

    @property
    def shift(self) -> float | None:
        """How far it moved, in the metric's unit."""
        return None if self.value is None or self.baseline is None else self.value - self.baseline


def risk(episode: Episode) -> Risk:
    """What is at stake."""
    if episode.metric is None or episode.kind in ("no_data", "error"):
        return "cost" if episode.kind in ("burn_rate", "callers") else "other"
    way = direction(episode)
    told = STAKES.get((episode.metric, way))
    if told is not None:
        return told
    spec = METRICS.get(episode.metric.partition("[")[0])
    return "cost" if spec is not None and spec.bad == way else "other"


def direction(episode: Episode) -> str:
    """Which way it went: "up", "down", or "" where there is none."""
    if episode.direction in ("up", "down"):
        return episode.direction
    moved = estimate(episode).shift
    return "" if not moved else "up" if moved > 0 else "down"


def badge(episode: Episode) -> tuple[str, Tone]:
    """What is at stake and which way, with its colour; grey once it is over."""
    words = f"{ARROWS[direction(episode)]} {stake(episode)}"
    return words, TONES[risk(episode)] if episode.is_open else "gray"


def stake(episode: Episode) -> str:
    """What is at stake, in two words."""
    if episode.kind in text.STAKES_OF_KINDS:
        return text.STAKES_OF_KINDS[episode.kind]
    return text.STAKES[risk(episode)]


def metric_title(episode: Episode) -> str:
    """The metric as people call it."""
    if episode.metric is None:
        return text.KINDS.get(episode.kind, text.KINDS["error"])
    spec = METRICS.get(episode.metric)
    return spec.title if spec else text.UNKNOWN_METRIC


def estimate(episode: Episode) -> Moved:
    """The numbers of an episode."""
    held = _mapping(episode.detail.get("estimate"))
    limit = number(episode.detail.get("limit"))
    n = number(held.get("n"))
    return Moved(
        value=number(held.get("value")),
        baseline=number(held.get("baseline")) if limit is None else limit,
        low=number(held.get("low")),
        high=number(held.get("high")),
        n=None if n is None else round(n),
    )


def headline(episode: Episode, now: int, zone: str) -> str:
    """What moved, from what to what, since when; or the rule's own sentence where it has no numbers, or
    names callers."""
    moved = estimate(episode)
    if moved.value is None or episode.kind == "callers":
        told = episode.detail.get("message")
        return str(told) if told else f"{metric_title(episode)}, {_period(episode, now, zone)}."
    about = "about " if episode.kind == "drift" else ""
    return (
        f"{metric_title(episode)} {about}{shown(episode, moved.value, 0)}{between(episode, moved)}"
        f"{_compared(episode, moved)}, {_period(episode, now, zone)}."
    )


def _compared(episode: Episode, moved: Moved) -> str:
    if moved.baseline is None or moved.shift is None:
        return ""
    way = "above" if moved.shift > 0 else "below"
    if unit(episode) == "share" and episode.kind == "drift":
        far = points(abs(moved.shift), 1, signed=False)
        return f", {far} {way} its baseline of {percent(moved.baseline, 0)}"
    against = "baseline" if episode.kind == "drift" else "limit"
    return f", {way} its {against} of {shown(episode, moved.baseline, 0)}"


def _period(episode: Episode, now: int, zone: str) -> str:
    end = ended(episode)
    if end is None:
        return f"since {when(episode.since, now, zone)}"
    lasted = duration(max(0, end - episode.since))
    return f"from {when(episode.since, now, zone)} to {when(end, now, zone)} ({lasted})"


def ended(episode: Episode) -> int | None:
    """When what it tells of was over; None: it is open. Callers stop before the rule can be sure of it."""
    until = number(_mapping(episode.detail.get("about")).get("until"))
    if episode.resolved is None or until is None:
        return episode.resolved
    return max(episode.since, min(episode.resolved, round(until)))


def between(episode: Episode, moved: Moved) -> str:
    """The interval, in brackets behind its value."""
    if unit(episode) == "share":
        return span_words(moved.low, moved.high)
    if moved.low is None or moved.high is None:
        return ""
    return f" ({shown(episode, moved.low, 0)}–{shown(episode, moved.high, 0)})"


def shown(episode: Episode, value: float | None, digits: int = 1) -> str:
    """A value in the unit of the episode's metric."""
    return unit_words(unit(episode), value, digits)


def unit(episode: Episode) -> str:
    """The unit of its metric."""
    told = episode.detail.get("unit")
    if isinstance(told, str) and told:
        return told
    spec = METRICS.get(episode.metric or "")
    return spec.unit if spec else "share" if episode.kind == "drift" else "ratio"


def interval_words(episode: Episode) -> str:
    """Interval and n, as under a tile."""
    moved = estimate(episode)
    inside = between(episode, moved).strip(" ()")
    span = f"{inside}{NB}%" if inside and unit(episode) == "share" else inside
    return " · ".join(part for part in (span, moved.n and f"n{NB}{count(moved.n)}") if part)


def a_day(episode: Episode) -> tuple[str, str | None] | None:
    """What it costs or spares a day, and its range; None where that is not known."""
    held = _mapping(episode.detail.get("cost_usd_per_day"))
    value, low, high = (number(held.get(key)) for key in ("value", "low", "high"))
    if value is None:
        return None
    return dollars(value, signed=True), dollar_span(low, high)


def usd_a_day(episode: Episode) -> float | None:
    """What it costs a day; below 0 the bill fell."""
    return number(_mapping(episode.detail.get("cost_usd_per_day")).get("value"))


def state(episode: Episode, silenced: bool = False) -> list[tuple[str, Tone]]:
    """Where it stands: badges beside the one of `badge`."""
    tone: Tone = "orange" if episode.state == "easing" else "gray"
    out = [(text.STATES.get(episode.state, episode.state), tone)]
    if episode.is_open and episode.severity == "page":
        out.append((text.PAGE, "gray"))
    if episode.acknowledged is not None:
        out.append((text.ACKNOWLEDGED, "gray"))
    if silenced:
        out.append((text.SILENCED, "gray"))
    return out


def report(episode: Episode) -> int | None:
    """The number of the report that an episode is about."""
    about = _mapping(episode.detail.get("about"))
    found = number(about.get("report", about.get("calibration")))
    return None if found is None else round(found)


def number(value: object) -> float | None:
    """A finite number out of JSON; anything else is unknown."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < HUGE else None  # false for NaN too


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def where(cascade: str, route_name: str) -> str:
    """A cascade, or one route of it.

    >>> where("support", "faq"), where("support", ""), where("support", "__other__")
    ('support / faq', 'support', 'support / (small routes together)')
    """
    if cascade == EVERY:
        return text.ALL_CASCADES
    return f"{cascade} / {route(route_name)}" if route_name else cascade


def route(name: str) -> str:
    """A route's name, or what stands for one."""
    return {"": text.WHOLE_CASCADE, "__other__": text.SMALL_ROUTES}.get(name, name)
