"""A database with traffic whose rules are evaluated at any time the test says."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from sqlalchemy import select

from alerts import evaluate
from cascadewatch.model import Event
from cascadewatch.settings import Settings
from cascadewatch.store import episodes, outbox, rule_states
from cascadewatch.store.alert_tables import deliveries
from cascadewatch.store.alert_tables import episodes as episode_table
from cascadewatch.store.episodes import Episode, Transition
from cascadewatch.store.outbox import Delivery
from cascadewatch.store.rule_states import RuleState
from tests.model.events import accepted, escalated
from tests.store.opened import Opened

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
HOOK = {"kind": "webhook", "secret": "env:NOT_NEEDED", "url": "https://team.example.com/in"}
TOO_MANY = {
    "name": "too-many", "kind": "threshold", "metric": "escalation_rate", "above": 0.5, "window": "1h",
}  # fmt: skip


def settings_with(url: str, *rules: Mapping[str, Any], **said: Any) -> Settings:
    """Settings with these rules alone and the channel `team`; keywords are settings."""
    alerts = {"defaults": False, **said.pop("alerts", {})}
    channel = said.pop("channel", {"team": HOOK})
    return Settings.model_validate(
        {"database_url": url, "caller_ids": "plain", "alerts": alerts, "rule": list(rules),
         "channel": channel, **said}
    )  # fmt: skip


class Watched:
    """An opened store, and the rules on it."""

    def __init__(self, settings: Settings, now: int) -> None:
        self.opened = Opened(settings, now)
        self.settings = settings
        self.store = self.opened.store
        self.sent = 0

    def close(self) -> None:
        self.opened.close()

    def send(self, start: int, end: int, rate: float, number: int = 60, **fields: Any) -> None:
        """So many events evenly over [start, end), of which the share `rate` is escalated."""
        self.opened.send(*self.events(start, end, rate, number, **fields), received=max(end, self.opened.now))

    def events(self, start: int, end: int, rate: float, number: int, **fields: Any) -> list[Event]:
        made = []
        for place in range(number):
            up = int((place + 1) * rate + 1e-9) > int(place * rate + 1e-9)
            at = start + (end - start) * place // number
            self.sent += 1
            made.append((escalated if up else accepted)(f"e{self.sent}", at=at, **fields))
        return made

    def drawn(
        self, start: int, end: int, rate: float, number: int, random: Random, **fields: Any
    ) -> list[Event]:
        """So many events evenly over [start, end), each of them escalated with the chance `rate`."""
        made = []
        for place in range(number):
            self.sent += 1
            at = start + (end - start) * place // number
            made.append((escalated if random.random() < rate else accepted)(f"e{self.sent}", at=at, **fields))
        return made

    def run(self, now: int, settings: Settings | None = None) -> str:
        """Evaluates all rules once."""
        return evaluate.run(self.store, settings or self.settings, now, None)

    def minutes(self, start: int, end: int, every: int = MINUTE) -> None:
        """Evaluates every minute of [start, end)."""
        for now in range(start, end, every):
            self.run(now)

    def episodes(self) -> list[Episode]:
        """Every episode, in the order they were written."""
        with self.store.reading() as connection:
            numbers = connection.execute(select(episode_table.c.seq).order_by(episode_table.c.seq))
            found = [episodes.episode(connection, number) for number in numbers.scalars().all()]
        return [episode for episode in found if episode is not None]

    def episode(self) -> Episode:
        """The only one."""
        (found,) = self.episodes()
        return found

    def transitions(self, number: int) -> list[Transition]:
        with self.store.reading() as connection:
            return episodes.transitions(connection, number)

    def said(self) -> list[tuple[int, str, str]]:
        """(episode, kind, channel) of everything that was put into the outbox, in order."""
        with self.store.reading() as connection:
            rows = connection.execute(select(deliveries).order_by(deliveries.c.seq)).all()
        return [(d.episode, d.kind, d.channel) for d in (Delivery(*row) for row in rows)]

    def states(self) -> dict[tuple[str, str, str], RuleState]:
        with self.store.reading() as connection:
            return {state.key: state for state in rule_states.states(connection)}

    def state(self, rule: str = "too-many", cascade: str = "support", route: str = "") -> str:
        return self.states()[rule, cascade, route].state

    def delivered(self, number: int) -> Sequence[Delivery]:
        with self.store.reading() as connection:
            return outbox.deliveries(connection, number)
