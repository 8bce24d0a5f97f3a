"""What a rule would have said over stored history."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

from alerts.finding import Past
from alerts.kinds import LIMITS
from alerts.rules import rules_of, shown
from alerts.windows import Windows
from cascadewatch.moments import rfc3339, utc
from cascadewatch.settings import Rule, Settings
from cascadewatch.store.engine import Store

TOLD = 5  # episodes that the sentence names


@dataclass(frozen=True, slots=True)
class BackTest:
    """The episodes of a rule from `start` to `end` (epoch ms), the first opened in front."""

    rule: Rule
    start: int
    end: int
    episodes: tuple[Past, ...]
    sentence: str

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, times in RFC 3339."""
        return {
            "rule": self.rule.name,
            "from": rfc3339(self.start),
            "to": rfc3339(self.end),
            "episodes": [_json(past) for past in self.episodes],
            "sentence": self.sentence,
        }


def back_test(store: Store, settings: Settings, rule: Rule, start: int, end: int) -> BackTest:
    """What one rule would have said; see `back_tests`."""
    return next(back_tests(store, settings, [rule], start, end))


def back_tests(
    store: Store, settings: Settings, rules: Sequence[Rule], start: int, end: int
) -> Iterator[BackTest]:
    """Walks over history with each rule's own detector and life cycle; nothing is written.

    Some kinds of rule cannot be tested on history. They give no episodes, and `sentence` says why.
    """
    drifts: list[Past] | None = None
    for rule in rules:
        refusal = _refusal(rule)
        if refusal is not None:
            yield BackTest(rule, start, end, (), refusal)
            continue
        if rule.kind == "drift":
            drifts = _drifts(store, settings, rules, start, end) if drifts is None else drifts
            found = [past for past in drifts if past.rule == rule.name]
        else:
            found = _limits(store, settings, rule, start, end)
        episodes = tuple(sorted(found, key=lambda past: (past.opened, past.scope)))
        yield BackTest(rule, start, end, episodes, _sentence(rule, episodes, settings.timezone))


def _drifts(store: Store, settings: Settings, rules: Sequence[Rule], start: int, end: int) -> list[Past]:
    """Those of all drift rules in force, which share one budget of false alarms: a rule that had it to itself
    would fire earlier than it did."""
    from alerts.kinds import drift

    asked = {rule.name: rule.model_copy(update={"enabled": True}) for rule in rules}
    together = {rule.name: rule for rule in rules_of(settings)} | asked
    with store.reading() as connection:
        return drift.walk(connection, settings, [*together.values()], start, end)


def _limits(store: Store, settings: Settings, rule: Rule, start: int, end: int) -> list[Past]:
    with store.reading() as connection:
        windows = Windows(connection, settings)
        found: list[Past] = import_module(LIMITS[rule.kind]).back_test(windows, settings, rule, start, end)
        return found


def _refusal(rule: Rule) -> str | None:
    """Why history says nothing of a rule; None where it does."""
    if rule.kind not in LIMITS:
        return None
    said: str | None = getattr(import_module(LIMITS[rule.kind]), "NO_BACK_TEST", None)
    return said


def _sentence(rule: Rule, episodes: tuple[Past, ...], timezone: str) -> str:
    if not episodes:
        return "would not have fired"
    zone = ZoneInfo(timezone)
    times = "once" if len(episodes) == 1 else f"{len(episodes)} times"
    told = [_one(rule, past, zone) for past in episodes[:TOLD]]
    if len(episodes) > TOLD:
        told.append(f"and {len(episodes) - TOLD} more")
    return f"would have fired {times}: {'; '.join(told)}"


def _one(rule: Rule, past: Past, zone: ZoneInfo) -> str:
    where = f"{past.scope.cascade} / {past.scope.route}" if past.scope.route else past.scope.cascade
    until = "still open" if past.resolved is None else f"until {_when(past.resolved, zone)}"
    value = "" if rule.metric is None else f", {shown(rule.metric, past.estimate.value)}"
    way = f" {past.direction}" if rule.kind == "drift" else ""
    return f"{where}{way} from {_when(past.opened, zone)} {until}{value}"


def _when(time: int, zone: ZoneInfo) -> str:
    return utc(time).astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _json(past: Past) -> dict[str, Any]:
    estimate = {**asdict(past.estimate), "since": rfc3339(past.estimate.since)}
    return {
        "cascade": past.scope.cascade,
        "route": past.scope.route or None,
        "direction": past.direction or None,
        "opened": rfc3339(past.opened),
        "easing": None if past.easing is None else rfc3339(past.easing),
        "resolved": None if past.resolved is None else rfc3339(past.resolved),
        "estimate": estimate,
    }
