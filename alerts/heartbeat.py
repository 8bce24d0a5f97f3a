"""A dead man's switch: an address outside is called each minute, as long as alerting works.

Whoever owns the address raises the alarm when the calls stop: nothing of ours can tell that it died.
"""

import logging
import threading
from collections.abc import Callable
from typing import Literal

from cascadewatch.errors import CascadewatchError
from cascadewatch.outgoing import OutgoingError, request
from cascadewatch.settings import Settings
from cascadewatch.store import leases
from cascadewatch.store.engine import Store

log = logging.getLogger("cascadewatch.alerts")

EVERY_S = 60.0
EVALUATION = "evaluate-rules"  # the job that must have ended well lately
LATELY_MS = 300_000
CALL_S = 20.0

Beat = Literal["sent", "failed", "rules not evaluated", "delivery stands still"]


def beats(evaluated: bool, delivering: bool) -> Beat:
    """What to say of alerting: `sent` if it works, so that the call may be made, else what does not work."""
    if not evaluated:
        return "rules not evaluated"
    return "sent" if delivering else "delivery stands still"


class Heartbeat:
    """Calls `[alerts] heartbeat_url` every minute while alerting works; without an address it does nothing.
    `delivering(now)` says whether the threads that send messages are at work. `beat` makes one call."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: Callable[[], int],
        delivering: Callable[[int], bool],
        *,
        every: float = EVERY_S,
    ) -> None:
        self._store = store
        self._url = settings.alerts.heartbeat_url
        self._clock = clock
        self._delivering = delivering
        self._every = every
        self._allow_private = settings.alerts.heartbeat_allow_private
        self._ended = threading.Event()

    def start(self) -> None:
        """Begins to call in a thread of its own."""
        if self._url is not None:
            threading.Thread(target=self._work, name="heartbeat", daemon=True).start()

    def stop(self, wait: bool = True) -> None:
        """Calls no more; a call under way says nothing wrong."""
        self._ended.set()

    def _work(self) -> None:
        wait = 0.0
        while not self._ended.wait(wait):
            wait = self._every
            try:
                self.beat(self._clock())
            except CascadewatchError as error:
                log.warning("heartbeat", extra={"fields": {"result": "failed", "reason": str(error)}})
            except Exception:
                log.exception("heartbeat")

    def beat(self, now: int) -> Beat:
        """Makes one call if alerting works at `now` (epoch ms). Returns what came of it, or why there was
        none."""
        with self._store.reading() as connection:
            evaluated = leases.went_well(connection, EVALUATION, now - LATELY_MS, now + LATELY_MS)
        found = beats(evaluated, self._delivering(now))
        if found == "sent" and self._url is not None:
            found = self._call(self._url.reveal())
        if found != "sent":
            log.warning("heartbeat", extra={"fields": {"result": found}})
        return found

    def _call(self, url: str) -> Beat:
        try:
            answer = request("GET", url, allow_private=self._allow_private, timeout=CALL_S)
        except OutgoingError as error:
            reason = str(error).replace("allow_private", "heartbeat_allow_private")  # its name here
            log.warning("heartbeat", extra={"fields": {"reason": reason}})
            return "failed"
        return "sent" if answer.status < 400 else "failed"
