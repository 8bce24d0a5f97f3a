"""What a process does until it is killed: send what the outbox holds, on a clock that runs fast."""

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from alerts import outbox
from alerts.outbox import Deliverer
from alerts.parcel import Parcel
from cascadewatch.errors import StoreError
from cascadewatch.job import Context, Job
from cascadewatch.settings import Settings
from cascadewatch.store.engine import Store
from cascadewatch.worker import LEASE_MS, Duty, Worker

SECRET = "CASCADEWATCH_TEST_SECRET"
SPEED = 40  # so many times faster than real time
CLAIM_MS = 16_000
LONG_CLAIM_MS = 40_000  # a machine that is slow for a moment must not look like a dead worker
SLOT_MS = 500


class FastClock(NamedTuple):
    """The same in every process of a machine: `base` (epoch ms) was at `start` of the monotonic clock."""

    base: int
    start: float

    def now(self) -> int:
        return self.base + round((time.monotonic() - self.start) * 1000 * SPEED)


def settings_for(url: str, hook: int, mail: int) -> Settings:
    """One webhook and one mail server on loopback, at these ports."""
    here = {"allow_private": True}
    channel = {
        "hook": {**here, "kind": "webhook", "url": f"http://127.0.0.1:{hook}/in", "secret": f"env:{SECRET}"},
        "mail": {
            **here, "kind": "email", "host": "127.0.0.1", "port": mail, "security": "none",
            "from": "watch@example.com", "to": ["team@example.com"],
        },
    }  # fmt: skip
    return Settings.model_validate({"database_url": url, "channel": channel})


def deliver(url: str, hook: int, mail: int, clock: FastClock) -> None:
    """Sends on both channels. Does not end by itself."""
    os.environ[SECRET] = "known to the receiver"
    settings = settings_for(url, hook, mail)
    deliverer = Deliverer(Store(url), settings, clock.now, f"process {os.getpid()}", claim_ms=CLAIM_MS)

    def work(channel: str) -> None:
        while True:
            try:
                deliverer.run_once(channel, clock.now())
            except StoreError:
                continue
            time.sleep(0.002)

    threading.Thread(target=work, args=("hook",), daemon=True).start()
    work("mail")


def work(url: str, hook: int, mail: int, clock: FastClock, effects: str, name: str, claim_ms: int) -> None:
    """A worker as `cascadewatch worker` runs it, with leases and slots as short as the clock is fast: a job
    that writes its slot down, and delivery. Does not end by itself."""
    os.environ[SECRET] = "known to the receiver"
    outbox.POLL_S = 0.02
    settings = settings_for(url, hook, mail)

    def effect(_: Context, at: int) -> str:
        handle = os.open(effects, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, f"{at - at % SLOT_MS} {name}\n".encode())
        os.close(handle)
        return "done"

    def duties(context: Context, now: Callable[[], int]) -> Sequence[Duty]:
        owner = f"{name}/{context.lease}"
        return (Deliverer(context.store, settings, now, owner, lease=context.lease, claim_ms=claim_ms),)

    job = Job("hammer", SLOT_MS, effect)
    worker = Worker(Context(Store(url), settings), clock.now, name, (job,), LEASE_MS, duties=duties)
    ticked = 0
    while True:
        with suppress(StoreError):
            at = clock.now()
            if at - ticked > LEASE_MS / 4:
                worker.tick(at)
                ticked = at
            worker.run_due(job, clock.now())
        time.sleep(0.005)


def sleep_with_a_message(url: str, hook: int, mail: int, clock: FastClock) -> None:
    """Takes what waits for the webhook, stops itself before it sends it, and goes on when it is woken."""
    os.environ[SECRET] = "known to the receiver"
    taken = threading.Event()

    def now() -> int:
        if taken.is_set():
            taken.clear()
            os.kill(os.getpid(), signal.SIGSTOP)
        return clock.now()

    class Sleepy(Deliverer):
        def _deliver(self, parcel: Parcel) -> None:
            taken.set()
            super()._deliver(parcel)

    sleeper = Sleepy(
        Store(url), settings_for(url, hook, mail), now, f"sleeper {os.getpid()}", claim_ms=CLAIM_MS
    )
    while sleeper.run_once("hook", clock.now()).reason != "send":
        time.sleep(0.01)
