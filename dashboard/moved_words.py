"""What an open episode adds to the sentence of the Overview. Pure; a cause may name what somebody sent."""

from collections.abc import Sequence

from cascadewatch.store.episodes import Episode
from dashboard import diagnosis_words, episode_words
from dashboard import text_incidents as text
from dashboard.formats import dollars, percent, points, span_words, when
from dashboard.watched import Watched

MOST = 3  # further episodes named in a sentence


def lines(drift: Episode, saving: float | None, now: int, zone: str) -> list[str]:
    """How far the escalation rate moved since when, what that costs, the likeliest cause, what to do."""
    out = [_rate(drift, now, zone) + _money(drift, saving)]
    cause = diagnosis_words.likeliest(drift)
    if cause is not None:
        out.append(cause)
    step = diagnosis_words.next_step(drift)
    if step is not None:
        out.append(f"→ {step}")
    return out


def _rate(drift: Episode, now: int, zone: str) -> str:
    moved = episode_words.estimate(drift)
    between = span_words(moved.low, moved.high)
    since = f"since {when(drift.since, now, zone)}"
    if moved.shift is None:
        return f"About {percent(moved.value, 0)} escalate{between} {since}"
    way = "above" if moved.shift > 0 else "below"
    far = points(abs(moved.shift), 0, signed=False)
    easing = text.GOING_BACK if drift.state == "easing" else ""
    return f"About {percent(moved.value, 0)} escalate{between}, {far} {way} baseline {since}{easing}"


def _money(drift: Episode, saving: float | None) -> str:
    """A rise costs; a fall only looks like a saving."""
    usd = episode_words.usd_a_day(drift)
    if drift.direction == "down":
        if usd is None:
            return f". {text.FALL_UNPRICED}"
        return f". {text.FALL.format(usd=dollars(abs(usd)))}"
    extra = "" if usd is None else f": {dollars(usd, signed=True)} a day"
    if saving is None:
        return f"{extra}."
    kept = f"still saving {dollars(saving)}" if saving >= 0 else f"now losing {dollars(-saving)} a day"
    return f"{extra}, {kept}."


def also(others: Sequence[Episode]) -> str:
    """What else is open: the metrics that moved, or what is wrong; routes by their names."""
    if not others:
        return ""
    named = list(dict.fromkeys(_title(e) for e in others))
    more = f" and {len(named) - MOST} more" if len(named) > MOST else ""
    return f"{text.ALSO_OPEN} {', '.join(named[:MOST])}{more}."


def _title(of: Episode) -> str:
    where = f" on {episode_words.route(of.route)}" if of.route else ""
    return f"{episode_words.ARROWS[episode_words.direction(of)]} {_what(of)}{where}"


def _what(of: Episode) -> str:
    """The metric that moved; of an episode without one, what is wrong."""
    if of.kind in text.STAKES_OF_KINDS:
        return episode_words.stake(of)
    title = episode_words.metric_title(of)
    return f"{title[0].lower()}{title[1:]}"


def calm(of: Watched) -> str:
    """That nothing moved, how soon a move by the tolerance would have been seen, and which moves are not
    looked for."""
    said = [text.CALM]
    if of.seen is not None and of.least is not None:
        said.append(text.CALM_SEEN.format(points=of.least, time=of.seen))
    if of.unseen is not None:
        said.append(f"{of.unseen[0].upper()}{of.unseen[1:]}.")
    return " ".join(said)
