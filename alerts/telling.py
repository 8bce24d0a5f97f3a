"""Whether something is to be said of an episode now. Pure; a named reason with every answer."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from alerts.joining import RANK
from alerts.lifecycle import Reason, State
from cascadewatch.settings import Settings
from cascadewatch.store.episodes import Episode

UPDATE_MS = 4 * 3_600_000  # an estimate settles in its first hours: they are one message
NAMES = 500  # callers of which is remembered that people were told

Kind = Literal["firing", "update", "repeat", "resolved", "flapping", "steady"]
Why = Literal[
    "nobody heard of it yet",
    "changed its state",
    "moved on by another tolerance",
    "more severe than was said",
    "another caller stands out",
    "lasts",
    "said already",
    "acknowledged",
    "silenced",
    "another speaks for it",
    "nobody heard that it began",
    "flapping",
    "a channel has not heard of it",
]
UNHEARD: Why = "a channel has not heard of it"
NEWCOMER: Why = "another caller stands out"


class Told(NamedTuple):
    """What was last said of an episode: when (epoch ms), of which value, how severe. `callers` are those it
    has named so far."""

    time: int
    value: float | None
    severity: str
    callers: tuple[str, ...] = ()

    @classmethod
    def of(cls, episode: Episode) -> "Told | None":
        """None while nothing was said."""
        kept = episode.detail.get("told")
        if kept is None:
            return None
        return cls(kept["time"], kept["value"], kept["severity"], tuple(kept.get("callers", ())))


class Now(NamedTuple):
    """The rest that matters for whether to tell: the life cycle's state and reason, whether the episode
    sends messages of its own, whether it is silenced, the time (epoch ms), and whether one of its channels
    was never told of it: it is new in the settings, or another episode spoke for this one there."""

    state: State
    reason: Reason | None
    speaks: bool
    silenced: bool
    time: int
    unheard: bool = False


def due(episode: Episode, now: Now, repeat: int) -> tuple[Kind | None, Why]:
    """The kind of message to send about an episode now, and why; None and the reason if there is none to
    send. `repeat` (ms) is how often a lasting episode is repeated. With the reason `UNHEARD` it is for the
    channels alone that were never told."""
    told = Told.of(episode)
    if now.silenced and (told is None or episode.is_open):  # who heard the beginning hears the end
        return None, "silenced"
    if not now.speaks and told is None:
        return None, "another speaks for it"
    if not episode.is_open:
        return _ending(now, told)
    if now.reason == "more than 4 changes in a day":
        return "flapping", "changed its state"
    if now.state == "flapping":
        return None, "flapping"
    if told is None:
        return "firing", "nobody heard of it yet"
    if now.reason == "steady for 21 looks":
        return "steady", "changed its state"
    kind, why = _lasting(episode, now.time, told, repeat)
    return ("firing", UNHEARD) if why == "said already" and now.unheard else (kind, why)


def _ending(now: Now, told: Told | None) -> tuple[Kind | None, Why]:
    if told is None:
        return None, "nobody heard that it began"
    return "steady" if now.reason == "steady for 21 looks" else "resolved", "changed its state"


def _lasting(episode: Episode, now: int, told: Told, repeat: int) -> tuple[Kind | None, Why]:
    if RANK[episode.severity] > RANK.get(told.severity, 0):
        return "update", "more severe than was said"
    if now - told.time >= UPDATE_MS and _moved_on(episode.detail, told):
        return "update", "moved on by another tolerance"
    if now - told.time >= UPDATE_MS and newcomers(episode.detail.get("about"), told.callers):
        return "update", NEWCOMER
    if episode.acknowledged is not None:
        return None, "acknowledged"
    if episode.state == "firing" and now - told.time >= repeat:
        return "repeat", "lasts"
    return None, "said already"


def newcomers(about: Mapping[str, Any] | None, known: Collection[str]) -> list[str]:
    """Callers who stand out and are not `known`."""
    return [name for name in named_in(about) if name not in known]


def named_in(about: Mapping[str, Any] | None) -> Sequence[str]:
    """The callers who stand out; () for other kinds of rules."""
    found: Sequence[str] = (about or {}).get("callers_named", ())
    return found


def said_of(episode: Episode, now: int) -> dict[str, Any]:
    """What `Told.of` reads later, of an episode that is told as it is `now` (epoch ms); for its words also
    which callers are new."""
    detail, told = episode.detail, Told.of(episode)
    said = {"time": now, "value": (detail.get("estimate") or {}).get("value"), "severity": episode.severity}
    names = named_in(detail.get("about"))
    if not names:
        return said
    before = names if told is None else told.callers
    known = [*names, *(name for name in before if name not in names)]
    return said | {"callers": known[:NAMES], "callers_new": newcomers(detail["about"], before)}


def _moved_on(detail: Mapping[str, Any], told: Told) -> bool:
    """Whether the rate is farther from its baseline than people were last told, by the tolerance or more."""
    estimate, tolerance = detail.get("estimate") or {}, detail.get("tolerance")
    value, baseline = estimate.get("value"), estimate.get("baseline")
    if tolerance is None or value is None or baseline is None or told.value is None:
        return False
    grown = abs(value - baseline) - abs(told.value - baseline)
    return bool(grown >= tolerance)


def channels_of(names: tuple[str, ...], severity: str, settings: Settings) -> list[str]:
    """The channels that are told of an episode of this severity, whose rule names the channels `names`.

    A rule that names none uses those of `[alerts]`, else all. Left out are channels that the settings do not
    have and those whose `min_severity` is higher.
    """
    chosen = names or settings.alerts.channels or tuple(settings.channel)
    least = {name: RANK[settings.channel[name].min_severity] for name in chosen if name in settings.channel}
    return [name for name, rank in least.items() if rank <= RANK[severity]]
