"""An outbox, a webhook and a mail server on loopback, and processes that come and go."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from typing import Any

from sqlalchemy import select

from cascadewatch.errors import BusyError
from cascadewatch.store import episodes, outbox
from cascadewatch.store.alert_tables import deliveries
from cascadewatch.store.engine import Store
from tests.alerts.delivering import values
from tests.alerts.delivering_process import FastClock
from tests.alerts.http_receiver import Receiver, receiving
from tests.alerts.mail_receiver import Mailbox, receiving_mail
from tests.forking import CONTEXT

CHANNELS = ("hook", "mail")


@dataclass
class Scene:
    """`half_sent` counts by message how often a process ended, or was stopped, that was sending it."""

    store: Store
    url: str
    hook: Receiver
    mail: Mailbox
    clock: FastClock
    half_sent: Counter[str] = field(default_factory=Counter)
    fired: int = 0

    def fire(self, *channels: str) -> None:
        """The next episode begins now. Told to come again later, it does."""
        for _ in range(10):
            with suppress(BusyError):
                self._begin(*channels)
                self.fired += 1
                return
        raise AssertionError("nobody else may write")

    def _begin(self, *channels: str) -> None:
        now, number = self.clock.now(), self.fired
        with self.store.writing() as connection:
            made = episodes.add(connection, values(now, f"cascade-{number % 7}", f"route-{number}"))
            outbox.enqueue(
                connection,
                episode=made.id,
                transition=1,
                kind="firing",
                channels=channels or CHANNELS,
                now=now,
            )

    def start(self, target: Callable[..., None], *more: str | int) -> BaseProcess:
        arguments = (self.url, self.hook.port, self.mail.port, self.clock, *more)
        child = CONTEXT.Process(target=target, args=arguments, daemon=True)
        child.start()
        return child

    def is_held(self) -> bool:
        """Whether somebody keeps others from writing for as long as anybody waits."""
        try:
            with self.store.writing():
                return False
        except BusyError:
            return True

    def rows(self) -> list[outbox.Delivery]:
        with self.store.reading() as connection:
            return [outbox.Delivery(*row) for row in connection.execute(select(deliveries))]

    def note_half_sent(self) -> None:
        self.half_sent.update({str(row.message) for row in self.rows() if row.state == "sending"})

    def all_told(self) -> bool:
        return all(row.state in ("delivered", "covered") for row in self.rows())

    def taken(self) -> int:
        return len(self.hook.received) + len(self.mail.mails)

    def messages(self) -> list[tuple[str, str, frozenset[str]]]:
        """What arrived: channel, id, episodes."""
        hooked: list[dict[str, Any]] = [json.loads(one.body) for one in self.hook.received]
        found = [("hook", one["id"], {str(item["episode"]) for item in one["items"]}) for one in hooked]
        for mail in self.mail.mails:
            told = set(mail["X-Cascadewatch-Episode"].split(", "))
            found.append(("mail", mail["X-Cascadewatch-Message"], told))
        return [(channel, number, frozenset(told)) for channel, number, told in found]

    def copies(self) -> int:
        """How many messages came again, once it is sure that everybody was told of everything, that no
        more came again than were half sent, and that no episode was told in two different messages."""
        arrived = self.messages()
        times = Counter(number for _, number, _ in arrived)
        for channel in CHANNELS:
            distinct = {number: told for name, number, told in arrived if name == channel}
            told = Counter(episode for one in distinct.values() for episode in one)
            assert told == {str(number): 1 for number in range(1, self.fired + 1)}
        for number, count in times.items():
            assert count - 1 <= self.half_sent[number]
        return len(arrived) - len(times)


@contextmanager
def scene_at(url: str, now: int) -> Iterator[Scene]:
    """A scene on a migrated database."""
    store = Store(url)
    with receiving() as hook, receiving_mail() as mail:
        yield Scene(store, url, hook, mail, FastClock(now, time.monotonic()))
    store.close()


def wait_for(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.0005)
