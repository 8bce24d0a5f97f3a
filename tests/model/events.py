"""Events for tests: by hand, or drawn freely within what a sender may say."""

from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from cascadewatch.model import Attempt, Event, Label, Outcome, TierOrder, Usage, Verdict
from cascadewatch.moments import utc

NOON = 1_795_262_400_000  # 2026-11-21 12:00 UTC
KINDS = {"cache": "cache", "rules": "rule", "person": "human"}  # every other tier is a model
MODELS = {"small": "small-1", "middle": "middle-1", "flagship": "flagship-1"}
THREE = TierOrder(
    ("cache", "rules", "small", "middle", "flagship", "person"), cheap="small", flagship="flagship"
)
TWO = TierOrder(("small", "flagship"), cheap="small", flagship="flagship")


def moment(millis: int) -> datetime:
    return utc(millis)


def attempt(tier: str, outcome: Outcome | None = None, **fields: Any) -> Attempt:
    """One attempt; its verdict is a rule's, which costs nothing."""
    fields.setdefault("kind", KINDS.get(tier, "model"))
    verdict = None
    if outcome is not None:
        verdict = Verdict(outcome, verifier="format", mechanism="rule", latency_ms=5)
    fields.setdefault("verdict", verdict)
    fields.setdefault("model", MODELS.get(tier))
    return Attempt(tier, **fields)


def event(name: str, *attempts: Attempt, at: int = NOON, **fields: Any) -> Event:
    """An event of the cascade `support`."""
    fields.setdefault("cascade", "support")
    return Event(id=name, time=moment(at), attempts=list(attempts), **fields)


def accepted(name: str, at: int = NOON, **fields: Any) -> Event:
    """Answered by the cheap tier: 1 micro-dollar."""
    return event(name, attempt("small", "accept", cost_usd=1e-6, latency_ms=300), at=at, **fields)


def escalated(name: str, at: int = NOON, **fields: Any) -> Event:
    """Rejected and answered by the flagship: 21 micro-dollars."""
    first = attempt("small", "reject", cost_usd=1e-6, latency_ms=300)
    return event(name, first, attempt("flagship", cost_usd=2e-5, latency_ms=900), at=at, **fields)


def outcomes() -> st.SearchStrategy[Outcome | None]:
    said: list[Outcome | None] = ["accept", "reject", "accept", "reject", "error", "timeout", "unparseable"]
    return st.sampled_from([*said, "skipped", None])


@st.composite
def verdicts(draw: st.DrawFn) -> Verdict | None:
    outcome = draw(outcomes())
    if outcome is None:
        return None
    return Verdict(
        outcome,
        verifier=draw(st.sampled_from(["format", "judge-2", None])),
        mechanism=draw(st.sampled_from(["rule", "judge", "agreement", None])),
        score=draw(st.sampled_from([None, 0.0, 0.41, 1.0, 7.5])),
        reason=draw(st.sampled_from([None, "low_score", "format"])),
        cost_usd=draw(st.sampled_from([None, 0.0, 2e-6])),
        latency_ms=draw(st.sampled_from([None, 12.5])),
    )


@st.composite
def attempts(draw: st.DrawFn, tiers: tuple[str, ...]) -> Attempt:
    tier = draw(st.sampled_from(tiers))
    count = st.one_of(st.none(), st.integers(0, 2_000))
    return attempt(
        tier,
        status=draw(st.sampled_from(["ok", "ok", "ok", "error", "timeout", "refused", "rate_limited"])),
        usage=draw(st.one_of(st.none(), st.builds(Usage, input=count, cache_read=count, output=count))),
        cost_usd=draw(st.sampled_from([None, None, 0.0, 3e-5])),
        latency_ms=draw(st.sampled_from([None, 0.0, 250.0, 1_800.25])),
        verdict=draw(verdicts()),
    )


TIERS = ("small", "small", "middle", "flagship", "cache", "rules", "person", "unheard-of")


@st.composite
def lists_of_events(
    draw: st.DrawFn, most: int = 6, tiers: tuple[str, ...] = TIERS, times: tuple[int, ...] = (NOON,)
) -> list[Event]:
    """Events with different ids, in any order of time."""
    return [
        event(
            f"e-{number}",
            *draw(st.lists(attempts(tiers), min_size=1, max_size=4)),
            at=draw(st.sampled_from(times)) + draw(st.integers(0, 3_600_000)),
            route=draw(st.sampled_from(["default", "faq", "billing"])),
            revision=draw(st.sampled_from([None, "r1", "r2"])),
            caller=draw(st.sampled_from([None, "tenant-1", "tenant-2"])),
            completed=draw(st.sampled_from([None, None, False])),
        )
        for number in range(draw(st.integers(0, most)))
    ]


@st.composite
def labels(draw: st.DrawFn, of: Event) -> Label:
    """Anybody's word on one attempt of the event."""
    return Label(
        draw(st.integers(0, len(of.attempts) - 1)),
        draw(st.booleans()),
        draw(st.sampled_from(["human", "executable", "user", "judge"])),
        draw(st.sampled_from(["random", "selected"])),
        draw(st.sampled_from([1.0, 0.25])),
    )
