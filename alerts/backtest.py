"""What a rule would have said over stored history."""

from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

from alerts.finding import Past
from alerts.kinds import LIMITS
from alerts.rules import shown
from alerts.windows import Windows
from cascadewatch.settings import Rule, Settings
from cascadewatch.store.engine import Store
from cascadewatch.store.reads import stamp
from cascadewatch.store.stored_event import moment

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
            "from": stamp(self.start),
            "to": stamp(self.end),
            "episodes": [_json(past) for past in self.episodes],
            "sentence": self.sentence,
        }


def back_test(store: Store, settings: Settings, rule: Rule, start: int, end: int) -> BackTest:
    """Walks over history with the rule's own detector and life cycle; nothing is written.

    Some kinds of rule cannot be tested on history. They give no episodes, and `sentence` says why.
    """
    refusal = _refusal(rule)
    if refusal is not None:
        return BackTest(rule, start, end, (), refusal)
    with store.reading() as connection:
        if rule.kind == "drift":
            from alerts.kinds import drift

            found = drift.walk(connection, settings, [rule], start, end)
        else:
            windows = Windows(connection, settings)
            found = import_module(LIMITS[rule.kind]).back_test(windows, settings, rule, start, end)
    episodes = tuple(sorted(found, key=lambda past: (past.opened, past.scope)))
    return BackTest(rule, start, end, episodes, _sentence(rule, episodes, settings.timezone))


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
    return moment(time).astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _json(past: Past) -> dict[str, Any]:
    estimate = {**asdict(past.estimate), "since": stamp(past.estimate.since)}
    return {
        "cascade": past.scope.cascade,
        "route": past.scope.route or None,
        "direction": past.direction or None,
        "opened": stamp(past.opened),
        "easing": None if past.easing is None else stamp(past.easing),
        "resolved": None if past.resolved is None else stamp(past.resolved),
        "estimate": estimate,
    }
