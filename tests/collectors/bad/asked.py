"""An app in this process, asked without a socket, that counts for itself what it was told."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx
from sqlalchemy import func, select

from cascadewatch.cli.watching import Watch
from cascadewatch.pricing import PriceBook
from cascadewatch.settings import Ingest, Limits, Settings
from cascadewatch.store import tables
from cascadewatch.store.engine import Store
from cascadewatch.store.verify import verify
from cascadewatch.store.writes import Writer
from collectors.api import create_app

Json = dict[str, Any]
OUTCOMES = ("accepted", "duplicate", "conflict", "rejected")
ECHO = 130  # characters in a row; a reason that repeats more of what was sent is an echo
TOKEN = "token-of-this-process"


class Said(NamedTuple):
    """One answer."""

    status: int
    body: Any

    @property
    def reasons(self) -> list[str]:
        """Every sentence that says why something was refused."""
        if self.status != 200:
            return [self.body["error"]["message"]]
        return [error["reason"] for error in self.body.get("errors", [])]


class Asked:
    """The app, and what it answered so far. Every answer is held to what all answers must keep."""

    def __init__(self, store: Store, settings: Settings, now: int, **options: Any) -> None:
        self.store, self.settings, self.now = store, settings, now
        self.writer = Writer(store, settings, PriceBook(bundled=False), lambda: now)
        options.setdefault("require_keys", False)
        self.app = create_app(
            store, self.writer, settings, lambda: now, watching=Watch(store, settings, lambda: now), **options
        )
        self.counted: Counter[str] = Counter()
        self._runner = asyncio.Runner()
        transport = httpx.ASGITransport(app=self.app)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()
        self.writer.close()

    def __call__(self, method: str, path: str, body: bytes | None = None, **headers: Any) -> httpx.Response:
        named = {k.replace("_", "-"): v for k, v in headers.items()}
        if body is not None:
            named.setdefault("Content-Type", "application/json")
        request = self._client.build_request(method, path, content=body, headers=named)
        return self.send(request)

    def send(self, request: httpx.Request) -> httpx.Response:
        answer = self._runner.run(self._client.send(request))
        assert answer.status_code < 500, f"{request.method} {request.url}: {answer.text}"
        return answer

    def build(self, *arguments: Any, **options: Any) -> httpx.Request:
        return self._client.build_request(*arguments, **options)

    def together(self, requests: list[httpx.Request]) -> list[httpx.Response]:
        """All at once."""

        async def every() -> list[httpx.Response]:
            return await asyncio.gather(*(self._client.send(r) for r in requests))

        return self._runner.run(every())

    def post(self, body: bytes, path: str = "/v1/events", **headers: Any) -> Said:
        """Posts a body; the answer is conserved and echoes nothing."""
        answer = self("POST", path, body, **{"Content_Type": "application/json", **headers})
        return self.noted(body, Said(answer.status_code, answer.json()), path)

    def lines(self, *lines: bytes, path: str = "/v1/events") -> Said:
        return self.post(b"\n".join(lines), path, Content_Type="application/x-ndjson")

    def noted(self, body: bytes, said: Said, path: str) -> Said:
        text = body.decode("utf-8", "replace")
        for reason in said.reasons:
            assert 0 < len(reason) <= 300, reason
            assert not echoes(reason, text), reason
        if said.status == 200 and "received" in said.body:
            assert said.body["received"] == sum(said.body[outcome] for outcome in OUTCOMES)
            of = "labels/" if path == "/v1/labels" else ""
            self.counted.update({of + outcome: said.body[outcome] for outcome in OUTCOMES})
        return said

    def events(self) -> list[Any]:
        """Every row of events."""
        with self.store.reading() as connection:
            return list(connection.execute(select(tables.events).order_by(tables.events.c.seq)))

    def settle(self) -> None:
        """Nothing that was acknowledged is lost or counted twice, and the sums are those of the rows."""
        said = verify(self.store, self.settings)
        assert said["ok"], said["checks"]
        assert said["events"] == self.counted["accepted"]
        t, held = tables.ingest_counters.c, Counter[str]()
        with self.store.reading() as connection:
            rows = connection.execute(
                select(t.source, t.outcome, func.sum(t.n)).group_by(t.source, t.outcome)
            )
            for source, outcome, n in rows:
                held[("labels/" if source.endswith("/labels") else "") + outcome] += int(n)
        assert held == +self.counted


def echoes(reason: str, text: str) -> bool:
    """Whether a reason repeats a long piece of what was sent."""
    return any(reason[i : i + ECHO] in text for i in range(len(reason) - ECHO + 1))


@contextmanager
def asking(url: str, now: int, **options: Any) -> Iterator[Asked]:
    """An app on that database; at the end it is held to its promises. `limits` and `ingest` are settings."""
    settings = Settings(
        database_url=url,
        caller_ids="plain",
        limits=Limits(**options.pop("limits", {})),
        ingest=Ingest(**options.pop("ingest", {})),
        model=options.pop("model", {}),
        replay=options.pop("replay", {}),
        cascade=options.pop("cascade", {}),
    )
    store = Store(url)
    asked = Asked(store, settings, now, **options)
    try:
        yield asked
        asked.settle()
    finally:
        asked.close()
        store.close()


# --- what is sent


def event(name: str = "e", **fields: Any) -> Json:
    """A valid event with something in almost every field."""
    return {
        "id": name,
        "time": "2026-11-21T11:59:00Z",
        "cascade": "support",
        "route": "faq",
        "caller": "tenant-42",
        "session": "s-9",
        "revision": "r1",
        "latency_ms": 1840,
        "attempts": [
            {
                "tier": "small",
                "provider": "p",
                "model": "m",
                "usage": {"input": 512, "cache_read": 0, "cache_write": 0, "output": 128, "reasoning": 0},
                "cost_usd": 0.001,
                "latency_ms": 412,
                "verdict": {
                    "outcome": "reject", "verifier": "judge-v2", "mechanism": "judge", "score": 0.41,
                    "threshold": 0.5, "reason": "low_score", "provider": "p", "model": "m",
                    "usage": {"input": 700, "cache_read": 0, "cache_write": 0, "output": 8, "reasoning": 0},
                    "cost_usd": 0.0002, "latency_ms": 40,
                },
            },
            {"tier": "flagship", "usage": {"input": 512, "output": 140}, "cost_usd": 0.02,
                "latency_ms": 1380},
        ],
        "labels": [{"attempt": 0, "correct": False, "source": "human", "sampling": "random",
        "probability": 1}],
        "fingerprints": {"prefix": "ab", "suffix": "cd"},
        "tags": {"team": "growth"},
        "text": {"prompt": "what?", "answers": ["that", None]},
        **fields,
    }  # fmt: skip


PLACE = "@@place@@"


def put(record: Json, path: str, value: Any) -> Json:
    """The record with a value at `attempts.0.usage.input`; what leads there must be there."""
    here: Any = record
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps:
        here = here[step]
    here[last] = value
    return record


def literal(record: Json, path: str, raw: str) -> bytes:
    """The same with JSON text that Python would not write, such as 1e999."""
    return encoded(put(record, path, PLACE)).replace(
        f'"{PLACE}"'.encode(), raw.encode("utf-8", "surrogatepass")
    )


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


Build = Callable[..., Json]
