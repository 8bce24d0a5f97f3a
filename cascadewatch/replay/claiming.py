"""Whose run it is: begun or gone on with, kept by a heartbeat, given back, taken over after a crash."""

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from secrets import token_hex
from zoneinfo import ZoneInfo

from cascadewatch.errors import BusyError, StoreError
from cascadewatch.replay.prepared import Prepared
from cascadewatch.store import replays
from cascadewatch.store.engine import Store
from cascadewatch.store.replays import Run

CLAIM_MS = 30_000
BEAT_S = 5.0  # a sixth of the claim: a database that is busy for a while loses nobody a run
RESUMED_MS = 86_400_000  # answers of a run that rested longer are too old to go on with

Clock = Callable[[], int]


def owner_here() -> str:
    """A name that no other run has, by which this machine recognises its own processes."""
    return f"{_machine()}:{os.getpid()}:{token_hex(8)}"


def open_run(
    store: Store, prepared: Prepared, *, cause: str, author: str, owner: str, now: int, zone: str = "UTC"
) -> Run:
    """The row of a new run, or of one that was left unfinished and is taken over.

    A run whose process died on this machine is free at once, one of another machine when its claim ends.
    BusyError, which says when that is, while somebody runs it.
    """
    with store.writing() as connection:
        replays.give_up(connection, prepared.name, now - RESUMED_MS, now)
        found = replays.unfinished(connection, prepared.name, prepared.config_hash)
        if found is not None:
            if is_dead(found.owner):
                replays.release(connection, found.id, found.owner or "", now)
            if not replays.claim(connection, found.id, owner, now, now + CLAIM_MS):
                raise _busy(found, now, zone)
            return replays.run_of(connection, found.id)
        replays.know_set(connection, prepared.cases.statement(), now)
        values = {
            "name": prepared.name,
            "cascade": prepared.table.cascade,
            "eval_set": prepared.cases.hash,
            "cause": cause,
            "author": author,
            "cases": len(prepared.order),
            "limit": prepared.limit,
            "config": dict(prepared.config),
            "config_hash": prepared.config_hash,
            "owner": owner,
            "claimed": now + CLAIM_MS,
        }
        return replays.start(connection, values, now)


def release(store: Store, run: Run, now: int) -> None:
    """Gives a run back that did not end: whoever comes next goes on with it at once."""
    with suppress(StoreError), store.writing() as connection:  # else the claim ends by itself
        replays.release(connection, run.id, run.owner or "", now)


def is_dead(owner: str | None) -> bool:
    """Whether the owner was a process of this machine that is surely no more."""
    machine, _, rest = (owner or "").rpartition(":")[0].rpartition(":")
    if machine != _machine() or not rest.isdecimal():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


class Heartbeat:
    """Keeps the claim as long as the run goes on; `on_loss` is called once when somebody else has it.

    with Heartbeat(store, run, clock, on_loss): ...
    """

    def __init__(self, store: Store, run: Run, clock: Clock, on_loss: Callable[[], None]) -> None:
        self._store, self._run, self._clock, self._on_loss = store, run, clock, on_loss
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="replay-claim", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_S):
            if not self._kept():
                self._on_loss()
                return

    def _kept(self) -> bool:
        now, owner = self._clock(), self._run.owner or ""
        try:
            with self._store.writing() as connection:
                return replays.claim(connection, self._run.id, owner, now, now + CLAIM_MS)
        except StoreError:
            return True  # nobody else could take it either; the next beat tries again


def _busy(found: Run, now: int, zone: str) -> BusyError:
    until = found.claimed or now
    at = datetime.fromtimestamp(until / 1000, ZoneInfo(zone)).strftime("%H:%M:%S")
    who = (found.owner or "").split(":")[0].partition("/")[0] or "another machine"
    return BusyError(
        f"the replay {found.name} is running already, as run {found.id} on {who}; should that one have ended "
        f"without a word, it can be gone on with from {at} on",
        retry_after=max(1, -(-(until - now) // 1000)),
    )


def _machine() -> str:
    """The host, and where there are containers the one it is: process numbers mean something inside alone."""
    with suppress(OSError):
        return f"{socket.gethostname()}/{os.readlink('/proc/self/ns/pid')}".replace(":", "")
    return socket.gethostname().replace(":", "")
