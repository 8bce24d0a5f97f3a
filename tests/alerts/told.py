"""Episodes and settings as messages need them."""

from typing import Any

from alerts.message import Item, Message
from alerts.messages import Told, compose
from cascadewatch.settings import Settings
from cascadewatch.store.episodes import Episode

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
SINCE = 1_795_262_400_000 - 75 * HOUR  # Wednesday 2026-11-18, 09:00 UTC, 10:00 in Berlin
NOW = SINCE + 3 * HOUR
SETTINGS = Settings(timezone="Europe/Berlin", public_url="https://watch.example.com")
DIAGNOSIS = {
    "title": None,
    "likeliest": "Verifier on small: judge-v3 in place of judge-v2, from Wed 18 Nov 10:12; its verdicts"
    " carry all of it; `low_score` rejects explain 5 of the 6 points.",
    "next": "Run the verifier check: judge-v2 and judge-v3 on the same answers. Roll back if the"
    " new one is worse.",
    "causes": [
        {
            "key": "verifier_changed",
            "asks": "verifier check",
            "evidence": [
                {"label": "Verifier", "value": "judge-v3, from Wed 18 Nov 10:12", "numbers": {"time": SINCE}},
                {"label": "Rejects by judge-v2", "value": "30 % of 9,120 before, none since", "numbers": {}},
                {"label": "Rejects by judge-v3", "value": "none before, 36 % of 2,410 since", "numbers": {}},
            ],
        }
    ],
}
COST = {"value": 41.2, "low": 21.6, "high": 61.5, "extra": 343.2, "each": 0.12, "what": "escalations"}


def episode(number: int = 7, **said: Any) -> Episode:
    """An escalation rate 6 points above its baseline; `detail` keys replace those that are there."""
    value = said.pop("value", 0.361)
    baseline = said.pop("baseline", 0.30)
    detail = {
        "estimate": {"value": value, "baseline": baseline, "low": value - 0.03, "high": value + 0.03,
                     "n": 2410, "effective": 900.0, "since": SINCE},
        "peak": {"value": value, "time": SINCE + 2 * HOUR},
        "message": "The rule's own sentence.",
        "unit": "share",
        "tolerance": 0.05,
        "diagnosis": DIAGNOSIS,
        "cost_usd_per_day": COST,
    } | said.pop("detail", {})  # fmt: skip
    given = {
        "rule": "escalation-drift", "kind": "drift", "metric": "escalation_rate", "cascade": "support",
        "route": "", "direction": "up" if baseline is None or value > baseline else "down",
        "severity": "ticket", "state": "firing", "opened": SINCE + 2 * HOUR, "since": SINCE, "easing": None,
        "resolved": None, "parent": None, "acknowledged": None, "acknowledged_by": None, "updated": NOW,
        "version": 1,
    } | said  # fmt: skip
    return Episode(id=number, detail=detail, **given)


def over(**said: Any) -> Episode:
    """The same, resolved after six hours."""
    return episode(state="resolved", resolved=SINCE + 6 * HOUR, **said)


def message(*told: tuple[Episode, tuple[str, ...]], now: int = NOW, **said: Any) -> Message:
    return compose([Told(one, kinds) for one, kinds in told], SETTINGS, now, **said)


def item(one: Episode, *kinds: str, children: tuple[Episode, ...] = (), now: int = NOW) -> Item:
    return compose([Told(one, kinds or ("firing",), children)], SETTINGS, now).items[0]


def fact(said: Item, label: str) -> str | None:
    return dict(said.facts).get(label)
