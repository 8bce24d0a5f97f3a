"""Cascade events as a busy service sends them, the same ones for the same seed.

1.3 attempts an event on average, 24 % escalated, uuid ids, 5 routes, 6 callers, 0.05 s apart. Token
counts instead of costs, as most senders know them, so that prices are looked up on the way in.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any
from uuid import UUID

CASCADE = "support"
ROUTES = ("faq", "orders", "returns", "billing", "account")
CALLERS = ("web", "mobile", "partner-a", "partner-b", "batch", "internal")
TIERS = (
    ("small", "mistral", "open-mixtral-8x7b"),
    ("large", "openai", "gpt-4o-mini"),
    ("flagship", "openai", "gpt-4o"),
)
DEPTHS, SHARES = (1, 2, 3), (0.76, 0.18, 0.06)  # attempts of an event, and how often
REASONS = ("low_score", "format", "refusal")
SPACING = timedelta(milliseconds=50)
Event = dict[str, Any]


def events(count: int, seed: int, end: datetime | None = None) -> Iterator[Event]:
    """`count` events in the order of time; the last one is at `end`, by default the present."""
    random = Random(seed)
    first = (end or datetime.now(UTC)) - SPACING * count
    for number, depth in enumerate(random.choices(DEPTHS, SHARES, k=count), 1):
        yield _event(random, first + SPACING * number, depth)


def bodies(count: int, per_request: int, seed: int) -> list[bytes]:
    """Request bodies that hold `count` events between them."""
    source = events(count, seed)
    return [encode(list(islice(source, per_request))) for _ in range(0, count, per_request)]


def encode(value: object) -> bytes:
    """JSON as short as it gets."""
    return json.dumps(value, separators=(",", ":")).encode()


def _event(random: Random, time: datetime, depth: int) -> Event:
    prompt = random.randint(80, 3000)
    attempts = [_attempt(random, place, place == depth - 1, prompt) for place in range(depth)]
    return {
        "id": str(UUID(int=random.getrandbits(128), version=4)),
        "time": time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "cascade": CASCADE,
        "route": random.choice(ROUTES),
        "caller": random.choice(CALLERS),
        "session": f"s-{random.getrandbits(40):010x}",
        "revision": "2026-03-01.4",
        "latency_ms": round(sum(a["latency_ms"] for a in attempts) + random.uniform(5, 60), 1),
        "attempts": attempts,
        "tags": {"tenant": f"t{random.randint(0, 50)}", "lang": "en"},
    }


def _attempt(random: Random, place: int, last: bool, prompt: int) -> Event:
    tier, provider, model = TIERS[place]
    attempt: Event = {
        "tier": tier,
        "provider": provider,
        "model": model,
        "usage": {"input": prompt, "cache_read": 0, "output": random.randint(10, 700)},
        "latency_ms": round(random.uniform(80, 4000), 1),
    }
    if tier != "flagship":
        score = random.uniform(0.5, 1) if last else random.uniform(0, 0.5)
        attempt["verdict"] = {
            "outcome": "accept" if last else "reject",
            "verifier": "self-check-v2",
            "mechanism": "confidence",
            "score": round(score, 4),
            "threshold": 0.5,
        }
        if not last:
            attempt["verdict"]["reason"] = random.choice(REASONS)
    return attempt
