"""An outbox with channels that do as the test says, on a clock of its own."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from alerts.channels.error import ChannelError
from alerts.message import Message
from alerts.outbox import Deliverer
from cascadewatch.settings import Settings
from cascadewatch.store import channel_states, episodes, outbox
from cascadewatch.store.alert_tables import deliveries
from cascadewatch.store.channel_states import ChannelState
from cascadewatch.store.engine import Store
from cascadewatch.store.outbox import Delivery

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
Behaviour = Callable[[int], ChannelError | None]


def fine(_: int) -> None:
    """Takes every message."""


class Killed(BaseException):
    """Ends a process from the outside: nothing of ours may catch it."""


def dies(_: int) -> None:
    raise Killed


def always(error: ChannelError) -> Behaviour:
    return lambda _: error


def until(end: int, error: ChannelError) -> Behaviour:
    """Fails the same way before that moment, and works from then on."""
    return lambda now: error if now < end else None


def settings_with(url: str, *names: str, **said: Any) -> Settings:
    """Settings with webhooks of these names, in this order; keywords are settings."""
    hook = {"kind": "webhook", "secret": "env:NOT_NEEDED"}
    channels = {name: {**hook, "url": f"https://{name}.example.com/in"} for name in names}
    channels |= said.pop("channel", {})
    for name, options in said.pop("options", {}).items():
        channels[name] |= options
    return Settings.model_validate({"database_url": url, "channel": channels, **said})


Make = Callable[..., "Outbox"]


@contextmanager
def opened(template: Path, folder: Path, now: int) -> Iterator[Make]:
    """Opens an outbox with channels of the names given, as often as asked, on one new database."""
    shutil.copy(template, folder / "test.db")
    url = f"sqlite:///{folder / 'test.db'}"
    store = Store(url)
    yield lambda *names, **said: Outbox(store, settings_with(url, *names, **said), now)
    store.close()


def values(now: int, cascade: str = "support", route: str = "", **said: Any) -> dict[str, Any]:
    """An episode of the rule `escalation-drift` that fired now."""
    return {
        "rule": "escalation-drift", "kind": "drift", "metric": "escalation_rate", "cascade": cascade,
        "route": route, "direction": "up", "severity": "page", "state": "firing", "opened": now,
        "since": now - HOUR, "acknowledged": None, "acknowledged_by": None, "updated": now,
        "detail": detail(now), **said,
    }  # fmt: skip


def detail(now: int) -> dict[str, Any]:
    estimate = {
        "value": 0.36, "baseline": 0.30, "low": 0.34, "high": 0.38, "n": 2_400, "effective": 1_800,
        "since": now - HOUR,
    }  # fmt: skip
    return {
        "estimate": estimate,
        "peak": {"value": 0.41, "time": now},
        "message": "escalation moved",
        "unit": "share",
        "tolerance": 0.05,
    }


@dataclass
class Outbox:
    """A deliverer whose channels record every call; `now` is the time of the whole."""

    store: Store
    settings: Settings
    now: int
    behaviour: dict[str, Behaviour] = field(default_factory=dict)
    calls: list[tuple[int, str, Message]] = field(default_factory=list)
    taken: list[tuple[int, str, Message]] = field(default_factory=list)
    owner: str = "a"

    def __post_init__(self) -> None:
        self.deliverer = self.another(self.owner)

    def another(self, owner: str) -> Deliverer:
        """A deliverer of another process on the same database and channels."""
        return Deliverer(self.store, self.settings, lambda: self.now, owner, send=self._send)

    def _send(self, channel: Any, message: Message, *, timeout: float) -> None:
        assert timeout == 30
        name = next(name for name, one in self.settings.channel.items() if one is channel)
        self.calls.append((self.now, name, message))
        error = self.behaviour.get(name, fine)(self.now)
        if error is not None:
            raise error
        self.taken.append((self.now, name, message))

    def fire(self, *channels: str, cascade: str = "support", route: str = "", **said: Any) -> int:
        """An episode that fires now, for these channels."""
        with self.store.writing() as connection:
            made = episodes.add(connection, values(self.now, cascade, route, **said)).id
            self._say(connection, made, "firing", channels, 1)
        return made

    def fire_many(self, count: int, cascades: int, *channels: str, **said: Any) -> None:
        """Routes of some cascades that all fire at this moment."""
        with self.store.writing() as connection:
            for n in range(count):
                about = values(self.now, f"cascade-{n % cascades}", f"route-{n}", **said)
                self._say(connection, episodes.add(connection, about).id, "firing", channels, 1)

    def end(self, episode: int, *channels: str) -> None:
        """The episode is over now."""
        with self.store.writing() as connection:
            found = episodes.episode(connection, episode)
            assert found is not None
            episodes.change(connection, found, self.now, state="resolved", resolved=self.now)
            self._say(connection, episode, "resolved", channels, 2)

    def _say(
        self, connection: Connection, episode: int, kind: str, channels: Sequence[str], transition: int
    ) -> None:
        outbox.enqueue(
            connection, episode=episode, transition=transition, kind=kind, channels=channels, now=self.now
        )

    def die_while_sending(self, channel: str) -> None:
        """What a process leaves that ends after the receiver was called and before that is noted."""
        before, self.behaviour[channel] = self.behaviour.get(channel, fine), dies
        with pytest.raises(Killed):
            self.another("died").run_once(channel, self.now)
        self.behaviour[channel] = before

    def sleep_before_sending(self, channel: str, duration: int) -> None:
        """A process that takes a message, is stopped, and goes on after that time."""
        began = self.now
        clock = iter((began, began + duration, began + duration))
        slept = Deliverer(self.store, self.settings, lambda: next(clock, began), "slept", send=self._send)
        slept.run_once(channel, began)
        self.now += duration

    def run(self, duration: int, longest: int = MINUTE) -> None:
        """Lets time pass: every channel acts when it said it would, and at the latest after `longest`."""
        end = self.now + duration
        while self.now < end:
            steps = [self.deliverer.run_once(name, self.now) for name in self.settings.channel]
            soon = [step.until for step in steps if step.until is not None]
            soon += [self.now + SECOND for step in steps if step.reason == "send"]
            self.now = min(end, max(self.now + SECOND, min([self.now + longest, *soon])))

    def calls_to(self, channel: str) -> list[int]:
        return [at for at, name, _ in self.calls if name == channel]

    def messages(self, channel: str) -> list[Message]:
        return [message for _, name, message in self.taken if name == channel]

    def rows(self, episode: int) -> list[Delivery]:
        with self.store.reading() as connection:
            return outbox.deliveries(connection, episode)

    def state(self, channel: str) -> ChannelState:
        with self.store.reading() as connection:
            return channel_states.state(connection, channel)

    def dead(self) -> list[Delivery]:
        with self.store.reading() as connection:
            return outbox.dead(connection)

    def untold(self) -> int:
        with self.store.reading() as connection:
            rows = connection.execute(
                deliveries.select().where(deliveries.c.state.in_(("pending", "sending")))
            )
            return len(rows.all())
