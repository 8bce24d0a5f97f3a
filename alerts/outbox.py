"""Sends what the outbox holds: a thread for each channel, at least once, as long as this worker leads.

A message is claimed, composed, sent, and marked. Whoever dies in between leaves a claim that ends, and
the next leader sends the message again under the same id.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import Connection

from alerts import backoff, grouping, parcel, standby
from alerts.channels import send
from alerts.channels.error import ChannelError
from alerts.grouping import Step
from alerts.message import Message
from alerts.parcel import Parcel
from cascadewatch.errors import StoreError
from cascadewatch.settings import Settings
from cascadewatch.store import channel_states, leases, outbox
from cascadewatch.store.channel_states import ChannelState
from cascadewatch.store.engine import Store
from cascadewatch.store.outbox import Waiting

log = logging.getLogger("cascadewatch.alerts")

CLAIM_MS = 60_000  # twice the longest call: see `Deliverer._send`
POLL_S = 1.0
DRAIN_S = 8.0
SILENT_MS = 120_000  # a thread that has not been heard of for so long counts as dead

Send = Callable[..., None]  # (channel, message, timeout=seconds)


class Deliverer:
    """Sends for every channel of the settings; `owner` is a name no other process has.

    `run_once` can be called by hand with any `now`; `start` has it called from threads until `stop`.
    With a lease nothing is taken that is not this leader's to take.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: Callable[[], int],
        owner: str,
        *,
        lease: leases.Lease | None = None,
        send: Send = send,
        claim_ms: int = CLAIM_MS,
    ) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._owner = owner
        self._lease = lease
        self._send = send
        self._claim_ms = claim_ms
        self._called: dict[str, int] = {}
        self._watched: dict[str, dict[int, tuple[int | None, int]]] = {}  # claims, and since when seen
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []
        self._heard: dict[str, int] = {}

    def start(self) -> None:
        """Begins to send in threads of its own."""
        for channel in self._settings.channel:
            self._heard[channel] = self._clock()
            thread = threading.Thread(target=self._work, args=(channel,), name=f"to {channel}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self, wait: bool = True) -> None:
        """No message is begun any more; those under way are waited for, but not for long."""
        self._ended.set()
        deadline = time.monotonic() + (DRAIN_S if wait else 0)
        for thread in self._threads:
            thread.join(max(0, deadline - time.monotonic()))

    def delivering(self, now: int) -> bool:
        """Whether messages go out: every channel's thread is at work, and nothing urgent waits that no
        channel can be told."""
        return self.alive(now) and not self._stands_still(now)

    def _stands_still(self, now: int) -> bool:
        channels = self._settings.channel
        with self._store.reading() as connection:
            states = {state.channel: state for state in channel_states.states(connection)}
            sick = [name for name in channels if name in states and not states[name].works(now)]
            rows = [row for name in sick for row in outbox.waiting(connection, name)]
            hearers = outbox.heard_by(connection, sick) if rows else {}
        return standby.stands_still(rows, hearers, states, channels, now)

    def alive(self, now: int) -> bool:
        """Whether every channel's thread is at work."""
        return all(thread.is_alive() for thread in self._threads) and all(
            abs(now - heard) < SILENT_MS for heard in self._heard.values()
        )

    def _work(self, channel: str) -> None:
        while not self._ended.wait(POLL_S):
            self._heard[channel] = self._clock()
            try:
                self.run_once(channel, self._clock())
            except StoreError as error:
                _note("waiting", True, channel=channel, reason=str(error))
            except Exception:
                log.exception("channel %s", channel)

    def run_once(self, channel: str, now: int) -> Step:
        """Sends the next message of a channel if one may be sent at `now` (epoch ms). Returns what it did, or
        what it waits for."""
        ticks = time.monotonic()
        step = self._next(channel, now)
        if step.reason == "send" and not self._ended.is_set():
            taken = self._take(channel, now, ticks)
            if taken is not None:
                self._deliver(taken)
        return step

    def _next(self, channel: str, now: int) -> Step:
        with self._store.reading() as connection:
            step, rows, state = self._decide(connection, channel, now)
            needed = bool(rows) and standby.is_needed(state, now)
            copies = self._copies(connection, channel, rows, now) if needed else []
        too_late = state.is_off(now) and any(r.delivery.created <= backoff.too_old(now) for r in rows)
        if copies or too_late:
            with self._store.writing() as connection:
                for row, name in copies:
                    outbox.copy(connection, row.delivery, name, now)
                if too_late:
                    outbox.bury_old(connection, channel, backoff.too_old(now), f"channel off: {state.error}")
        return step

    def _decide(
        self, connection: Connection, channel: str, now: int
    ) -> tuple[Step, list[Waiting], ChannelState]:
        rows, state = outbox.waiting(connection, channel), channel_states.state(connection, channel)
        ended = self._watch(channel, rows, now)
        step = grouping.decide(rows, state, now, called=self._called.get(channel), ended=ended)
        return step, rows, state

    def _watch(self, channel: str, rows: Iterable[Waiting], now: int) -> dict[int, int]:
        """When each claim of another process ends (epoch ms): at the time in its row, or, if that is sooner,
        as long after this process first saw it as a claim lasts. Otherwise a claim that was written while
        the clock was ahead would last for hours."""
        before = self._watched.get(channel, {})
        seen: dict[int, tuple[int | None, int]] = {}
        for it in (row.delivery for row in rows if row.delivery.state == outbox.SENDING):
            claimed, since = before.get(it.id, (it.claimed, now))
            seen[it.id] = (it.claimed, since if claimed == it.claimed and since <= now else now)
        self._watched[channel] = seen
        return {row: min(claimed or 0, since + self._claim_ms) for row, (claimed, since) in seen.items()}

    def _copies(
        self, connection: Connection, channel: str, rows: Sequence[Waiting], now: int
    ) -> list[standby.Copy]:
        states = {state.channel: state for state in channel_states.states(connection)}
        hearers = outbox.heard_by(connection, [channel])
        return standby.copies(rows, hearers, states, self._settings.channel, now)

    def _take(self, channel: str, now: int, ticks: float) -> Parcel | None:
        with self._store.writing() as connection:
            if self._lease is not None and not leases.still(connection, self._lease, now):
                return None
            step, _, _ = self._decide(connection, channel, now)
            if step.reason != "send":
                return None
            shown = grouping.shown(self._settings.channel[channel].kind)
            return parcel.take(connection, step.rows, self._owner, now, ticks, self._claim_ms, shown)

    def _deliver(self, taken: Parcel) -> None:
        try:
            message = parcel.words(taken, self._store, self._settings, self._clock())
        except StoreError:
            raise
        except Exception as mistake:
            log.exception("no words for message %s", taken.id)
            reason = f"no words could be found for it: {type(mistake).__name__}"
            self._insist(lambda c: outbox.give_up(c, taken.owner, taken.id, reason))
            return
        if message is None:
            self._insist(lambda c: outbox.told(c, taken.owner, taken.id, (), self._clock()))
            return
        self._called[taken.channel] = self._clock()
        # Half of the claim is left for the call: a process that was stopped too long sends nothing.
        if not taken.in_time(self._clock(), self._claim_ms // 2):
            self._insist(lambda c: outbox.let_go(c, taken.owner, taken.id))
            _note("not sent", True, channel=taken.channel, message=taken.id, reason="the claim ran out")
            return
        error = self._call(taken.channel, message)
        now = self._clock()
        if error is None:
            self._insist(lambda c: self._mark_told(c, taken, now))
        else:
            self._insist(lambda c: self._mark_failed(c, taken, now, error))

    def _call(self, channel: str, message: Message) -> ChannelError | None:
        try:
            self._send(self._settings.channel[channel], message, timeout=self._claim_ms / 2000)
        except ChannelError as error:
            return error
        except Exception as error:  # noqa: BLE001 - a mistake in one channel stops no other
            return ChannelError(f"unexpected {type(error).__name__}")
        return None

    def _mark_told(self, connection: Connection, taken: Parcel, now: int) -> None:
        channel_states.worked(connection, taken.channel, now)
        kept = outbox.told(connection, taken.owner, taken.id, taken.newest(), now)
        _note("sent", not kept, channel=taken.channel, message=taken.id, rows=len(taken.rows))

    def _mark_failed(self, connection: Connection, taken: Parcel, now: int, error: ChannelError) -> None:
        attempts, dead_before = taken.attempts(), backoff.too_old(now)
        due = now + backoff.wait(attempts, taken.id)
        if error.permanent:
            self._turn_off(connection, taken.channel, now, str(error))
        elif error.retry_after is not None:
            asked = now + error.retry_after * 1000
            due = now + backoff.asked(attempts, error.retry_after)
            channel_states.failed(connection, taken.channel, now, str(error), asked)
        else:
            channel_states.failed(connection, taken.channel, now, str(error), None)
        outbox.put_back(connection, taken.owner, taken.id, due=due, error=str(error), dead_before=dead_before)
        _note("failed", True, channel=taken.channel, message=taken.id, attempts=attempts, reason=str(error))

    def _turn_off(self, connection: Connection, channel: str, now: int, error: str) -> None:
        channel_states.refused(connection, channel, now, error)
        states = {state.channel: state for state in channel_states.states(connection)}
        other = standby.other(channel, states, self._settings.channel, now)
        if other is not None:
            outbox.enqueue(connection, episode=0, transition=0, kind=outbox.NOTICE, channels=[other], now=now)

    def _insist(self, mark: Callable[[Connection], object]) -> None:
        """Writes the outcome of a message, trying again until the database takes it or this process stops: a
        message that was sent and not marked would be sent again."""
        while True:
            try:
                with self._store.writing() as connection:
                    mark(connection)
                return
            except StoreError as error:
                _note("waiting", True, reason=str(error))
                if self._ended.wait(POLL_S):
                    return


def _note(event: str, warn: bool = False, **fields: object) -> None:
    log.log(logging.WARNING if warn else logging.INFO, event, extra={"fields": fields})
