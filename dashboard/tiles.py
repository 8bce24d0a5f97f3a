"""The four tiles of a cascade: escalation, savings, headroom, quality."""

from functools import partial

from dashboard import episode_words, text, text_incidents, text_replays, widgets
from dashboard.facts import Facts, budget_usd, coverage, per_day
from dashboard.formats import (
    NB,
    UNKNOWN,
    ago,
    count,
    dollar_reach,
    dollars,
    escaped,
    percent,
    points,
    span,
)
from dashboard.widgets import Delta


def four(facts: Facts, key: str, brief: bool = False) -> None:
    """All four, side by side where there is room; `brief` leaves out what only one cascade has room for."""
    drawn = (
        partial(escalation, facts, brief),
        partial(saved, facts, brief),
        partial(headroom, facts),
        partial(quality, facts),
    )
    widgets.tiles(drawn, key, narrowest=112 if brief else 150)


def escalation(facts: Facts, brief: bool = False) -> None:
    """How often the cheap answer is rejected, and how often the flagship is asked."""
    rate, share = facts.metrics["escalation_rate"], facts.metrics["flagship_share"]
    caption = _joined(
        _moved(facts), span(rate.low, rate.high), f"n{NB}{count(rate.n)}",
        f"flagship in {percent(share.value, 0)} of events", None if brief else _watch(facts),
    )  # fmt: skip
    meaning = widgets.meaning("escalation_rate")
    if facts.move is not None:
        meaning += f"\n\n{escaped(text.COMPARED.format(days=round(facts.move.before_days)))}"
    shown = "" if brief else meaning  # its icon would take the place of the label
    widgets.tile(text.ESCALATION, percent(rate.value), caption, shown, rate.reason, _delta(facts, brief))


def saved(facts: Facts, brief: bool = False) -> None:
    """What the cascade spares a day."""
    day, share = per_day(facts, facts.metrics["savings_usd"]), facts.metrics["savings_share"].value
    loss = day.value is not None and day.value < 0
    between = dollar_reach(day.low, day.high)
    caption = _joined(
        None if share is None else f"{percent(abs(share), 0)} {'above' if loss else 'below'} flagship only",
        between and f"range {between}",
        coverage(facts),
        None if brief else _budget(facts),
    )
    widgets.tile(
        text.LOST if loss else text.SAVED, dollars(None if day.value is None else abs(day.value)), caption,
        "" if brief else widgets.meaning("savings_usd"), day.reason,
    )  # fmt: skip


def headroom(facts: Facts) -> None:
    """How far escalation may rise before the cascade stops paying."""
    room, edge = facts.metrics["headroom"], facts.metrics["break_even_rate"]
    terms = facts.economics
    now = None if terms is None else f"break-even {percent(edge.value)}, now {percent(terms.e)}"
    far = points(room.value, signed=(room.value or 0) < 0)
    widgets.tile(
        text.HEADROOM, far, _joined(now, f"n{NB}{count(room.n)}"), widgets.meaning("headroom"), room.reason
    )  # fmt: skip


def quality(facts: Facts) -> None:
    """How many answers are right, when anybody last looked, and how."""
    share = facts.quality
    caption = _joined(
        span(share.low, share.high),
        f"n{NB}{count(share.n)}" if share.n else None,
        None if facts.quality_bar is None else f"bar{NB}{percent(facts.quality_bar, 0)}",
        _checked(facts),
        None if facts.is_replayed else facts.labels_of,
    )
    widgets.tile(text.QUALITY, percent(share.value), caption, widgets.meaning("quality"), share.reason)


def _checked(facts: Facts) -> str:
    """When quality was last checked, and how; and when it was measured, if that is longer ago."""
    age, parts = facts.quality_age, facts.parts_age
    part = None if parts is None else text_replays.PARTS_TILE.format(ago=ago(facts.now - parts, facts.now))
    if age is None:
        return part or text.NEVER_CHECKED
    how = text.BY_REPLAY if facts.is_replayed else text.BY_LABELS
    looked = f"{'checked' if part is None else 'measured'} {ago(facts.now - age, facts.now)} {how}"
    return _joined(looked, part)


def _watch(facts: Facts) -> str | None:
    """How soon a move is seen; or that it is not, yet."""
    of = facts.watched
    if not of.looks:
        return None
    if of.learning:
        return text_incidents.LEARNING_TILE
    if of.least is None:
        return None
    if of.seen is not None:
        return text_incidents.SEEN_TILE.format(points=of.least, time=of.seen)
    return text_incidents.UNSEEN_TILE.format(points=of.least) if of.unseen else None


def _moved(facts: Facts) -> str | None:
    """From what to what, while an episode is open: its level is not the mean of the range above it."""
    drift = facts.watched.drift
    of = None if drift is None else episode_words.estimate(drift)
    if of is None or of.shift is None:
        return None
    return text_incidents.MOVED_TILE.format(value=percent(of.value, 0), baseline=percent(of.baseline, 0))


def _delta(facts: Facts, brief: bool) -> Delta | None:
    """The move from the baseline, or since before while there is none; the caption under an open episode's,
    and the sentence beside a narrow tile, say against what."""
    drift, rate, normal = facts.watched.drift, facts.metrics["escalation_rate"].value, facts.watched.normal
    shift = None if drift is None else episode_words.estimate(drift).shift
    if shift is not None:
        return _coloured(shift, "baseline", brief=True)
    if normal is not None and rate is not None and facts.move is None:
        return Delta(_against(rate - normal, "baseline", brief), "gray", "off")
    move = facts.move
    if move is None:
        return None
    if not move.moved:
        return Delta(_against(move.difference, "before", brief), "gray", "off")
    return _coloured(move.difference, "before", brief)


def _coloured(shift: float, what: str, brief: bool) -> Delta:
    words = _against(shift, what, brief)
    return Delta(words, "red", "up") if shift > 0 else Delta(words, "orange", "down")


def _against(shift: float, what: str, brief: bool) -> str:
    return points(shift) if brief else f"{points(shift)} vs {what}"


def _budget(facts: Facts) -> str | None:
    """The SLO's budget in dollars a day."""
    usd = budget_usd(facts)
    if usd is None:
        return None
    return f"{dollars(abs(usd))} a day {'under' if usd >= 0 else 'over'} the objective"


def _joined(*parts: str | None) -> str:
    return f"{NB}· ".join(part for part in parts if part and part != UNKNOWN) or UNKNOWN
