"""How one request runs through its cascade: the recorded course, or one of the arranged ones.

Content is recorded in either case. The arranged courses exist so that every path of an event has
something to show; their shares are in `ARRANGED`.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import NamedTuple

from cascadewatch.demo import recorded, scenario
from cascadewatch.demo.recorded import Answer, Item
from cascadewatch.model import Attempt, Outcome, Status, Verdict

TIMEOUT_MS = 30_000.0
REFUSED_AT_ONCE_MS = 120.0  # a gateway's 429 or error comes back without any model at work


@dataclass(frozen=True, slots=True)
class Latencies:
    """Recorded milliseconds to draw from, for calls whose own latency was not recorded."""

    cheap: tuple[float, ...]
    flagship: tuple[float, ...]
    verifier: tuple[float, ...]

    @classmethod
    def of_recordings(cls) -> "Latencies":
        """Model latencies from the prime questions (first snapshots), the verifier's from a router log."""
        items = recorded.prime_items("before")
        return cls(
            cheap=tuple(i.cheap.latency_ms for i in items if i.cheap.latency_ms is not None),
            flagship=tuple(i.flagship.latency_ms for i in items if i.flagship.latency_ms is not None),
            verifier=recorded.verifier_latencies(),
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """One request before it is answered: its recorded item, the threshold and the verifier's health."""

    item: Item
    threshold: float
    broken: bool


class Step(NamedTuple):
    """An attempt with the recorded answer it gave; None where it gave none of its own."""

    attempt: Attempt
    answer: Answer | None


Course = Callable[[Asked, Latencies, Random], list[Step]]


def play(asked: Asked, latencies: Latencies, rng: Random) -> list[Step]:
    """The attempts of one request, in order."""
    return _COURSES[bisect_right(_EDGES, rng.random())](asked, latencies, rng)


def judge(asked: Asked, latencies: Latencies, rng: Random) -> Verdict:
    """The verdict on the cheap answer: recorded agreement against the threshold, or its form."""
    item = asked.item
    if item.score is None:
        return Verdict(
            outcome="accept" if item.well_formed else "reject",
            verifier=scenario.FORMAT_CHECK,
            mechanism="schema",
            reason=None if item.well_formed else "no_verdict",
        )
    latency = rng.choice(latencies.verifier)
    if asked.broken and rng.random() < scenario.BROKEN_SHARE:
        return Verdict(
            "reject", scenario.VERIFIER, "schema", reason="format", cost_usd=0.0, latency_ms=latency
        )
    return agreement(item.score, asked.threshold, latency)


def agreement(score: float, threshold: float, latency_ms: float | None = None) -> Verdict:
    """Accept from the threshold on. It costs nothing: it was derived from answers already recorded."""
    accepted = score >= threshold
    return Verdict(
        outcome="accept" if accepted else "reject",
        verifier=scenario.VERIFIER,
        mechanism="agreement",
        score=score,
        threshold=threshold,
        reason=None if accepted else scenario.LOW_AGREEMENT,
        cost_usd=0.0,
        latency_ms=latency_ms,
    )


def answered(tier: str, answer: Answer, latency_ms: float | None, verdict: Verdict | None = None) -> Step:
    """An attempt that gave this recorded answer."""
    attempt = Attempt(
        tier=tier,
        model=answer.model,
        usage=answer.usage,
        cost_usd=answer.cost_usd,
        latency_ms=latency_ms,
        verdict=verdict,
    )
    return Step(attempt, answer)


def _small(asked: Asked, latencies: Latencies, rng: Random, verdict: Verdict | None) -> Step:
    answer = asked.item.cheap
    return answered("small", answer, answer.latency_ms or rng.choice(latencies.cheap), verdict)


def _flagship(asked: Asked, latencies: Latencies, rng: Random) -> Step:
    answer = asked.item.flagship
    return answered("flagship", answer, answer.latency_ms or rng.choice(latencies.flagship))


def _failed(tier: str, model: str, status: Status) -> Step:
    """An attempt without an answer. What a time-out cost nobody knows; the others are not billed."""
    late = status == "timeout"
    latency = TIMEOUT_MS if late else REFUSED_AT_ONCE_MS
    cost = None if late else 0.0
    return Step(Attempt(tier=tier, model=model, status=status, cost_usd=cost, latency_ms=latency), None)


def _recorded(asked: Asked, latencies: Latencies, rng: Random) -> list[Step]:
    verdict = judge(asked, latencies, rng)
    steps = [_small(asked, latencies, rng, verdict)]
    if verdict.outcome == "reject":
        steps.append(_flagship(asked, latencies, rng))
    return steps


def _cached(asked: Asked, latencies: Latencies, rng: Random) -> list[Step]:
    hit = Attempt(tier="cache", kind="cache", cost_usd=0.0, latency_ms=float(rng.randrange(2, 12)))
    return [Step(hit, None)]


def _routed(asked: Asked, latencies: Latencies, rng: Random) -> list[Step]:
    return [_flagship(asked, latencies, rng)]


def _fallback(status: Status) -> Course:
    def course(asked: Asked, latencies: Latencies, rng: Random) -> list[Step]:
        return [_failed("small", asked.item.cheap.model, status), _flagship(asked, latencies, rng)]

    return course


def _judge_failed(outcome: Outcome) -> Course:
    def course(asked: Asked, latencies: Latencies, rng: Random) -> list[Step]:
        if asked.item.score is None:  # the format check is a local function that cannot fail
            return _recorded(asked, latencies, rng)
        latency = TIMEOUT_MS if outcome == "timeout" else rng.choice(latencies.verifier)
        verdict = Verdict(outcome, scenario.VERIFIER, "agreement", cost_usd=0.0, latency_ms=latency)
        return [_small(asked, latencies, rng, verdict), _flagship(asked, latencies, rng)]

    return course


def _retried(asked: Asked, latencies: Latencies, rng: Random) -> list[Step]:
    return [_failed("small", asked.item.cheap.model, "error"), *_recorded(asked, latencies, rng)]


def _unverified(asked: Asked, latencies: Latencies, rng: Random) -> list[Step]:
    return [_small(asked, latencies, rng, Verdict("skipped"))]


def _exhausted(asked: Asked, latencies: Latencies, rng: Random) -> list[Step]:
    """Rejected, and nobody above to ask: the rejected answer is served; accepted ones end as usual."""
    return _recorded(asked, latencies, rng)[:1]


def _unanswered(asked: Asked, latencies: Latencies, rng: Random) -> list[Step]:
    item = asked.item
    return [_failed("small", item.cheap.model, "timeout"), _failed("flagship", item.flagship.model, "error")]


ARRANGED: tuple[tuple[float, Course], ...] = (
    (0.016, _cached),
    (0.010, _routed),
    (0.004, _fallback("rate_limited")),
    (0.003, _fallback("timeout")),
    (0.002, _fallback("error")),
    (0.001, _fallback("refused")),
    (0.0015, _judge_failed("error")),
    (0.0010, _judge_failed("timeout")),
    (0.0005, _judge_failed("unparseable")),
    (0.004, _retried),
    (0.004, _unverified),
    (0.002, _exhausted),
    (0.001, _unanswered),
)
_EDGES = tuple(accumulate(share for share, _ in ARRANGED))
_COURSES = (*(course for _, course in ARRANGED), _recorded)
