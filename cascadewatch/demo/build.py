"""The demo's events: recorded content on a recorded rhythm, re-timed to end now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

from cascadewatch.demo import recorded, rhythm, scenario
from cascadewatch.demo.paths import Asked, Latencies, Step, play
from cascadewatch.demo.recorded import Item
from cascadewatch.demo.scenario import Annotation, Calendar, Cascade, Route
from cascadewatch.model import Event, Label, Text
from cascadewatch.moments import utc

HARD_BELOW = 0.5  # items scored below are the hard ones, 39 % of all


@dataclass(frozen=True, slots=True)
class Demo:
    """Days of events, made one by one as `events` is read (once), oldest first.

    `count` is how many there will be; `annotations` mark what happens.
    """

    count: int
    events: Iterator[Event]
    annotations: list[Annotation]


def build(now_ms: int, timezone: str, seed: int = 9) -> Demo:
    """The demo that ends at `now_ms` (UTC epoch milliseconds).

    `timezone` is the IANA name whose days, nights and weekends shape the traffic. The same
    arguments give the same events with the same ids; no event lies after `now_ms`.
    """
    zone = ZoneInfo(timezone)
    when = scenario.calendar(now_ms, zone)
    times = rhythm.arrivals(now_ms, zone, recorded.arrival_gaps(), _stream("arrivals", seed))
    made = _Maker(when, _stream("content", seed)).events(times, f"demo-{now_ms:x}-{seed}")
    return Demo(count=len(times), events=made, annotations=scenario.annotations(when))


def quiet(now_ms: int, timezone: str, seed: int, days: int, events: int) -> Demo:
    """Days like those of the demo on which nothing happens: about `events` requests, and no incident."""
    when = scenario.nothing_happens(now_ms - days * rhythm.DAY_MS, now_ms)
    gaps, drawn = recorded.arrival_gaps(), _stream("arrivals", seed)
    times = rhythm.arrivals(now_ms, ZoneInfo(timezone), gaps, drawn, days, events)
    made = _Maker(when, _stream("content", seed)).events(times, f"quiet-{now_ms:x}-{seed}")
    return Demo(count=len(times), events=made, annotations=[])


def _stream(purpose: str, seed: int) -> Random:
    """One repeatable stream of chance per purpose, so that a change to one leaves the other alone."""
    return Random(f"{purpose} {seed}")


class _Maker:
    """Draws who asks what, plays it, and writes it down as an event."""

    def __init__(self, when: Calendar, rng: Random) -> None:
        self.when = when
        self.rng = rng
        self.latencies = Latencies.of_recordings()
        self.hard, self.easy = _by_difficulty(recorded.gsm8k_items())
        self.caller_edges = tuple(accumulate(scenario.CALLER_WEIGHTS))
        self.cascade_edges = tuple(accumulate(c.share for c in scenario.CASCADES))
        self.route_edges = {c.name: tuple(accumulate(r.share for r in c.routes)) for c in scenario.CASCADES}

    def events(self, times: Sequence[int], prefix: str) -> Iterator[Event]:
        for number, time_ms in enumerate(times):
            yield self._event(f"{prefix}-{number:05d}", time_ms)

    def _event(self, event_id: str, time_ms: int) -> Event:
        cascade = self.rng.choices(scenario.CASCADES, cum_weights=self.cascade_edges)[0]
        route, caller = self._sender(cascade, time_ms)
        item = self._item(route, time_ms)
        steps = play(self._asked(cascade, item, time_ms), self.latencies, self.rng)
        sampled = self.rng.random() < scenario.LABEL_SHARE
        recent = time_ms >= self.when.end - scenario.TEXT_DAYS * rhythm.DAY_MS
        return Event(
            id=event_id,
            time=utc(time_ms),
            cascade=cascade.name,
            attempts=[step.attempt for step in steps],
            route=route.name,
            caller=caller,
            session=f"{caller}-{(time_ms - self.when.start) // rhythm.HOUR_MS}",
            revision=self.when.revision(cascade.name, time_ms),
            latency_ms=_latency(steps),
            labels=_labels(steps) if sampled else [],
            tags={"recorded": item.id},
            text=Text(item.prompt, [_text(step) for step in steps]) if sampled and recent else None,
        )

    def _sender(self, cascade: Cascade, time_ms: int) -> tuple[Route, str]:
        joined = cascade.name == "documents" and time_ms >= self.when.onboarded
        if joined and self.rng.random() < scenario.NEWCOMER_SHARE:
            route = next(r for r in cascade.routes if r.name == scenario.NEWCOMER_ROUTE)
            return route, scenario.NEWCOMER
        route = self.rng.choices(cascade.routes, cum_weights=self.route_edges[cascade.name])[0]
        rank = self.rng.choices(range(len(scenario.CALLERS)), cum_weights=self.caller_edges)[0]
        return route, scenario.CALLERS[(rank + cascade.first_caller) % len(scenario.CALLERS)]

    def _item(self, route: Route, time_ms: int) -> Item:
        if route.hard is None:
            version: recorded.Version = "after" if time_ms >= self.when.snapshot else "before"
            return self.rng.choice(recorded.prime_items(version))
        return self.rng.choice(self.hard if self.rng.random() < route.hard else self.easy)

    def _asked(self, cascade: Cascade, item: Item, time_ms: int) -> Asked:
        loosened = cascade.name == "coding" and time_ms >= self.when.loosened
        broken = cascade.name == "support" and self.when.broken <= time_ms < self.when.mended
        return Asked(item, scenario.LOOSE_THRESHOLD if loosened else cascade.threshold, broken)


def _by_difficulty(items: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    hard = [i for i in items if i.score is not None and i.score < HARD_BELOW]
    easy = [i for i in items if i.score is not None and i.score >= HARD_BELOW]
    return hard, easy


def _latency(steps: Sequence[Step]) -> float:
    """Attempts and verdicts follow one another."""
    total = 0.0
    for attempt, _ in steps:
        total += attempt.latency_ms or 0.0
        total += (attempt.verdict.latency_ms or 0.0) if attempt.verdict is not None else 0.0
    return round(total, 1)


def _labels(steps: Sequence[Step]) -> list[Label]:
    """Recorded correctness of every answer given; of a cascade's two these are cheap and served."""
    return [
        Label(i, step.answer.correct, "executable", "random", scenario.LABEL_SHARE)
        for i, step in enumerate(steps)
        if step.answer is not None
    ]


def _text(step: Step) -> str | None:
    return step.answer.text if step.answer is not None else None
