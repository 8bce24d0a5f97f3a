"""A place where things moved: a baseline, open and past episodes, deliveries, channels, silences, rules.

The rows are written through the store as the worker writes them; names may be attacks.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from cascadewatch.drift.baseline import Baseline
from cascadewatch.drift.diagnosis import diagnose
from cascadewatch.drift.diagnosis.material import Callers, Change, Group, Material, Share, Span
from cascadewatch.settings import load
from cascadewatch.store import baselines, channel_states, episodes, outbox, rule_states, silences
from cascadewatch.store.episodes import Episode
from cascadewatch.store.opening import open_store
from cascadewatch.store.rule_states import RuleState
from tests.dashboard.conftest import Place

HOUR, DAY = 3_600_000, 86_400_000
CHANNELS = """
[channel.team]
kind = "slack"
webhook_url = "env:NOWHERE"

[channel.mail]
kind = "slack"
webhook_url = "env:NOWHERE"
"""
BASELINE = Baseline(
    rate=0.30, requests=9000, start=0, end=7 * DAY, zone="UTC", intercept=0.30, weekend=0.0, sine=0.0,
    cosine=0.0, overdispersion=0.01, temper=1.0, weekday_band=0.01, weekend_band=0.01,
)  # fmt: skip


def baseline(start: int, rate: float = 0.30) -> Baseline:
    """A flat one over the seven days from `start`."""
    fields = {**BASELINE.to_dict(), "rate": rate, "intercept": rate, "start": start, "end": start + 7 * DAY}
    return Baseline.from_dict(fields)


def estimate(since: int, value: float = 0.36, normal: float | None = 0.30) -> dict[str, Any]:
    return {"value": value, "baseline": normal, "low": value - 0.02, "high": value + 0.02, "n": 2410,
            "effective": 2000.0, "since": since}  # fmt: skip


def diagnosis(since: int, now: int, name: str = "judge-v3", route: str = "faq") -> dict[str, Any]:
    """Another verifier, and with it rejects for `low_score` that explain all of a rise by six points."""

    def group(of: str, before: float, after: float, n: int = 2000) -> Group:
        return Group(of, Share(round(before * n), n), Share(round(after * n), n))

    moved = group("", 0.30, 0.36, 4000)
    material = Material(
        "escalation_rate", "support", "", since, Span(since - 7 * DAY, since), Span(since, now),
        "days before", HOUR, moved, moved, routes=(group(route, 0.30, 0.36), group("orders", 0.30, 0.36)),
        callers=Callers(Span(since, now), (group(name, 0.30, 0.62, 200),), group("", 0.30, 0.34, 3800), 40),
        reasons=(group("low_score", 0.30, 0.36, 4000),), cheap="small",
        changes=(Change("verifier", "small", "judge-v2", name, since - 8 * 60_000),),
    )  # fmt: skip
    return diagnose(material, now).to_dict()


def opened(connection: Connection, since: int, detail: Mapping[str, Any], **more: Any) -> Episode:
    """An episode of the escalation rate of `support`, with its first transition."""
    values: dict[str, Any] = {
        "rule": "escalation-drift", "kind": "drift", "metric": "escalation_rate", "cascade": "support",
        "route": "", "direction": "up", "severity": "page", "state": "firing", "opened": since + HOUR,
        "since": since, "acknowledged": None, "acknowledged_by": None, "updated": since + HOUR,
        "detail": {"unit": "share", "tolerance": 0.05, **detail},
    }  # fmt: skip
    made = episodes.add(connection, {**values, **more})
    episodes.note(connection, made.id, made.opened, "ok", "firing", "the evidence passed the threshold")
    if made.resolved is not None:
        episodes.note(connection, made.id, made.resolved, "easing", "resolved", "it is back")
    return made


def past(connection: Connection, now: int, count: int, cascade: str = "support") -> list[Episode]:
    """Episodes that are over, each of nine hours, one a day, the latest two days ago."""
    return [
        opened(
            connection, now - day * DAY, {"estimate": estimate(now - day * DAY, 0.22)}, cascade=cascade,
            direction="down", state="resolved", resolved=now - day * DAY + 9 * HOUR,
        )
        for day in range(count + 1, 1, -1)
    ]  # fmt: skip


def state(rule: str, cascade: str, now: int, **more: Any) -> RuleState:
    """What a rule says of a cascade, a minute ago."""
    values: dict[str, Any] = {
        "route": "", "state": "ok", "since": now - DAY, "evaluated": now - 60_000, "value": 0.31, "low": 0.29,
        "high": 0.33, "n": 900, "message": None, "detail": {}, "life": {},
    }  # fmt: skip
    return RuleState(rule, cascade, **{**values, **more})


def watching(cascade: str, now: int, **more: Any) -> RuleState:
    """The drift rule with its baseline."""
    detail = {"state": "watching", "lacking": None, "baseline": BASELINE.to_dict(), "per_hour": 40.0,
              "tolerance": 0.05, "hours_to_see": 6.4, "unseen": None, "evidence": 0.25, "noisy": False,
              "ratchet": None}  # fmt: skip
    return state(more.pop("rule", "escalation-drift"), cascade, now, **{"detail": detail, **more})


def write(place: Place, rows: Any) -> None:
    """`rows(connection, now)` in one transaction."""
    settings, now = load(place.config, {}, place.url), time.time_ns() // 1_000_000
    store = open_store(settings, now)
    with store.writing() as connection:
        rows(connection, now)
    store.close()


def alarmed(connection: Connection, now: int) -> None:
    """`support` rises with a route that belongs to it; 23 past episodes; a channel that is off; a silence."""
    since = now - 30 * HOUR
    pin: dict[str, Any] = {"how": "automatic", "author": "cascadewatch", "note": None, "now": now - 20 * DAY}
    baselines.pin(connection, "escalation_rate", "support", "", baseline(now - 27 * DAY), **pin)
    past(connection, now, 23)
    told = {"estimate": estimate(since), "peak": {"value": 0.41, "time": since + 4 * HOUR}}
    money = {"value": 146.0, "low": 120.0, "high": 170.0}
    main = opened(connection, since, {**told, "diagnosis": diagnosis(since, now), "cost_usd_per_day": money})
    opened(connection, since, told, route="faq", parent=main.id, severity="ticket")
    first = episodes.transitions(connection, main.id)[0].id
    outbox.enqueue(
        connection,
        episode=main.id,
        transition=first,
        kind="firing",
        channels=["team", "mail"],
        now=now - HOUR,
    )
    channel_states.worked(connection, "team", now - HOUR)
    channel_states.refused(connection, "mail", now - HOUR, "smtp.example.com answered 535")
    silences.create(
        connection, rule="escalation-drift", cascade="support", route="orders", starts=now - HOUR,
        ends=now + 3 * HOUR, author="ada", comment="release under way", now=now - HOUR,
    )  # fmt: skip
    learning = {"state": "learning", "lacking": "5 of the 7 days, with a weekend, that a baseline needs",
                "baseline": None, "hours_to_see": None, "evidence": 0.0}  # fmt: skip
    rule_states.save(
        connection,
        [
            watching("support", now, state="firing"),
            state("flagship-drift", "support", now, state="learning", detail=learning),
            state("no-data", "support", now, value=None, low=None, high=None, n=0, message="events arrive"),
        ],
        [],
    )


def hostile_alerting(cascades: Sequence[str], strings: Sequence[str]) -> Any:
    """Rows for `write` in which every name and every word of a rule, a channel or a person is an attack."""

    def rows(connection: Connection, now: int) -> None:
        since = now - 30 * HOUR
        for place, bad in enumerate(strings):
            told = {
                "estimate": estimate(since), "message": bad, "diagnosis": diagnosis(since, now, bad, bad),
                "cost_usd_per_day": {"value": 146.0, "low": bad, "high": None},
            }  # fmt: skip
            made = opened(
                connection, since, told, rule=f"{bad}-{place}", cascade=cascades[place % 2], route=bad,
                acknowledged=now, acknowledged_by=bad,
            )  # fmt: skip
            episodes.note(connection, made.id, now, "firing", "firing", bad)
            outbox.enqueue(
                connection, episode=made.id, transition=1, kind="firing", channels=[bad], now=now - DAY
            )
            silences.create(
                connection, rule=bad, cascade=bad, route=bad, starts=now - HOUR, ends=now + HOUR, author=bad,
                comment=bad, now=now,
            )  # fmt: skip
        outbox.bury_strangers(connection, [])
        broken: dict[str, Any] = {"estimate": None, "message": strings[0], "diagnosis": [], "unit": 7}
        opened(connection, since, broken, cascade=cascades[0], rule="broken", metric=strings[1])
        opened(connection, since, told, cascade=cascades[0])
        opened(connection, since, told, cascade=cascades[1], state="resolved", resolved=now - HOUR)
        rule_states.save(
            connection, [watching(bad, now, route=bad, rule=bad, message=bad) for bad in strings], []
        )

    return rows
