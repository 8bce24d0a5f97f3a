"""What the daily or weekly summary says. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.message import Message
from alerts.words.speaking import scope
from cascadewatch.drift.diagnosis.spoken import (
    DAY,
    between,
    count,
    dollars,
    duration,
    listed,
    moment,
    percent,
    points,
    shown,
)
from cascadewatch.metrics.window import Metric
from cascadewatch.settings import Settings
from cascadewatch.store.episodes import Episode

CHECKED_MS = 7 * DAY  # quality that was checked longer ago counts as unchecked


@dataclass(frozen=True, slots=True)
class CascadeFacts:
    """One cascade over the period, and over the one before it.

    `now` and `before` hold the metrics `escalation_rate`, `cost_usd`, `savings_usd`, `savings_share` and
    `headroom` by key. `checked` is when its quality last was, by a label or a report (epoch ms; None:
    never).
    """

    cascade: str
    events: int
    events_before: int
    now: Mapping[str, Metric]
    before: Mapping[str, Metric]
    checked: int | None

    @property
    def name(self) -> str:
        """Its name on one line."""
        return shown(self.cascade)


@dataclass(frozen=True, slots=True)
class DigestFacts:
    """What happened in [start, end), epoch ms.

    `cascades` are those with events in it or in the period before. `episodes` are those of which a part lies
    in it, the last opened first. `off` names channels that are off now, `dead` counts messages of the period
    that were given up.
    """

    start: int
    end: int
    cascades: tuple[CascadeFacts, ...]
    episodes: tuple[Episode, ...]
    off: tuple[str, ...]
    dead: int

    @property
    def has_news(self) -> bool:
        """Whether there is anything to tell of."""
        return bool(self.cascades or self.episodes or self.off or self.dead)

    @property
    def earlier(self) -> str:
        """What the period before is called."""
        return "the week before" if self.end - self.start > 2 * DAY else "the day before"


def digest(facts: DigestFacts, settings: Settings, now: int) -> Message:
    """The whole period in a few lines: each cascade, the episodes, then what to do next."""
    start, end = (moment(at, now, settings.timezone, dated=True) for at in (facts.start, facts.end))
    saved = [one.now["savings_usd"].value for one in facts.cascades]
    known = [value for value in saved if value is not None]
    told = f"{_saved(sum(known))}, " if known else ""
    number = len(facts.episodes)
    alerts = f"{number} alert{'s' * (number > 1)}" if number else "no alerts"
    lines = [_cascade(one, facts.earlier, now) for one in facts.cascades]
    zone = f"Times are in {settings.timezone}."
    lines += [_open(facts, settings, now), _over(facts), _next(facts, now), zone]
    return Message(
        "",
        "digest",
        f"{start} to {end}: {told}{alerts}",
        settings.public_url,
        lines=tuple(filter(None, lines)),
    )


def _cascade(one: CascadeFacts, earlier: str, now: int) -> str:
    """One line, such as "support: saved $9.77 (54 % of flagship only; $10.30 the day before). Cost ..."."""
    if not one.events:
        return f"{one.name}: no requests; {count(one.events_before)} {earlier}."
    parts = (_savings(one, earlier), _cost(one, earlier), _escalating(one, earlier))
    requests = f"{count(one.events)} requests; {count(one.events_before)} {earlier}"
    return f"{one.name}: {'. '.join((*parts, requests, _quality(one, now)))}."


def _savings(one: CascadeFacts, earlier: str) -> str:
    saved, share, then = one.now["savings_usd"], one.now["savings_share"], one.before["savings_usd"].value
    if saved.value is None:
        return f"savings unknown: {saved.reason}"
    beside = [f"{percent(abs(share.value))} of flagship only"] if share.value is not None else []
    beside += [f"{_saved(then)} {earlier}"] if then is not None else []
    return _saved(saved.value) + _brackets(beside)


def _cost(one: CascadeFacts, earlier: str) -> str:
    cost, then = one.now["cost_usd"], one.before["cost_usd"].value
    if cost.value is None:
        return f"Cost unknown: {cost.reason}"
    beside = [f"{dollars(then)} {earlier}"] if then is not None else []
    beside += [cost.reason] if cost.reason else []  # how much of it has a price
    return f"Cost {dollars(cost.value)}" + _brackets(beside)


def _escalating(one: CascadeFacts, earlier: str) -> str:
    rate, then, headroom = (
        one.now["escalation_rate"],
        one.before["escalation_rate"].value,
        one.now["headroom"],
    )
    if rate.value is None:
        return f"Escalation unknown: {rate.reason}"
    interval = between(rate.low, rate.high)
    beside = [interval] if interval else []
    beside += [f"{percent(then)} {earlier}"] if then is not None else []
    away = headroom.value
    side = "" if away is None else f", {points(away)} {'below' if away >= 0 else 'above'} break-even"
    return f"{percent(rate.value)} escalated{_brackets(beside)}{side}"


def _quality(one: CascadeFacts, now: int) -> str:
    if one.checked is None:
        return "Quality never checked"
    return f"Quality last checked {duration(max(0, now - one.checked))} ago"


def _open(facts: DigestFacts, settings: Settings, now: int) -> str:
    lasting = [
        f"{scope(e)}: {shown(e.rule)} since {moment(e.since, now, settings.timezone)}"
        for e in facts.episodes
        if e.is_open
    ]
    return f"Still open: {'; '.join(lasting)}." if lasting else ""


def _over(facts: DigestFacts) -> str:
    over = [f"{scope(e)}: {shown(e.rule)}" for e in facts.episodes if not e.is_open]
    return f"Over: {'; '.join(over)}." if over else ""


def _next(facts: DigestFacts, now: int) -> str:
    steps = []
    if facts.off:
        steps.append(f"correct the channels that are off ({listed([*map(shown, facts.off)])})")
    if facts.dead:
        steps.append(f"see which {facts.dead} messages could not be delivered")
    if any(e.is_open for e in facts.episodes):
        steps.append("look into what is still open")
    served = [c for c in facts.cascades if c.events]  # of the others there is nothing to label
    stale = [c.name for c in served if c.checked is None or now - c.checked > CHECKED_MS]
    if stale:
        steps.append(f"label a random sample of {listed(stale)}: its quality was not checked for a week")
    return f"Next: {'; '.join(steps)}." if steps else "Nothing to do."


def _saved(usd: float) -> str:
    return f"{'saved' if usd >= 0 else 'lost'} {dollars(abs(usd))}"


def _brackets(parts: list[str]) -> str:
    return f" ({'; '.join(parts)})" if parts else ""
