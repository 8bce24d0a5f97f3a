"""Tells a cascadewatch server about each request through a cascade. Copy this one file into your service.

    with emit.request("support", route="faq") as r:
        a = small(q);  r.attempt("small", a)
        ok = judge(a); r.verdict(ok, verifier="judge-v2")
        if not ok:
            a = big(q); r.attempt("flagship", a)

It never raises into your code and never waits for the network: a background thread empties a bounded queue.
Latencies are the times between the calls; tokens, model and cost are read from responses. See docs/emit.md.
"""

import atexit
import gzip
import http.client
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
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import Any

log = logging.getLogger("cascadewatch.emit")

BATCH, BATCH_BYTES = 500, 4 * 1024 * 1024  # of one request to the server
INTERVAL = 1.0  # seconds between two of them while there is little to send
LONGEST_PAUSE = 60.0  # seconds between two tries, unless the server asks for more


def _quiet(method: Callable[..., Any]) -> Callable[..., Any]:
    def quietly(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except Exception:
            log.warning("%s failed; the event lacks this part", method.__name__, exc_info=True)

    return quietly


class request:  # noqa: N801  reads as a statement: with emit.request(…)
    """One request through a cascade, recorded when its `with` block ends.

    Fields: `route caller session revision id tags text labels completed latency_ms`. An exception
    is recorded as a failed attempt and goes on.
    """

    def __init__(self, cascade: str, **fields: Any) -> None:
        self.started = self.mark = time.perf_counter()
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")  # noqa: UP017  for Python 3.10
        self.attempts: list[dict[str, Any]] = []
        self.event: dict[str, Any] = {"id": uuid.uuid4().hex, "time": now, "cascade": cascade}
        self.event.update(_known({**_sender.defaults, **fields}), attempts=self.attempts)

    def __enter__(self) -> "request":
        return self

    @_quiet
    def attempt(self, tier: str, response: Any = None, status: str = "ok", **fields: Any) -> None:
        """A tier answered, or failed: `response` may be the exception. What it does not tell:
        `usage` (the provider's object, or a dict of our names), `cost_usd model provider service_tier
        kind`, and `latency_ms` if not the time since the last call."""
        if isinstance(response, BaseException):
            response, status = None, status_of(response) if status == "ok" else status
        self.attempts.append(self._timed({**_read(response), **fields, "tier": tier, "status": status}))

    @_quiet
    def verdict(self, outcome: Any, **fields: Any) -> None:
        """The verifier's word on the last attempt: True, False, or an outcome (None is `unparseable`).
        Fields: `verifier mechanism score threshold reason model provider usage cost_usd latency_ms`."""
        if not isinstance(outcome, str):
            outcome = "unparseable" if outcome is None else "accept" if outcome else "reject"
        self.attempts[-1]["verdict"] = self._timed({**fields, "outcome": outcome})

    def _timed(self, part: dict[str, Any]) -> dict[str, Any]:
        before, self.mark = self.mark, time.perf_counter()
        part.setdefault("latency_ms", round((self.mark - before) * 1000, 3))
        if part.get("usage") is not None:
            part["usage"] = usage_of(part["usage"])
        return _known(part)

    @_quiet
    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        untried = _sender.untried(self.event["cascade"], [a["tier"] for a in self.attempts])
        if error is not None:
            self.event["completed"] = False
            last: dict[str, Any] = self.attempts[-1] if self.attempts else {"status": "missing"}
            rejected = last.get("verdict", {}).get("outcome", "accept") != "accept"
            if isinstance(error, Exception) and untried and (last["status"] != "ok" or rejected):
                self.attempt(untried[0], error)  # a model was due; else the verifier raised, or your code
        self.event.setdefault("latency_ms", round((time.perf_counter() - self.started) * 1000, 3))
        if self.attempts:
            _sender.put(self.event)
        else:
            _sender.lose(1, "dropped", "no attempts; emit.configure(tiers=…) tells which tier failed")


def configure(url: str = "http://127.0.0.1:8765", key: str | None = None, *, queue: int = 10_000,
              tiers: dict[str, Sequence[str]] | None = None, **defaults: Any) -> None:  # fmt: skip
    """Where events go and what they have in common (`revision="2026-11-20.1"`, `tags={…}`).

    `queue` events are kept while the server is away, then the oldest are dropped and counted.
    `tiers` names a cascade's tiers, cheapest first: a call that raised is recorded under its tier.
    """
    _sender.url, _sender.defaults = f"{url.rstrip('/')}/v1/events", defaults
    _sender.headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    _sender.headers |= {"Authorization": f"Bearer {key}"} if key else {}
    _sender.queue = deque(_sender.queue, maxlen=queue)
    _sender.known.update({cascade: list(names) for cascade, names in (tiers or {}).items()})


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _plain(number: Any) -> Any:  # numpy's numbers are no JSON
    number = number.item() if hasattr(number, "item") else number
    return number if isinstance(number, bool) else (int if hasattr(number, "__index__") else float)(number)


def _get(thing: Any, name: str) -> Any:
    return thing.get(name) if isinstance(thing, dict) else getattr(thing, name, None)


def _first(kinds: Any, *places: tuple[Any, str]) -> Any:  # libraries put all sorts of things in places
    for thing, name in places:
        if isinstance(value := _get(thing, name), kinds) and value is not True and value is not False:
            return value
    return None


def usage_of(usage: Any) -> dict[str, int]:
    """Disjoint counts. OpenAI and LiteLLM count cached tokens into their input, Anthropic beside it."""
    names = ("input", "cache_read", "cache_write", "output", "reasoning")
    if isinstance(usage, dict) and usage.keys() <= set(names):
        return _known(usage)
    inside = _get(usage, "prompt_tokens_details") or _get(usage, "input_tokens_details")
    written = _get(usage, "completion_tokens_details") or _get(usage, "output_tokens_details")
    read = _first(int, (inside, "cached_tokens"), (usage, "cache_read_input_tokens"))
    kept = _first(int, (inside, "cache_creation_tokens"), (usage, "cache_creation_input_tokens"))
    cached, total = (read or 0) + (kept or 0), _first(int, (usage, "total_tokens")) or 0
    entered = _first(int, (usage, "prompt_tokens"), (usage, "input_tokens"))
    left = _first(int, (usage, "completion_tokens"), (usage, "output_tokens"))
    if entered and cached <= entered and total != entered + (left or 0) + cached:
        entered -= cached if inside is not None or _get(usage, "prompt_tokens") is not None else 0
    thought = _first(int, (written, "reasoning_tokens"))
    if left is not None:  # xAI counts reasoning beside it, Gemini in the total alone; both bill it as output
        left = left if entered is None else max(left, total - entered - cached)
        left += thought if thought and thought > left else 0
    return _known(dict(zip(names, (entered, read, kept, left, thought), strict=True)))


def _read(response: Any) -> dict[str, Any]:
    """What a response of OpenAI, Anthropic or LiteLLM tells of itself."""
    hidden, usage = _get(response, "_hidden_params"), _get(response, "usage")
    return _known({
        "model": _first(str, (response, "model")) or None,
        "provider": _first(str, (hidden, "custom_llm_provider")) or None,
        "service_tier": _first(str, (response, "service_tier"), (usage, "service_tier")),
        "cost_usd": _first((int, float), (hidden, "response_cost")), "usage": usage})  # fmt: skip


def status_of(error: BaseException) -> str:
    name = type(error).__name__
    if "RateLimit" in name or _get(error, "status_code") == 429:
        return "rate_limited"
    if "ContentPolicy" in name or "ContentFilter" in name:
        return "refused"
    return "timeout" if "Timeout" in name else "error"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        """An event goes to the server that was named, or nowhere."""


class Sender:
    def __init__(self) -> None:
        self.url, self.headers, self.defaults = "", dict[str, str](), dict[str, Any]()
        self.known, self.queue = dict[str, list[str]](), deque[dict[str, Any]]()
        self.counts = {"sent": 0, "rejected": 0, "dropped": 0}
        self.encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=_plain).encode
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
        self.forget()

    def forget(self) -> None:
        """Starts over: a forked child has no thread and must not send its parent's events again."""
        self.queue.clear()
        self.wake, self.once, self.started = threading.Event(), threading.Lock(), False
        self.batch: list[bytes] = []  # taken from the queue, not yet answered for
        self.busy, self.failures, self.most = False, 0, BATCH

    def untried(self, cascade: str, tried: list[str]) -> list[str]:
        """The cascade's tiers that were not tried, as configured or seen in earlier requests."""
        known = self.known.setdefault(cascade, [])
        known += [tier for tier in dict.fromkeys(tried) if tier not in known]
        return [tier for tier in known if tier not in tried]

    def put(self, event: dict[str, Any]) -> None:
        self.counts["dropped"] += len(self.queue) == self.queue.maxlen
        self.queue.append(event)
        if not self.started and self.once.acquire(blocking=False):
            threading.Thread(target=self._run, name="cascadewatch-emit", daemon=True).start()
            self.started = True
        if len(self.queue) >= BATCH and not self.wake.is_set():
            self.wake.set()

    def lose(self, count: int, kind: str, reason: str) -> None:
        self.counts[kind] += count
        log.warning("%d events %s: %s", count, kind, reason)

    def flush(self, timeout: float = 5.0) -> bool:
        """Waits until all events are sent; False when `timeout` seconds were too short."""
        until = time.monotonic() + timeout
        while self.queue or self.busy or self.batch:  # in this order: the thread is busy before it takes
            self.wake.set()
            if time.monotonic() >= until:
                return False
            time.sleep(0.005)
        return True

    def stats(self) -> dict[str, int]:
        """Counts of events: `sent`, `rejected`, `dropped`, `queued`. Reasons are in the log."""
        return {**self.counts, "queued": len(self.queue) + len(self.batch)}

    def _run(self) -> None:
        while True:
            self.wake.wait(INTERVAL)
            self.wake.clear()
            self.busy = True
            try:
                while self._take():
                    self._send()
            except Exception:
                log.exception("sending failed")
            self.busy = False

    def _take(self) -> bool:  # whether there is a batch to send
        size = sum(map(len, self.batch)) + len(self.batch) + 1  # as one JSON array
        while self.queue and len(self.batch) < BATCH and size < BATCH_BYTES:
            try:
                self.batch.append(self.encode(self.queue.popleft()).encode())
                size += len(self.batch[-1]) + 1
            except (TypeError, ValueError, RecursionError) as error:
                self.lose(1, "rejected", f"cannot be written as JSON: {error}")
        return bool(self.batch)

    def _send(self) -> None:
        over = sum(map(len, self.batch)) + len(self.batch) + 1 > BATCH_BYTES  # by its last event
        count = max(1, min(self.most, len(self.batch) - over))
        status, headers, answer = self._post(gzip.compress(b"[" + b",".join(self.batch[:count]) + b"]", 1))
        if status == 0 or status in (408, 425, 429) or status >= 500:
            self.failures += 1
            pause = min(LONGEST_PAUSE, 2.0 ** min(self.failures, 9)) * random.uniform(0.5, 1)
            asked = str(headers.get("Retry-After", ""))
            if self.failures == 1:
                log.warning("%s does not take events (%s); trying again", self.url, status or answer.decode())
            time.sleep(max(pause, min(float(asked), 3600)) if asked.isdecimal() else pause)
            return
        if status == 413 and count > 1:  # the server takes less at a time
            self.most = count // 2
            return
        self.batch, self.most, self.failures = self.batch[count:], min(BATCH, 2 * self.most), 0
        try:
            told = json.loads(answer) if status == 200 else {}
            refused = told["rejected"] + told["conflict"]
            self.counts["sent"] += told["accepted"] + told["duplicate"]
            if refused:
                self.lose(refused, "rejected", f"the first: {(told.get('errors') or ['not told'])[0]}")
        except (ValueError, KeyError, TypeError):
            self.lose(count, "rejected", f"{self.url} answered {status}: {answer[:300]!r}")

    def _post(self, body: bytes) -> tuple[int, Any, bytes]:
        try:
            with self.opener.open(urllib.request.Request(self.url, body, self.headers), timeout=10) as answer:
                return answer.status, answer.headers, answer.read(1_000_000)
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read(10_000)
        except (OSError, http.client.HTTPException, ValueError) as error:
            unread = isinstance(getattr(error, "reason", error), (BrokenPipeError, ConnectionResetError))
            return 413 if unread and len(body) > 2**20 else 0, {}, str(error).encode()


@atexit.register
def _at_exit() -> None:
    if not flush(2.0):
        _sender.lose(stats()["queued"], "dropped", "the process ended before they could be sent")


_sender = Sender()
flush, stats = _sender.flush, _sender.stats
configure()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_sender.forget)
