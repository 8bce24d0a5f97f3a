"""The sentence at the top of the Overview: what is true of a cascade now, in words. Pure.

The cause of a move may name what somebody sent, so the lines are plain text; the label is ours alone.
"""

from dataclasses import dataclass
from typing import Literal

from cascadewatch.metrics.window import Metric
from dashboard import moved_words, text, text_replays
from dashboard.change import Change
from dashboard.facts import Facts, coverage, is_checked, per_day
from dashboard.formats import DAY, ago, count, dollar_reach, dollars, duration, percent, points

ENOUGH = 200  # judged events before a rate is judged
SILENT = DAY
State = Literal[
    "no_data", "learning", "dearer", "rising", "falling", "quality_low", "above_target", "on_target", "steady"
]
Tone = Literal["red", "orange", "gray"]
TONES: dict[State, Tone] = {
    "dearer": "red",
    "rising": "red",
    "above_target": "red",
    "falling": "orange",
    "quality_low": "orange",
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """`label` is the verdict in two or three words, `lines` what it rests on, the most important first."""

    state: State
    label: str
    tone: Tone
    lines: tuple[str, ...]


def describe(facts: Facts) -> Sentence:
    """The sentence of these facts."""
    state = state_of(facts)
    if state == "no_data":
        return Sentence(state, text.STATES[state], "gray", (_silence(facts),))
    if state == "learning":
        return Sentence(state, text.STATES[state], "gray", (_learning(facts), _quality(facts)))
    if facts.watched.drift is not None and state in ("rising", "falling"):
        told = moved_words.lines(facts.watched.drift, _saving(facts), facts.now, facts.zone)
        lines = (*told, _quality(facts))
    else:
        lines = (_rate(facts, state), _savings(facts), _break_even(facts), _quality(facts), _moved(facts))
    lines = (*lines, moved_words.also(facts.watched.others))
    return Sentence(
        state, _label(facts, state), TONES.get(state, "gray"), tuple(line for line in lines if line)
    )


def state_of(facts: Facts) -> State:
    """The first that applies, the worst first. A fall counts even when the objective is met."""
    window, metrics, move, drift = facts.window, facts.metrics, facts.move, facts.watched.drift
    quality, ratio = facts.quality, metrics["cost_ratio"]
    if facts.watched.silence is not None or _is_silent(facts):
        return "no_data"
    if window.counts["judged"] < ENOUGH:
        return "learning"
    if ratio.value is not None and min(ratio.value, ratio.low or ratio.value) > 1:
        return "dearer"
    if drift is not None:
        return "falling" if drift.direction == "down" else "rising"
    if move is not None and move.moved:
        return "rising" if move.difference > 0 else "falling"
    if facts.quality_bar is not None and quality.high is not None and quality.high < facts.quality_bar:
        return "quality_low"
    return _against_objective(facts)


def _is_silent(facts: Facts) -> bool:
    late = facts.last_event is not None and facts.now - facts.last_event > SILENT
    return late or not facts.window.counts["events"]


def _against_objective(facts: Facts) -> State:
    low = facts.metrics["escalation_rate"].low
    if facts.objective is None or low is None:
        return "steady"
    return "above_target" if low > facts.objective else "on_target"


def _label(facts: Facts, state: State) -> str:
    healthy = state in ("on_target", "steady")
    return text.STATES[state] + (text.UNCHECKED if healthy and not is_checked(facts) else "")


def _silence(facts: Facts) -> str:
    if facts.last_event is None:
        return text.NO_EVENTS
    return f"The last event came {ago(facts.last_event, facts.now)}. Silence is not health: look at Sources."


def _learning(facts: Facts) -> str:
    judged = facts.window.counts["judged"]
    return f"{count(judged)} judged events in this range; from {ENOUGH} on the rate is judged here."


def _rate(facts: Facts, state: State) -> str:
    rate, move = facts.metrics["escalation_rate"], facts.move
    if move is not None and state in ("rising", "falling"):
        way = "above" if move.difference > 0 else "below"
        far = points(abs(move.difference), 1, signed=False)
        return (
            f"About {percent(move.recent, 0)} escalated in the last {_days(move.recent_days)}, {far} {way}"
            f" the days before ({percent(move.before, 0)}){_per_day_of(facts, move)}."
        )
    goal = "" if facts.objective is None else f", objective {percent(facts.objective, 0)}"
    return f"{percent(rate.value)} escalate{_between(rate)}{goal}."


def _per_day_of(facts: Facts, move: Change) -> str:
    """What the move costs or spares a day, at the price of an escalation and the range's traffic."""
    if facts.economics is None:
        return ""
    usd = move.difference * facts.economics.E * facts.window.counts["judged"] / facts.days
    return f": about {dollars(usd, signed=True)} a day"


def _savings(facts: Facts) -> str:
    saved, share = per_day(facts, facts.metrics["savings_usd"]), facts.metrics["savings_share"].value
    if saved.value is None:
        return f"Savings unknown: {saved.reason}."
    part = "" if share is None else f" ({percent(abs(share), 0)})"
    between = dollar_reach(saved.low, saved.high)
    reach = f", range {between}" if between else ""
    if saved.value < 0:
        return f"Costs {dollars(-saved.value)} a day more{part} than the flagship alone{reach}."
    known = coverage(facts)
    reach += f"; {known}" if known else ""
    caution = " Do not count the fall as a saving yet." if state_of(facts) == "falling" else ""
    return f"Saves {dollars(saved.value)} a day{part} against flagship-only{reach}.{caution}"


def _break_even(facts: Facts) -> str:
    terms = facts.economics
    if terms is None:
        return ""
    if terms.break_even > 1:
        return "Even if everything escalated, the cascade would be cheaper than the flagship alone."
    if terms.break_even < 0:
        return "The cheap tier and its verifier alone cost more than the flagship."
    far = points(abs(terms.headroom), 0, signed=False)
    return f"Break-even {percent(terms.break_even, 0)}: {far} {'away' if terms.headroom >= 0 else 'passed'}."


def _quality(facts: Facts) -> str:
    quality, age = facts.quality, facts.quality_age
    parts = None if facts.parts_age is None else f"{duration(facts.parts_age)} ago"
    if age is None and parts is not None:
        return f"Quality unknown. {text_replays.ONLY_PARTS.format(ago=parts)}"
    if age is None:
        why = f" {text_replays.NEVER_DRAWN}" if facts.window.labels else ""
        return f"Quality was never checked.{why}"
    since = "" if parts is None else f" {text_replays.PARTS_SINCE.format(ago=parts)}"
    looked = f"last {'checked' if parts is None else 'measured'} {duration(age)} ago"
    if quality.value is None:
        return f"Quality {looked}, not in this range.{since}"
    bar = ", on the eval set" if facts.is_replayed else ""
    bar += "" if facts.quality_bar is None else f", bar {percent(facts.quality_bar, 0)}"
    return f"Quality {percent(quality.value)}{_between(quality)}{bar}, {looked}.{since}"


def _saving(facts: Facts) -> float | None:
    """USD a day against the flagship alone."""
    return per_day(facts, facts.metrics["savings_usd"]).value


def _moved(facts: Facts) -> str:
    move = facts.change
    if not facts.watched.learning:
        return moved_words.calm(facts.watched)
    if move is None:
        return f"Too little to compare: a change needs {ENOUGH} judged events before and after."
    if move.moved:
        return ""
    return "No move of 5 points or more against the days before."


def _days(days: float) -> str:
    return "24 hours" if round(days) == 1 else f"{days:.0f} days"


def _between(metric: Metric) -> str:
    if metric.low is None or metric.high is None:
        return ""
    return f" ({metric.low * 100:.0f}–{metric.high * 100:.0f})"
