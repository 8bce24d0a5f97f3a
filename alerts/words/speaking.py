"""What every kind of alert is said with: the scope, the numbers of an episode, times, money, links. Pure.

An episode's detail is JSON that may have been written by another version: what is missing stays unsaid.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from cascadewatch.drift.diagnosis.spoken import DAY, MINUTE, dollar_span, dollars, duration, moment, shown
from cascadewatch.settings import Settings
from cascadewatch.store.episodes import EVERY, Episode
from cascadewatch.store.state import OTHER

Facts = tuple[tuple[str, str], ...]
SMALL_ROUTES = "its small routes"
ALL_CASCADES = "all cascades"
UNTOLD = "You could not be told while it lasted."


@dataclass(frozen=True, slots=True)
class Told:
    """An episode that is to be told of, with the kinds of what waits to be said of it (firing, update,
    repeat, resolved, flapping, steady), the episodes it speaks for, and why it was closed."""

    episode: Episode
    kinds: tuple[str, ...]
    children: tuple[Episode, ...] = ()
    ended: str | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """A title on one line, and the facts in reading order."""

    title: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Numbers:
    """From what to what: `baseline` None for kinds that have a limit instead."""

    value: float | None
    low: float | None
    high: float | None
    baseline: float | None
    n: int | None

    @classmethod
    def of(cls, episode: Episode) -> "Numbers":
        """As the episode keeps them."""
        held = mapping(episode.detail.get("estimate"))
        value, low, high, baseline, n = (
            number(held.get(k)) for k in ("value", "low", "high", "baseline", "n")
        )
        return cls(value, low, high, baseline, None if n is None else round(n))

    @property
    def shift(self) -> float | None:
        """How far it is from its baseline."""
        return None if self.value is None or self.baseline is None else self.value - self.baseline


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says times in the zone of the settings, as they are read at `now`."""

    settings: Settings
    now: int

    def when(self, millis: int) -> str:
        """A moment, such as "Tue 14:00"."""
        return moment(millis, self.now, self.settings.timezone)

    def span(self, episode: Episode) -> str:
        """From when to when it lasted, and how long; of a drift, when its end was sure too."""
        over = self.now if episode.resolved is None else episode.resolved
        end = over if episode.easing is None or episode.kind != "drift" else min(episode.easing, over)
        lasted = duration(max(0, end - episode.since))
        sure = f"; surely over since {self.when(over)}" if end < over else ""
        return f"{self.when(episode.since)} to {self.when(end)}, {lasted}{sure}"

    def link(self, episode: Episode) -> str:
        """The page about an episode, showing the time from its beginning to its end, or to now."""
        end = self.now if episode.resolved is None else episode.resolved
        last = max(end, episode.since + MINUTE)
        cascade = "" if episode.cascade == EVERY else episode.cascade
        asked = {"episode": str(episode.id), "cascade": cascade, "route": route_of(episode),
                 "from": _stamp(episode.since), "to": _stamp(last + -last % MINUTE)}  # fmt: skip
        return f"{self.page}?{urlencode({key: value for key, value in asked.items() if value})}"

    @property
    def page(self) -> str:
        """The page about all episodes."""
        return f"{self.settings.public_url}/incidents"

    def traffic(self, episode: Episode) -> str:
        """The page about who sends what, from the beginning of an episode to its end, or to now."""
        end = self.now if episode.resolved is None else episode.resolved
        last = max(end, episode.since + MINUTE)
        asked = {
            "cascade": episode.cascade,
            "from": _stamp(episode.since),
            "to": _stamp(last + -last % MINUTE),
        }
        return f"{self.settings.public_url}/traffic?{urlencode(asked)}"

    def report(self, number: int) -> str:
        """The page about one report."""
        return f"{self.settings.public_url}/replays?report={number}"

    @property
    def replays(self) -> str:
        """The page about all replays."""
        return f"{self.settings.public_url}/replays"


def scope(episode: Episode) -> str:
    """The cascade, and the route if it is about one."""
    if not episode.route:
        return named(episode.cascade)
    return f"{shown(episode.cascade)} / {SMALL_ROUTES if episode.route == OTHER else shown(episode.route)}"


def named(cascade: str) -> str:
    """A cascade on one line."""
    return ALL_CASCADES if cascade == EVERY else shown(cascade)


def route_of(episode: Episode) -> str:
    """The route a page can show; "" where it is none or several."""
    return "" if episode.route == OTHER else episode.route


def cause_facts(episode: Episode) -> Facts:
    """The likeliest cause and what it rests on."""
    held = mapping(episode.detail.get("diagnosis"))
    said = text(held.get("likeliest"))
    if said is None:
        return ()
    causes = held.get("causes")
    first = mapping(causes[0]) if isinstance(causes, list) and causes else {}
    label = "Cause" if first.get("key") == "unknown" else "Likeliest cause"
    rows = first.get("evidence")
    listed = [mapping(row) for row in rows] if isinstance(rows, list) else []
    # When a change was is in the sentence already.
    new = [row for row in listed if row.get("value") and "time" not in mapping(row.get("numbers"))]
    checked = [row for row in new[3:] if mapping(row.get("numbers")).get("report")]
    evidence = "; ".join(f"{row.get('label')}: {row.get('value')}" for row in [*new[:3], *checked])
    return ((label, said), *((("Evidence", f"{evidence}."),) if evidence else ()))


def next_fact(episode: Episode, otherwise: str) -> Facts:
    """What to do next."""
    return (("Next", text(mapping(episode.detail.get("diagnosis")).get("next")) or otherwise),)


def is_checked(episode: Episode) -> bool:
    """Whether a verifier check ran since the change."""
    held = mapping(episode.detail.get("diagnosis")).get("checks")
    known = map(mapping, held) if isinstance(held, list) else ()
    return any(one.get("kind") == "verifier check" and one.get("report") for one in known)


def title_of_diagnosis(episode: Episode) -> str | None:
    """What the diagnosis calls it, where that is not simply up or down."""
    return text(mapping(episode.detail.get("diagnosis")).get("title"))


def per_day(episode: Episode) -> float | None:
    """USD a day; below 0 it spares."""
    return number(mapping(episode.detail.get("cost_usd_per_day")).get("value"))


def between(episode: Episode) -> str:
    """The range of what it costs a day, in brackets."""
    held = mapping(episode.detail.get("cost_usd_per_day"))
    said = dollar_span(number(held.get("low")), number(held.get("high")))
    return f" ({said})" if said else ""


def in_all(episode: Episode) -> float | None:
    """What an episode that is over cost in all (USD; below 0 it saved). For a rate: the requests beyond its
    baseline times what each costs. For other metrics: the cost a day times how long it lasted until it began
    to ease, since what follows costs little. None while it is open, or if its cost is not known."""
    if episode.resolved is None:
        return None
    numbers, each = Numbers.of(episode), number(mapping(episode.detail.get("cost_usd_per_day")).get("each"))
    if numbers.shift is not None and numbers.n is not None and each is not None:
        return numbers.shift * numbers.n * each
    usd = per_day(episode)
    return None if usd is None else usd * max(0, (episode.easing or episode.resolved) - episode.since) / DAY


def course(episode: Episode, speaker: Speaker, shown: Callable[[float], str]) -> Facts:
    """How long an episode that is over lasted, and its peak, which `shown` puts into words."""
    lasted = ("Lasted", f"{speaker.span(episode)}.")
    found = peak(episode)
    if found is None:
        return (lasted,)
    return lasted, ("Peak", f"{shown(found[0])}, seen {speaker.when(found[1])}.")


def total_fact(episode: Episode) -> Facts:
    """What an episode that is over cost, or spared, in all."""
    usd = in_all(episode)
    if usd is None:
        return ()
    if usd < 0:
        return (
            ("In all", f"The bill was about {dollars(-usd)} lower. Count it only if the answers were right."),
        )
    return (("In all", f"It cost about {dollars(usd)} more."),)


def peak(episode: Episode) -> tuple[float, int] | None:
    """Its worst value, and when that was seen."""
    held = mapping(episode.detail.get("peak"))
    value, time = number(held.get("value")), number(held.get("time"))
    return None if value is None or time is None else (value, round(time))


def message(episode: Episode) -> str:
    """The sentence of its rule."""
    return shown(text(episode.detail.get("message")) or f"The rule {episode.rule} fired.")


def mapping(value: object) -> Mapping[str, Any]:
    """A JSON object; {} for anything else."""
    return value if isinstance(value, dict) else {}


def number(value: object) -> float | None:
    """A JSON number; None for anything else."""
    return None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)


def text(value: object) -> str | None:
    """A JSON string with something in it; None for anything else."""
    return value if isinstance(value, str) and value else None


def texts(value: object) -> list[str]:
    """The strings of a JSON array, each on one line; [] for anything else."""
    return [shown(one) for one in value if text(one)] if isinstance(value, list) else []


def _stamp(millis: int) -> str:
    return f"{datetime.fromtimestamp(millis / 1000, UTC):%Y-%m-%dT%H:%MZ}"
