"""Says that the database is out of reach, and that it is back: the one message that needs no row.

All other messages come out of the outbox, which lies in the database itself. This one is kept in memory by
the worker that led when the database was lost, so that of many workers one speaks; a worker that ends
meanwhile takes it along, and the dead man's switch is what is left.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import blake2b

from alerts import backoff, standby
from alerts.channels import send
from alerts.channels.error import ChannelError
from alerts.message import Message
from alerts.telling import channels_of
from alerts.words.speaking import Speaker
from cascadewatch.drift.diagnosis.spoken import duration
from cascadewatch.settings import Settings
from cascadewatch.store.channel_states import ChannelState

log = logging.getLogger("cascadewatch.alerts")

PATIENCE_MS = 60_000  # a restart of the database is no news
LOOK_S = 1.0

Send = Callable[..., None]  # (channel, message)


@dataclass(frozen=True, slots=True)
class Told:
    """A message on its way to one channel."""

    message: Message
    due: int
    attempts: int = 0


class Outage:
    """Tells every channel once that the database is out of reach, and once that it is back.

    Call `note` after every attempt to use the database; it never blocks. `run_once` sends the messages that
    are due, and `start` runs a thread that calls it.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], int],
        owner: str,
        *,
        send: Send = send,
        patience_ms: int = PATIENCE_MS,
    ) -> None:
        self._settings, self._clock, self._owner = settings, clock, owner
        self._send, self._patience = send, patience_ms
        self._since: int | None = None  # the first failure
        self._is_ours = self._is_told = False
        self._waiting: dict[str, Told] = {}
        self._given: set[str] = set()  # channels that hear of this outage, those that stand in among them
        self._states: dict[str, ChannelState] = {}  # how they fared here: the rows are out of reach
        self._mutex = threading.Lock()
        self._ended = threading.Event()

    def note(self, now: int, error: str | None, leads: bool) -> None:
        """Takes note of an attempt to use the database at `now` (epoch ms) and of its error, None if it went
        well. Only the worker that led before the failure tells of it: `leads` says whether this one did."""
        with self._mutex:
            if error is None:
                if self._since is not None and self._is_told:
                    self._put(back(self._settings, self._owner, self._since, now), now)
                self._since, self._is_told = None, False
                return
            if self._since is None or now < self._since:
                self._since, self._is_ours = now, leads
            if self._is_ours and not self._is_told and now - self._since >= self._patience:
                self._is_told, self._given = True, set()
                self._put(down(self._settings, self._owner, self._since, now, error), now)

    def _put(self, message: Message, now: int) -> None:
        """The newest takes the place of one that did not get through: the end tells of the beginning, also
        where another channel stood in."""
        self._given.update(channels_of((), "page", self._settings))
        self._waiting.update((name, Told(message, now)) for name in self._given)

    def run_once(self, now: int) -> None:
        """Sends what is due."""
        with self._mutex:
            for name, told in [*self._waiting.items()]:
                self._stand_in(name, told, now)
            due = [(name, told) for name, told in self._waiting.items() if told.due <= now]
        for name, told in due:
            after = self._deliver(name, told)
            with self._mutex:
                if self._waiting.get(name) is not told:
                    continue  # there is news, which is to be told in any case
                self._stand_in(name, told, now)
                if after is None:
                    del self._waiting[name]
                else:
                    self._waiting[name] = after

    def _deliver(self, name: str, told: Told) -> Told | None:
        """What is left to be done; None when it was taken, or will never be."""
        fields = {"channel": name, "message": told.message.id}
        try:
            self._send(self._settings.channel[name], told.message)
        except ChannelError as error:
            log.warning("failed", extra={"fields": fields | {"reason": str(error)}})
            since = self._states.get(name, ChannelState(name)).failing
            failing = self._clock() if since is None else since
            off = self._clock() if error.permanent else None
            self._states[name] = ChannelState(name, off=off, failing=failing)
            if error.permanent:
                return None
            attempts = told.attempts + 1
            wait = backoff.wait(attempts, told.message.id)
            if error.retry_after is not None:
                wait = backoff.asked(attempts, error.retry_after)
            return replace(told, attempts=attempts, due=self._clock() + wait)
        log.info("sent", extra={"fields": fields})
        self._states[name] = ChannelState(name)
        return None

    def _stand_in(self, name: str, told: Told, now: int) -> None:
        """Another channel tells it too, if this one refused for good or has failed for too long and nobody
        else hears of it."""
        if not standby.is_needed(self._states.get(name, ChannelState(name)), now):
            return
        channels = self._settings.channel
        works = (self._states.get(given, ChannelState(given)).works(now) for given in self._given)
        other = standby.other(name, self._states, channels, now, without=self._given)
        if other is not None and not any(works):
            self._given.add(other)
            self._waiting[other] = Told(told.message, now)

    def start(self) -> None:
        """Begins to send in a thread of its own."""
        threading.Thread(target=self._work, name="outage", daemon=True).start()

    def stop(self) -> None:
        """Nothing more is begun."""
        self._ended.set()

    def _work(self) -> None:
        while not self._ended.wait(LOOK_S):
            try:
                self.run_once(self._clock())
            except Exception:
                log.exception("outage")


def down(settings: Settings, owner: str, since: int, now: int, error: str) -> Message:
    """That the database is out of reach, and what follows from it."""
    when = Speaker(settings, now).when(since)
    what = f"cascadewatch has not been able to use its database since {when}: {error}."
    follows = (
        "Until it is back nothing is stored and no rule is evaluated. Senders are answered 503 and a time to"
        " come again; what was answered 200 is safe."
    )
    todo = f"Look at the database, the disk it lies on, and the way to it from {_host(owner)}."
    subject = f"Database out of reach since {when}"
    return _notice(settings, subject, (what, follows, todo), f"down {owner} {since}")


def back(settings: Settings, owner: str, since: int, now: int) -> Message:
    """That it is back, and for how long it was not."""
    says, lasted = Speaker(settings, now), duration(now - since)
    span = f"from {says.when(since)} to {says.when(now)}, {lasted}"
    what = f"cascadewatch could not use its database {span}, seen from {_host(owner)}."
    follows = (
        "Rules look at what came in meanwhile when they are next evaluated. What senders do not send again"
        " is missing from the charts of that time."
    )
    return _notice(settings, f"Database back after {lasted}", (what, follows), f"back {owner} {since}")


def _notice(settings: Settings, subject: str, lines: tuple[str, ...], about: str) -> Message:
    number = blake2b(about.encode(), digest_size=10).hexdigest()
    return Message(number, "notice", subject, f"{settings.public_url}/sources", lines=lines)


def _host(owner: str) -> str:
    return owner.partition(":")[0]
