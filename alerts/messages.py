"""Puts together what is said of episodes, from their rows as they are when it is sent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b

from alerts.message import Item, Left, Message, Status
from alerts.sample import KINDS, made_up
from alerts.words import budget, callers, drift, endings, limit, replay, silence, stale
from alerts.words.speaking import Speaker, Told, Words, named, scope
from cascadewatch.drift.diagnosis.spoken import listed
from cascadewatch.settings import Settings

__all__ = ["Told", "compose", "sample"]

_Say = Callable[[Told, Speaker], Words]
_LIMIT: Mapping[Status, _Say] = {
    "firing": limit.firing,
    "easing": limit.easing,
    "resolved": limit.resolved,
    "missed": limit.missed,
}
# By kind of episode, then by status; a status that is not here is told like one that fires.
SAYS: Mapping[str, Mapping[Status, _Say]] = {
    "drift": {
        "firing": drift.firing,
        "easing": drift.easing,
        "resolved": drift.resolved,
        "missed": drift.missed,
    },
    "threshold": _LIMIT,
    "burn_rate": _LIMIT,
    "no_data": {
        "firing": silence.firing,
        "resolved": silence.resolved,
        "missed": silence.missed,
    },
    "replay": {
        "firing": replay.firing,
        "resolved": replay.resolved,
        "missed": replay.missed,
    },
    "stale": {
        "firing": stale.firing,
        "resolved": stale.resolved,
        "missed": stale.missed,
    },
    "budget": {
        "firing": budget.firing,
        "resolved": budget.resolved,
        "missed": budget.missed,
    },
    "callers": {
        "firing": callers.firing,
        "resolved": callers.resolved,
        "missed": callers.missed,
    },
    "error": {
        "firing": silence.failing,
        "resolved": silence.works,
        "missed": silence.failed,
    },
}
PREFIXES: Mapping[Status, str] = {
    "updated": "Moved again: ",
    "repeated": "Still: ",
    "easing": "Easing: ",
    "resolved": "Resolved: ",
    "missed": "Over already: ",
    "flapping": "Flapping: ",
    "notice": "Steady: ",
}
CLOSED = "Closed: "  # in place of "Resolved: ", where nothing came back
FLAPS = ("Flapping", "It changed more than four times in a day. You hear of it again when it is steady.")
STEADY = ("Steady", "It has been steady for a while: you hear of its changes again.")
NAMES = 3  # cascades named in a subject


def compose(told: Sequence[Told], settings: Settings, now: int, *, left: Sequence[Left] = ()) -> Message:
    """One message about some episodes, as they are told at `now` (epoch ms); `left` are those left out.

    Whoever sends it gives it its id.
    """
    speaker = Speaker(settings, now)
    items = tuple(item(one, speaker) for one in told)
    return Message(
        id="",
        kind="alert",
        subject=_subject(items, told, left),
        link=_link(items, speaker),
        items=items,
        more=len(left),
    )


def sample(settings: Settings, now: int) -> Message:
    """What `cascadewatch alerts test` sends: an alert about a cascade that does not exist, and says so."""
    told = Told(made_up(now), KINDS)
    made = compose([told], settings, now)
    one = made.items[0]
    page = Speaker(settings, now).page
    return replace(
        made,
        id=blake2b(f"sample {now}".encode(), digest_size=10).hexdigest(),
        kind="test",
        subject=f"Test: {made.subject}",
        link=page,
        items=(replace(one, title=f"Test: {one.title}", link=page),),
        lines=("This is a sample, sent with `cascadewatch alerts test`. Nothing has moved.",),
    )


def item(told: Told, speaker: Speaker) -> Item:
    """One episode in a message."""
    episode = told.episode
    status = status_of(told)
    words = _words(told, status, speaker)
    prefix = CLOSED if status == "resolved" and told.ended in endings.CLOSED else PREFIXES.get(status, "")
    return Item(
        episode=episode.id,
        status=status,
        severity="page" if episode.severity == "page" else "ticket",
        rule=episode.rule,
        cascade=episode.cascade,
        route=episode.route,
        title=f"{prefix}{words.title}",
        facts=words.facts,
        link=speaker.link(episode),
        started=episode.since,
        ended=episode.resolved,
        zone=speaker.settings.timezone,
    )


def status_of(told: Told) -> Status:
    """What is to be said: of several things the last, except that what began and ended is one."""
    kinds, episode = set(told.kinds), told.episode
    if not episode.is_open:
        return "missed" if "firing" in kinds else "resolved"
    if "flapping" in kinds:
        return "flapping"
    if "steady" in kinds:
        return "notice"
    if episode.state == "easing":
        return "easing"
    if "firing" in kinds:
        return "firing"
    return "updated" if "update" in kinds else "repeated" if "repeat" in kinds else "firing"


def _words(told: Told, status: Status, speaker: Speaker) -> Words:
    says = SAYS.get(told.episode.kind, _LIMIT)
    words = says.get(status, says["firing"])(told, speaker)
    why = endings.CLOSED.get(told.ended)
    if why is not None and status in ("resolved", "missed"):
        return endings.closed(why, says["firing"](told, speaker), words)
    extra = {"flapping": FLAPS, "notice": STEADY}.get(status)
    return words if extra is None else Words(words.title, (words.facts[0], extra, *words.facts[1:]))


def _subject(items: Sequence[Item], told: Sequence[Told], left: Sequence[Left]) -> str:
    first, alerts = items[0].title, len(items) + len(left)
    if alerts == 1:
        return first
    about = [*(one.cascade for one in items), *(one.cascade for one in left)]
    cascades = list(dict.fromkeys(map(named, filter(None, about))))
    over = _all_over(items) if all(one.is_over for one in left) else ""
    if len(cascades) > 1:
        rest = len(cascades) - NAMES
        names = listed([*cascades[:NAMES], *([f"{rest} more"] if rest > 0 else [])])
        beside = f" ({alerts} alerts)" if alerts > len(cascades) else ""
        return f"{over}{len(cascades)} cascades: {names}{beside}"
    ahead = "" if scope(told[0].episode) in first else f"{cascades[0]}: " if cascades else ""
    return f"{ahead}{first}, and {alerts - 1} more"


def _all_over(items: Sequence[Item]) -> str:
    if any(one.status != "resolved" for one in items):
        return ""
    return CLOSED if any(one.title.startswith(CLOSED) for one in items) else PREFIXES["resolved"]


def _link(items: Sequence[Item], speaker: Speaker) -> str:
    if len(items) == 1:
        return items[0].link
    return speaker.page
