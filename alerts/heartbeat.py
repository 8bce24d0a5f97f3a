"""A dead man's switch: an address outside is called each minute, as long as alerting works.

Whoever owns the address raises the alarm when the calls stop: nothing of ours can tell that it died.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Literal

from cascadewatch.errors import CascadewatchError
from cascadewatch.outgoing import OutgoingError, request
from cascadewatch.settings import Settings
from cascadewatch.store import leases, rule_states
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
    `delivering(now)` says whether messages go out. `beat` makes one call.

    A run of the job in the last five minutes is not enough: after the clock was set back, the runs of the
    first passage through these minutes are in the rows, and none is made. So rules count as evaluated only if
    a new moment was, within five minutes by `ticks`, a clock in seconds that nobody sets.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: Callable[[], int],
        delivering: Callable[[int], bool],
        *,
        every: float = EVERY_S,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._url = settings.alerts.heartbeat_url
        self._clock = clock
        self._delivering = delivering
        self._every = every
        self._ticks = ticks
        self._looked: tuple[list[tuple[int, int]], float] | None = None  # as last found, and since when
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
            ran = leases.went_well(connection, EVALUATION, now - LATELY_MS, now + LATELY_MS)
            looked = rule_states.looked(connection)
        found = beats(self._goes_on(looked) and ran, self._delivering(now))
        if found == "sent" and self._url is not None:
            found = self._call(self._url.reveal())
        if found != "sent":
            log.warning("heartbeat", extra={"fields": {"result": found}})
        return found

    def _goes_on(self, looked: list[tuple[int, int]]) -> bool:
        """Whether a moment was evaluated lately; at the first beat that is not known, and believed."""
        if self._looked is None or self._looked[0] != looked:
            self._looked = looked, self._ticks()
        return (self._ticks() - self._looked[1]) * 1000 <= LATELY_MS

    def _call(self, url: str) -> Beat:
        try:
            answer = request("GET", url, allow_private=self._allow_private, timeout=CALL_S)
        except OutgoingError as error:
            reason = str(error).replace("allow_private", "heartbeat_allow_private")  # its name here
            log.warning("heartbeat", extra={"fields": {"reason": reason}})
            return "failed"
        return "sent" if answer.status < 400 else "failed"
