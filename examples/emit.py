"""Tells a cascadewatch server about each request through a cascade. One file, standard library only.

Copy it into your service:

    import emit

    emit.configure(url="https://cascadewatch.example.com", key=os.environ["CASCADEWATCH_KEY"])

    with emit.request("support", route="faq") as r:
        a = small(q);  r.attempt("small", a)
        ok = judge(a); r.verdict(ok, verifier="judge-v2")
        if not ok:
            a = big(q); r.attempt("flagship", a)

It never raises into your code and never waits for the network: events go into a bounded queue that
a background thread empties. Latencies are measured between the calls; tokens, model and cost are
read from the responses of OpenAI, Anthropic and LiteLLM. Reference: docs/emit.md.
"""

import atexit
import contextlib
import functools
import gzip
import json
import logging
import os
import random
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

log = logging.getLogger("cascadewatch.emit")

BATCH = 500  # events a request
INTERVAL = 1.0  # seconds between requests while there is little to send
TIMEOUT = 10.0  # seconds for one request
LONGEST_PAUSE = 60.0  # seconds between two tries
SPOOL_BYTES = 64 * 1024 * 1024
AT_EXIT = 2.0  # seconds to send the rest when the process ends


def _quiet(method: Callable[..., Any]) -> Callable[..., Any]:
    """Monitoring must not break what it watches: errors are logged, not raised."""

    @functools.wraps(method)
    def quietly(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except Exception:
            log.warning("%s failed; the event lacks this part", method.__name__, exc_info=True)

    return quietly


class Request:
    """One request through a cascade; made by `request`, sent when its `with` block ends."""

    def __init__(self, cascade: str, fields: dict[str, Any]) -> None:
        self.started = self.mark = time.perf_counter()
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        self.attempts: list[dict[str, Any]] = []
        self.event = {"id": uuid.uuid4().hex, "time": now, "cascade": cascade, "attempts": self.attempts}
        self.event.update(fields)

    @_quiet
    def attempt(self, tier: str, response: Any = None, *, status: str = "ok", usage: Any = None,
                latency_ms: float | None = None, **fields: Any) -> None:  # fmt: skip
        """A tier has answered, or failed: `response` may be the exception.

        What the response does not tell goes into `usage` (a response's usage object, or a dict of
        our own names), `cost_usd`, `model`, `provider`, `kind`, `service_tier`.
        """
        if isinstance(response, BaseException):
            response, status = None, status if status != "ok" else status_of(response)
        found = _read(response) if response is not None else {}
        if usage is not None:
            found["usage"] = usage_of(usage)
        found.update(fields)
        found.update(tier=tier, status=status, latency_ms=self._since(latency_ms))
        self.attempts.append(_known(found))

    @_quiet
    def verdict(self, outcome: Any, *, usage: Any = None, latency_ms: float | None = None,
                **fields: Any) -> None:  # fmt: skip
        """The verifier's word on the attempt before: True (accept), False (reject), or one of
        accept, reject, error, timeout, unparseable, skipped; None is `unparseable`.

        Further fields: `verifier`, `mechanism`, `score`, `threshold`, `reason`, `model`,
        `provider`, `cost_usd`.
        """
        if not isinstance(outcome, str):
            outcome = "unparseable" if outcome is None else "accept" if outcome else "reject"
        if usage is not None:
            fields["usage"] = usage_of(usage)
        fields.update(outcome=outcome, latency_ms=self._since(latency_ms))
        self.attempts[-1]["verdict"] = _known(fields)

    def _since(self, given: float | None) -> float:
        before, self.mark = self.mark, time.perf_counter()
        return round((self.mark - before) * 1000, 3) if given is None else given

    @_quiet
    def _end(self, error: BaseException | None) -> None:
        tiers = _sender.tiers(self.event["cascade"], [a["tier"] for a in self.attempts])
        if error is not None:
            self.event["completed"] = False
            if isinstance(error, Exception) and self._was_calling() and tiers:
                self.attempt(tiers[0], error)
        self.event.setdefault("latency_ms", round((time.perf_counter() - self.started) * 1000, 3))
        if self.attempts:
            _sender.put(self.event)
        else:
            _sender.lose(1, "an event without attempts; emit.configure(tiers=…) names the tier that failed")

    def _was_calling(self) -> bool:
        """Whether a model was due when the exception came, and not a verifier or the service's own code."""
        if not self.attempts:
            return True
        last = self.attempts[-1]
        return last["status"] != "ok" or last.get("verdict", {}).get("outcome", "accept") != "accept"


@contextlib.contextmanager
def request(cascade: str, **fields: Any) -> Iterator[Request]:
    """Records one request. Fields: `route`, `caller`, `session`, `revision`, `id`, `tags`, `text`,
    `labels`, `completed`, `latency_ms`. An exception is recorded as a failed attempt and goes on."""
    r = Request(cascade, _known({**_sender.defaults, **fields}))
    try:
        yield r
    except BaseException as error:
        r._end(error)
        raise
    r._end(None)


def configure(url: str = "http://127.0.0.1:8765", key: str | None = None, *, queue: int = 10_000,
              spool: str | None = None, tiers: dict[str, Sequence[str]] | None = None,
              **defaults: Any) -> None:  # fmt: skip
    """Where events go and what they have in common (`revision="2026-11-20.1"`, `tags={…}`).

    `queue` events are kept in memory, then the oldest are dropped and counted. `spool` is a folder
    that takes up to 64 MiB of events while the server is away. `tiers` names each cascade's tiers,
    cheapest first, so that a call that raised is recorded under its tier.
    """
    global _sender
    before, _sender = _sender, Sender(url, key, queue, spool, tiers or {}, defaults)
    before.close()


def flush(timeout: float = 5.0) -> bool:
    """Waits until everything recorded so far is sent; False when `timeout` seconds were too short."""
    return _sender.flush(timeout)


def stats() -> dict[str, Any]:
    """Counts of events: `sent`, `rejected`, `dropped`, `queued`, and the last `reasons`."""
    return _sender.stats()
