"""What is said of callers that escalate far beyond their own past. Their names are whatever somebody sent."""

from collections.abc import Mapping
from typing import Any

from alerts.words.speaking import (
    UNTOLD,
    Facts,
    Speaker,
    Told,
    Words,
    between,
    mapping,
    message,
    named,
    number,
    per_day,
    text,
)
from cascadewatch.drift.diagnosis import spoken
from cascadewatch.drift.diagnosis.spoken import DAY, count, dollars, duration, percent, shown
from cascadewatch.store.episodes import Episode
from cascadewatch.store.state import OTHER

WEEK = 7 * DAY  # then what a caller does is its own past
NAMES = 5  # new callers that a message names
CAUSE = "Requests made to be rejected, or simply harder ones than before: these numbers do not tell which."
STEP = (
    "Read what {they} sent: {page} `cascadewatch callers find NAME` tells under which name a sender is"
    " stored. If it is not meant, limit {them} at your gateway. If it is, acknowledge this: a week on it is"
    " {their} own past, and the alert ends by itself."
)
AGAIN = (
    "No caller stands out any more. What they do has become their own past, since it has gone on for a week:"
    " the requests may be as they were when you were told."
)


def firing(told: Told, speaker: Speaker) -> Words:
    """Who, who of them is new, from what to what, since when, what else it may be, what it costs, and what to
    do."""
    episode = told.episode
    facts = (
        ("What moved", _moved(episode)),
        *_new(episode),
        ("Since", _since(episode, speaker)),
        ("Likeliest cause", CAUSE),
        *_evidence(episode),
        *_cost(episode),
        ("Next", _next(episode, speaker)),
    )
    return Words(_title(episode), facts)


def resolved(told: Told, speaker: Speaker) -> Words:
    """That nobody stands out any more, which after a week need not mean that it stopped."""
    episode = told.episode
    what = AGAIN if _until(episode, speaker) - episode.since >= WEEK else "No caller stands out any more."
    facts = (("What", what), ("Lasted", _lasted(episode, speaker)), *_total(episode, speaker))
    return Words(f"{named(episode.cascade)}: no caller stands out any more", facts)


def missed(told: Told, speaker: Speaker) -> Words:
    """That somebody stood out, and does not any more."""
    words = resolved(told, speaker)
    what = ("What moved", f"{_moved(told.episode)} {UNTOLD}")
    return Words(f"{_title(told.episode)}, for a time", (what, *words.facts))


def _until(episode: Episode, speaker: Speaker) -> int:
    """The end of the last hour in which they escalated more than expected. The rule looks back over a window,
    so it sees that only later."""
    over = speaker.now if episode.resolved is None else episode.resolved
    until = number(_about(episode).get("until"))
    return over if until is None else min(over, max(episode.since, round(until)))


def _lasted(episode: Episode, speaker: Speaker) -> str:
    until = _until(episode, speaker)
    lasted = f"{speaker.when(episode.since)} to {speaker.when(until)}, {duration(until - episode.since)}"
    if episode.resolved is None or until == episode.resolved:
        return f"{lasted}."
    return f"{lasted}, as far as can be told; no caller has stood out since {speaker.when(episode.resolved)}."


def _total(episode: Episode, speaker: Speaker) -> Facts:
    """What their escalations beyond the expected ones cost, those of the last week of it."""
    each = number(mapping(episode.detail.get("cost_usd_per_day")).get("each"))
    beyond = number(_about(episode).get("beyond"))
    if each is None or beyond is None or beyond <= 0 or each <= 0:
        return ()
    last = " in its last 7 days" if _until(episode, speaker) - episode.since > WEEK else ""
    return (("In all", f"It cost about {dollars(beyond * each)} more{last}."),)


def _title(episode: Episode) -> str:
    rows, number_of = _callers(episode), number(_about(episode).get("number"))
    where = named(episode.cascade)
    if not rows or number_of is None:
        return f"{where}: callers stand out"
    if number_of > 1:
        return f"{where}: {count(number_of)} callers escalate far more than they used to"
    rate = _rate(rows[0])
    often = "" if rate is None else f", {percent(rate)} of its requests"
    return f"{where}: {_named(rows[0])} escalates far more than expected{often}"


def _moved(episode: Episode) -> str:
    """Each caller with its n, rate and interval, and what they make of the whole."""
    about = _about(episode)
    rows = [_row(row) for row in _callers(episode)]
    if not rows:
        return message(episode)
    more = (number(about.get("number")) or 0) - len(rows)
    said = "; ".join([*rows, *([f"and {count(more)} more"] if more > 0 else [])])
    escalations, judged = number(about.get("of_escalations")), number(about.get("of_judged"))
    share = ""
    if escalations is not None and judged is not None:
        share = f" {percent(escalations)} of all escalations, from {percent(judged)} of the judged events."
    return f"{said[:1].upper()}{said[1:]}.{share}"


def _new(episode: Episode) -> Facts:
    """Callers whom no message named before."""
    held = mapping(episode.detail.get("told")).get("callers_new")
    names = [_name(one) for one in held if text(one)] if isinstance(held, list) else []
    if not names:
        return ()
    more = [f"{count(len(names) - NAMES)} more"] if len(names) > NAMES else []
    return (("New", f"{spoken.listed([*names[:NAMES], *more])}, since you were last told."),)


def _row(row: Mapping[str, Any]) -> str:
    rate, judged = _rate(row), number(row.get("judged"))
    normal = number(row.get("expected"))
    if rate is None or judged is None:
        return _named(row)
    inside = spoken.between(number(row.get("low")), number(row.get("high")))
    expected = "" if normal is None else f", where {percent(normal)} was expected"
    span = f" ({inside})" if inside else ""
    return f"{_named(row)}: {percent(rate)}{span} of {count(judged)} judged events escalated{expected}"


def _since(episode: Episode, speaker: Speaker) -> str:
    seen = number(_about(episode).get("seen"))
    among = "" if seen is None else f", {count(seen)} callers together"
    compared = f"Compared with the past of each, where it has one, and with all others{among}."
    return f"{speaker.when(episode.since)}, as far as can be told. {compared}"


def _evidence(episode: Episode) -> Facts:
    said = [one for row in _callers(episode)[:3] if (one := _before(row)) is not None]
    without = number(_about(episode).get("without"))
    if without is not None:
        said.append(f"all others: {percent(without)} escalate")
    return (("Evidence", f"{'; '.join(said)}."),) if said else ()


def _before(row: Mapping[str, Any]) -> str | None:
    rate, n = number(row.get("before")), number(row.get("before_n"))
    if n is None:
        return None
    past = f"{percent(rate)} of {count(n)} until a week ago" if n and rate is not None else "not seen before"
    return f"{_named(row)}: {past}"


def _cost(episode: Episode) -> Facts:
    usd = per_day(episode)
    if usd is None or usd <= 0:
        return ()
    return (("Cost", f"About {dollars(usd)} more a day{between(episode)}, at today's traffic."),)


def _next(episode: Episode, speaker: Speaker) -> str:
    they, them, their = ("it", "it", "its") if len(_callers(episode)) == 1 else ("they", "them", "their")
    return STEP.format(they=they, them=them, their=their, page=speaker.traffic(episode))


def _named(row: Mapping[str, Any]) -> str:
    return _name(text(row.get("caller")) or "")


def _name(name: str) -> str:
    return f"caller {shown(name)}{' (those without a name of their own, together)' if name == OTHER else ''}"


def _rate(row: Mapping[str, Any]) -> float | None:
    k, n = number(row.get("escalated")), number(row.get("judged"))
    return k / n if k is not None and n else None


def _callers(episode: Episode) -> list[Mapping[str, Any]]:
    held = _about(episode).get("callers")
    rows = [mapping(row) for row in held] if isinstance(held, list) else []
    return [row for row in rows if text(row.get("caller"))]


def _about(episode: Episode) -> Mapping[str, Any]:
    return mapping(episode.detail.get("about"))
