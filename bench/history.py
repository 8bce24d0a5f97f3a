"""Months of traffic of a busy installation, cheap to make: the same events for the same seed and end.

Three cascades of five routes each, 200 callers, a new revision every two weeks, and a rhythm of days and
weeks (traffic.py). The events have the shapes of a few thousand different ones; ids and times are their own.
One in fifty is labelled, a few fall back. Those of `assist` say what they cost, others' prices are looked up.
"""

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

import numpy as np
from events import CASCADE, ROUTES, encode, events
from traffic import MONDAY, WEEK_HOURS, World, traffic

CASCADES = (CASCADE, "search", "assist")
SHARES = (60, 30, 10)
REPORTED = "assist"
CALLERS = 200
SHAPES = 5000
TOGETHER = 5000  # events in a body: as many as one request may hold
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
Array = np.ndarray[Any, Any]


class Shape(NamedTuple):
    """What events have in common besides id, time and revision, and what they count (nano-dollars)."""

    cascade: str
    route: str
    judged: int
    escalated: int
    attempts: int
    labels: int
    cost: int | None  # where it is said
    text: str  # its JSON, after the revision


class Part(NamedTuple):
    """One body, with the time (epoch ms) and the number of the shape of each of its events."""

    body: bytes
    times: Array
    shapes: Array


class History(NamedTuple):
    """`count` events over the `days` (of 24 hours) before `end` (epoch ms)."""

    count: int
    days: int
    end: int
    seed: int = 1

    @property
    def start(self) -> int:
        """When it begins."""
        return self.end - self.days * DAY_MS

    def parts(self, shapes: list[Shape]) -> Iterator[Part]:
        """The events day by day, the last day first, so that a load that ends early has no gap before `end`;
        up to TOGETHER in each part, in the order of time."""
        rng = np.random.default_rng(self.seed)
        texts = [shape.text for shape in shapes]
        per_hour = self._per_hour().reshape(self.days, 24)
        for day in reversed(range(self.days)):
            hours = per_hour[day]
            start = self.start + day * DAY_MS
            times = np.sort(start + np.repeat(np.arange(24), hours) * HOUR_MS
                            + rng.integers(0, HOUR_MS, int(hours.sum())))  # fmt: skip
            for some in np.split(times, range(TOGETHER, len(times), TOGETHER)):
                numbers = rng.integers(0, len(texts), len(some))
                body = _body(some, [texts[n] for n in numbers], f"r-{day // 14}", rng)
                yield Part(body, some, numbers)

    def _per_hour(self) -> Array:
        """How many events each hour has, `count` in all."""
        first = (self.start // 1000 - MONDAY) // 3600 % WEEK_HOURS
        expected = traffic(World(per_hour=1.0), first + np.arange(24 * self.days))
        sums = np.rint(np.cumsum(expected) * (self.count / expected.sum()))
        return np.diff(sums, prepend=0).astype(int)


def shapes(seed: int = 1) -> list[Shape]:
    """The different events, out of those of events.py."""
    random = Random(seed)
    return [_shape(random, event) for event in events(SHAPES, seed)]


def _shape(random: Random, event: dict[str, Any]) -> Shape:
    cascade, attempts = random.choices(CASCADES, SHARES)[0], event["attempts"]
    escalated, judged = len(attempts) > 1, True
    if escalated and random.random() < 0.08:
        attempts[0].pop("verdict")
        attempts[0]["status"] = random.choice(("timeout", "error", "refused"))
        escalated = judged = False
    cost = None
    if cascade == REPORTED:
        nanos = [random.randint(1_000, 5_000_000) for _ in attempts]
        cost = sum(nanos)
        for attempt, n in zip(attempts, nanos, strict=True):
            attempt["cost_usd"] = n / 1e9
    labels = random.random() < 0.02
    if labels:
        said = {"source": "human", "sampling": "random", "probability": 0.02}
        event["labels"] = [{"attempt": 0, "correct": random.random() < 0.8, **said}]
    route = random.choice(ROUTES)
    event |= {"cascade": cascade, "route": route, "caller": f"c-{int(CALLERS * random.random() ** 2):03}"}
    del event["id"], event["time"], event["revision"]
    text = encode(event).decode().removeprefix("{")
    return Shape(cascade, route, judged, escalated, len(attempts), labels, cost, text)


def _body(times: Array, texts: list[str], revision: str, rng: np.random.Generator) -> bytes:
    """The events as JSON, their ids random as uuid4 are."""
    stamps = np.datetime_as_string(times.astype("datetime64[ms]")).tolist()
    digits = rng.bytes(16 * len(texts)).hex()
    whole = []
    for place, (stamp, text) in enumerate(zip(stamps, texts, strict=True)):
        h = digits[32 * place : 32 * place + 32]
        key = f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{h[16:20]}-{h[20:]}"
        whole.append(f'{{"id":"{key}","time":"{stamp}Z","revision":"{revision}",{text}')
    return f"[{','.join(whole)}]".encode()
