"""A store with weeks of traffic whose drift is looked at, any time the test says."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection

from alerts.drift.levels import Level, accept, pin
from alerts.finding import Finding, Past, Scope
from alerts.kinds import drift
from cascadewatch.drift.hours import Bucket
from cascadewatch.settings import Rule, Settings
from cascadewatch.store import dialect, tables
from cascadewatch.store.alert_tables import baselines, drift_states, episodes
from cascadewatch.store.baselines import Pinned
from cascadewatch.store.drift_states import Row, states
from cascadewatch.store.engine import Store
from tests.alerts.poured import introduce, keep_minutes_since, pour
from tests.drift.streams import MONDAY as OLD_MONDAY
from tests.drift.streams import hours, minutes

HOUR, DAY = 3_600_000, 86_400_000
MONDAY = OLD_MONDAY + 43 * 7 * DAY  # 2026-11-02 00:00 UTC
LOOK = 300_000
Rate = Callable[[int], float]
Looked = tuple[list[Finding], list[drift.Row]]


def at(hour: float) -> int:
    """Epoch ms of an hour after that Monday's midnight."""
    return MONDAY + round(hour * HOUR)


def traffic(rate: Rate, count: int, first: int = 0, per_hour: int = 100, seed: int = 1) -> list[Bucket]:
    """Minutes of `count` hours from hour `first` on: (epoch seconds, escalated, judged)."""
    shift = (MONDAY - OLD_MONDAY) // 1000
    return [(t + shift, k, n) for t, k, n in minutes(hours(rate, count, per_hour, first, seed))]


class Drifting:
    """Rules of drift on one store; everything but `look` and `walk` is arranged by hand."""

    def __init__(self, url: str, *rules: dict[str, Any], **alerts: Any) -> None:
        self.settings = Settings.model_validate({"database_url": url, "alerts": alerts})
        given = rules or ({},)
        usual = {"name": "escalation", "kind": "drift", "metric": "escalation_rate"}
        self.rules = [Rule.model_validate(usual | rule) for rule in given]
        self.store = Store(url)
        with self.store.writing() as connection:
            keep_minutes_since(connection, at(-30 * 24))

    def close(self) -> None:
        self.store.close()

    def add(
        self, buckets: Iterable[Bucket], cascade: str = "support", route: str = "default", **columns: str
    ) -> None:
        with self.store.writing() as connection:
            known = {name for name, *_ in connection.execute(tables.tiers.select())}
            if cascade not in known:
                introduce(connection, cascade)
            pour(connection, cascade, buckets, route, **columns)

    def look(self, now: int) -> list[Finding]:
        """One look, remembered."""
        found, rows = self.seen(now)
        self.remember((found, rows), now)
        return found

    def seen(self, now: int) -> Looked:
        """One look, not remembered yet."""
        with self.store.reading() as connection:
            return drift.look(connection, self.settings, self.rules, now)

    def remember(self, looked: Looked, now: int) -> None:
        with self.store.writing() as connection:
            drift.save(connection, looked[1], now)

    def looks(self, first: int, last: int, every: int = LOOK) -> list[tuple[int, Finding]]:
        """Looks from `first` to `last` (epoch ms), with the time of each finding."""
        return [(now, finding) for now in range(first, last + 1, every) for finding in self.look(now)]

    def walk(self, start: int, end: int) -> list[Past]:
        with self.store.reading() as connection:
            return drift.walk(connection, self.settings, self.rules, start, end)

    def rows(self) -> dict[tuple[str, str], Row]:
        with self.store.reading() as connection:
            return {(row.cascade, row.route): row for row in states(connection)}

    def states(self) -> dict[tuple[str, str], dict[str, Any]]:
        """What is remembered, apart from where learning would have begun."""
        return {
            key: {**json.loads(row.state), "since": 0, "look": row.look} for key, row in self.rows().items()
        }

    def forget(self) -> None:
        """Back to a store that nobody has looked at."""
        with self.store.writing() as connection:
            connection.execute(drift_states.delete())
            connection.execute(baselines.delete())

    def accept(self, since: int, now: int, route: str = "") -> Pinned | str:
        with self.store.writing() as connection:
            return accept(connection, self._level(now, route), since)

    def pin(self, start: int | None, end: int | None, now: int, route: str = "") -> Pinned | str:
        with self.store.writing() as connection:
            return pin(connection, self.settings, self._level(now, route), start, end)

    def _level(self, now: int, route: str) -> Level:
        return Level("escalation_rate", Scope("support", route), "kim", None, now)

    def deploy(self, time: int, cascade: str | None = "support", kind: str = "deploy") -> None:
        with self.store.writing() as connection:
            seq = dialect.take_sequence(connection, "annotations", 1)
            dialect.insert(connection, tables.annotations, [(seq, time, cascade, None, kind, "v2", "kim")])

    def episode(self, since: int, resolved: int | None, route: str = "") -> None:
        """An episode of the escalation rate as others have written it."""
        with self.store.writing() as connection:
            connection.execute(episodes.insert(), _episode(connection, since, resolved, route))


def _episode(connection: Connection, since: int, resolved: int | None, route: str) -> dict[str, Any]:
    return {
        "seq": dialect.take_sequence(connection, "episodes", 1), "rule": "escalation", "kind": "drift",
        "metric": "escalation_rate", "cascade": "support", "route": route, "direction": "up",
        "severity": "ticket", "state": "firing" if resolved is None else "resolved", "opened": since,
        "since": since, "resolved": resolved, "updated": since, "version": 1, "detail": "{}",
    }  # fmt: skip
