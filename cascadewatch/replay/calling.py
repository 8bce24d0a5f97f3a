"""HTTP calls to models and verifiers: bounded in number, rate and time, repeated only where it is safe.

A call is tried again when it surely was not billed: the other side was too busy, or was never reached. One
that ended in the middle, or in an error of the other side, may have been billed: it fails under a name.
"""

import json
import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cascadewatch.outgoing import OutgoingError, Response, request
from cascadewatch.outgoing.retry_after import retry_after
from cascadewatch.replay.answer import CallError, FailureName
from cascadewatch.settings import Secret
from cascadewatch.settings.replaying import Verifier

TRIES = 5
LONGEST_WAIT = 120.0  # seconds; whoever asks for more gets no second call
FIRST_WAIT = 1.0
TIMEOUT_MS = 60_000
CONCURRENCY = 8
ANSWER_BYTES = 2 * 2**20
BUSY = {409, 425, 429, 503, 529}  # turned away at the door
MAYBE_BILLED = {408, 500, 502, 504}
NAMES: dict[int, FailureName] = {
    400: "bad_request", 401: "unauthorized", 402: "payment_required", 403: "unauthorized", 404: "not_found",
    408: "timeout", 410: "not_found", 413: "bad_request", 422: "bad_request", 429: "rate_limited",
    529: "rate_limited",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reply:
    """A JSON answer and how long it took, in milliseconds."""

    body: Any
    latency_ms: float


class Endpoint:
    """One address that takes JSON by POST; safe to use from several threads."""

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout_ms: int | None = None,
        concurrency: int | None = None,
        per_minute: float | None = None,
        allow_private: bool = False,
    ) -> None:
        self._url = url
        self._headers = {"Content-Type": "application/json", "Accept": "application/json", **(headers or {})}
        self._seconds = (timeout_ms or TIMEOUT_MS) / 1000
        self.concurrency = concurrency or CONCURRENCY
        self._free = threading.BoundedSemaphore(self.concurrency)
        self._pace = Pace(per_minute)
        self._allow_private = allow_private

    def post(self, body: Mapping[str, Any]) -> Reply:
        """The answer to a JSON body. Raises CallError with what went wrong, by name."""
        return self._post(json.dumps(body, ensure_ascii=False).encode())

    def exchange(self, content: bytes) -> bytes:
        """The same for JSON that is written already, and comes back written."""
        return json.dumps(self._post(content).body).encode()

    def _post(self, content: bytes) -> Reply:
        for attempt in range(1, TRIES + 1):
            try:
                with self._free:
                    self._pace.wait()
                    return self._once(content)
            except CallError as error:
                wait = delay(attempt, error.retry_after)
                if not error.again or attempt == TRIES or wait > LONGEST_WAIT:
                    raise
                if error.retry_after is not None:
                    self._pace.pause(error.retry_after)  # for all threads: who asked for rest shall have it
                time.sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _once(self, content: bytes) -> Reply:
        began = time.monotonic()
        try:
            response = request(
                "POST",
                self._url,
                headers=self._headers,
                content=content,
                allow_private=self._allow_private,
                timeout=self._seconds,
                answer_bytes=ANSWER_BYTES,
            )
        except OutgoingError as error:
            raise _not_answered(error) from None
        if response.status != 200:
            raise _refused(response)
        took = time.monotonic() - began
        if response.cut and took >= self._seconds:
            message = f"{response.host} had not finished its answer after {self._seconds:g} s"
            raise CallError("timeout", message, again=False, sent=True)
        return Reply(_decoded(response), took * 1000)


class Pace:
    """Lets at most so many calls a minute pass, evenly spread; None: all of them."""

    def __init__(self, per_minute: float | None) -> None:
        self._gap = 0.0 if per_minute is None else 60 / per_minute
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Returns when it is the caller's turn."""
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._gap
        time.sleep(turn - now)

    def pause(self, seconds: float) -> None:
        """Lets nobody pass for so long."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)


def endpoint_of(verifier: Verifier) -> Endpoint:
    """The user's own endpoint of a [verifier.NAME] that has a `url`."""
    assert verifier.url is not None
    return Endpoint(
        verifier.url,
        headers=bearer(verifier.api_key),
        timeout_ms=verifier.timeout,
        concurrency=verifier.concurrency,
        allow_private=bool(verifier.allow_private),
    )


def bearer(key: Secret | None) -> dict[str, str]:
    """The header that carries a key; nothing without one."""
    return {} if key is None else {"Authorization": f"Bearer {key.reveal()}"}


def delay(attempt: int, retry_after: float | None) -> float:
    """Seconds before the next try: what was asked for and a bit, else doubling from one second; jittered."""
    if retry_after is not None:
        return retry_after * random.uniform(1.0, 1.1)
    return float(FIRST_WAIT * 2 ** (attempt - 1) * random.uniform(0.5, 1.0))


def _refused(response: Response) -> CallError:
    """An answer of any other status. What the other side says is left out: it may repeat a key."""
    name = NAMES.get(response.status, "server_error" if response.status >= 500 else "other")
    return CallError(
        name,
        f"{response.host} answered {response.status}",
        again=response.status in BUSY,
        sent=response.status in MAYBE_BILLED or response.status < 300,
        retry_after=retry_after(response.headers, time.time()),
    )


def _not_answered(error: OutgoingError) -> CallError:
    """`sent` unless it is sure that nothing left this machine."""
    if error.permanent:
        return CallError("blocked", str(error), again=False, sent=False)
    if not error.sent:
        return CallError("connection", str(error), again=True, sent=False)
    name: FailureName = "timeout" if error.late else "connection"
    return CallError(name, str(error), again=False, sent=True)


def _decoded(response: Response) -> Any:
    if len(response.body) >= ANSWER_BYTES:
        raise CallError("too_large", f"{response.host} answered more than 2 MiB", again=False, sent=True)
    if response.cut:
        raise CallError("truncated", f"{response.host} ended in mid-answer", again=False, sent=True)
    if not response.body.strip():
        raise CallError("empty", f"{response.host} answered nothing", again=False, sent=True)
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError):
        raise CallError("not_json", f"{response.host} answered no JSON", again=False, sent=True) from None
