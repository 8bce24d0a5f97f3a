"""The four tiles of a cascade: escalation, savings, headroom, quality."""

from functools import partial

from dashboard import sentence, text, widgets
from dashboard.formats import (
    NB,
    UNKNOWN,
    ago,
    count,
    dollar_span,
    dollars,
    escaped,
    percent,
    points,
    span,
)
from dashboard.sentence import Facts
from dashboard.widgets import Delta


def four(facts: Facts, key: str, brief: bool = False) -> None:
    """All four, side by side where there is room; `brief` leaves out what only one cascade has room for."""
    drawn = (
        partial(escalation, facts, brief),
        partial(saved, facts, brief),
        partial(headroom, facts),
        partial(quality, facts),
    )
    widgets.tiles(drawn, key, narrowest=130 if brief else 150)


def escalation(facts: Facts, brief: bool = False) -> None:
    """How often the cheap answer is rejected, and how often the flagship is asked."""
    rate, share = facts.metrics["escalation_rate"], facts.metrics["flagship_share"]
    caption = _joined(
        span(rate.low, rate.high), f"n{NB}{count(rate.n)}", f"flagship in {percent(share.value, 0)} of events"
    )
    meaning = widgets.meaning("escalation_rate")
    if facts.change is not None:
        meaning += f"\n\n{escaped(text.COMPARED.format(days=round(facts.change.before_days)))}"
    widgets.tile(text.ESCALATION, percent(rate.value), caption, meaning, rate.reason, _delta(facts, brief))


def saved(facts: Facts, brief: bool = False) -> None:
    """What the cascade spares a day."""
    day, share = sentence.per_day(facts, facts.metrics["savings_usd"]), facts.metrics["savings_share"].value
    loss = day.value is not None and day.value < 0
    between = dollar_span(day.low, day.high) if day.low != day.high else None
    caption = _joined(
        None if share is None else f"{percent(abs(share), 0)} {'above' if loss else 'below'} flagship only",
        between and f"range {between}",
        sentence.coverage(facts),
        None if brief else _budget(facts),
    )
    widgets.tile(
        text.LOST if loss else text.SAVED, dollars(None if day.value is None else abs(day.value)), caption,
        widgets.meaning("savings_usd"), day.reason,
    )  # fmt: skip


def headroom(facts: Facts) -> None:
    """How far escalation may rise before the cascade stops paying."""
    room, edge = facts.metrics["headroom"], facts.metrics["break_even_rate"]
    terms = facts.economics
    now = None if terms is None else f"break-even {percent(edge.value, 0)}, now {percent(terms.e, 0)}"
    far = points(room.value, 0, signed=(room.value or 0) < 0)
    widgets.tile(
        text.HEADROOM, far, _joined(now, f"n{NB}{count(room.n)}"), widgets.meaning("headroom"), room.reason
    )  # fmt: skip


def quality(facts: Facts) -> None:
    """How many answers are right, and when anybody last looked."""
    share = facts.metrics["quality"]
    caption = _joined(
        span(share.low, share.high),
        f"n{NB}{count(share.n)}" if share.n else None,
        None if facts.quality_bar is None else f"bar {percent(facts.quality_bar, 0)}",
        text.NEVER_CHECKED
        if facts.quality_age is None
        else f"checked {ago(facts.window.last_label, facts.now)}",
    )
    widgets.tile(text.QUALITY, percent(share.value), caption, widgets.meaning("quality"), share.reason)


def _delta(facts: Facts, brief: bool) -> Delta | None:
    """The move since before; a narrow tile leaves to the sentence beside it since when."""
    move = facts.change
    if move is None:
        return None
    words = points(move.difference) if brief else f"{points(move.difference)} vs before"
    if not move.moved:
        return Delta(words, "gray", "off")
    return Delta(words, "red", "up") if move.difference > 0 else Delta(words, "orange", "down")


def _budget(facts: Facts) -> str | None:
    """The SLO's budget in dollars a day."""
    usd = sentence.budget_usd(facts)
    if usd is None:
        return None
    return f"{dollars(abs(usd))} a day {'under' if usd >= 0 else 'over'} the objective"


def _joined(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part and part != UNKNOWN) or UNKNOWN
