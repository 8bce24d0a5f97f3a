"""One request through a cascade, as it arrives and as everything inside reads it.

An `Event` has ordered `Attempt`s; each may carry a `Verdict`. `derive` turns an event and the
order of its cascade's tiers into `Facts`: the words of docs/events.md, computed once, stored as
columns, never computed a second way.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct

from cascadewatch.moments import epoch_ms

ID_LENGTH = 128
NAME_LENGTH = 128
MAX_ATTEMPTS = 16
MAX_TAGS = 16
FUTURE_MS = 5 * 60_000  # clocks of honest senders differ by less
MOST_TOKENS = 100_000_000

Kind = Literal["cache", "rule", "model", "human"]
Status = Literal["ok", "error", "timeout", "refused", "rate_limited"]
Outcome = Literal["accept", "reject", "error", "timeout", "unparseable", "skipped"]
Mechanism = Literal["schema", "rule", "tests", "confidence", "agreement", "judge", "human"]
LabelSource = Literal["human", "executable", "user", "judge"]
Sampling = Literal["random", "selected"]
Path = Literal["cached", "routed", "escalated", "fallback", "accepted", "unverified"]

PATHS: tuple[Path, ...] = ("cached", "routed", "escalated", "fallback", "accepted", "unverified")
CAUSES = ("error", "timeout", "refused", "rate_limited", "judge", "unknown")
JUDGE_FAILURES = frozenset({"error", "timeout", "unparseable"})
FREE_MECHANISMS = frozenset({"schema", "rule", "tests"})  # their verdicts cost 0 unless said
LABEL_PRECEDENCE: tuple[LabelSource, ...] = ("human", "executable", "user", "judge")

Count = Annotated[int, Meta(ge=0, le=MOST_TOKENS)]
Usd = Annotated[float, Meta(ge=0, le=10_000)]
Millis = Annotated[float, Meta(ge=0, le=604_800_000)]
Name = Annotated[str, Meta(min_length=1)]


class Usage(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Tokens in disjoint buckets, except that `reasoning` is part of `output`. None: not known."""

    input: Count | None = None
    cache_read: Count | None = None
    cache_write: Count | None = None
    output: Count | None = None
    reasoning: Count | None = None

    @property
    def prompt(self) -> int | None:
        """All input tokens, cached or not; None when `input` is unknown."""
        if self.input is None:
            return None
        return self.input + (self.cache_read or 0) + (self.cache_write or 0)


class Verdict(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """What the verifier said of one attempt. A judge failure is never a reject."""

    outcome: Outcome
    verifier: Name | None = None
    mechanism: Mechanism | None = None
    score: float | None = None
    threshold: float | None = None
    reason: Name | None = None
    provider: Name | None = None
    model: Name | None = None
    service_tier: Name | None = None
    usage: Usage | None = None
    cost_usd: Usd | None = None
    latency_ms: Millis | None = None


class Attempt(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One tier answering once."""

    tier: Name
    kind: Kind = "model"
    provider: Name | None = None
    model: Name | None = None
    service_tier: Name | None = None
    status: Status = "ok"
    usage: Usage | None = None
    cost_usd: Usd | None = None
    latency_ms: Millis | None = None
    verdict: Verdict | None = None


class Label(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Somebody's word on whether one attempt's answer was right."""

    attempt: Annotated[int, Meta(ge=0, lt=MAX_ATTEMPTS)]
    correct: bool
    source: LabelSource
    sampling: Sampling = "selected"
    probability: Annotated[float, Meta(ge=0.001, le=1)] = 1.0
    time: Annotated[datetime, Meta(tz=True)] | None = None


class Text(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Prompt and answers; dropped at the door unless the cascade says `store_text = true`."""

    prompt: str | None = None
    answers: list[str | None] = []


class Fingerprints(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Keyed hashes of the first and last characters of the prompt, made by the sender."""

    prefix: Name | None = None
    suffix: Name | None = None


class Event(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One request through a cascade, as sent (docs/events.md)."""

    id: Annotated[str, Meta(min_length=1, max_length=ID_LENGTH)]
    time: Annotated[datetime, Meta(tz=True)]
    cascade: Name
    attempts: Annotated[list[Attempt], Meta(min_length=1, max_length=MAX_ATTEMPTS)]
    route: Name = "default"
    caller: Name | None = None
    session: Name | None = None
    revision: Name | None = None
    latency_ms: Millis | None = None
    completed: bool | None = None
    labels: list[Label] = []
    fingerprints: Fingerprints | None = None
    tags: Annotated[dict[str, str], Meta(max_length=MAX_TAGS)] | None = None
    text: Text | None = None

    @property
    def millis(self) -> int:
        """Time of the request in UTC epoch milliseconds."""
        return epoch_ms(self.time)


_canonical = msgspec.msgpack.Encoder(order="deterministic").encode


def digest(event: Event) -> bytes:
    """16 bytes that are equal exactly for events that say the same.

    Over the decoded event with defaults filled, UTC milliseconds and the raw caller; labels and
    text are left out, since they may follow later or be dropped.
    """
    e = event
    said = (e.id, e.millis, e.cascade, e.route, e.caller, e.session, e.revision, e.latency_ms,
            is_completed(e), e.attempts, e.fingerprints, e.tags or None)  # fmt: skip
    return blake2b(_canonical(said), digest_size=16).digest()


def is_completed(event: Event) -> bool:
    """What the sender said, else whether some attempt was ok."""
    if event.completed is not None:
        return event.completed
    return "ok" in [a.status for a in event.attempts]


class TierOrder(NamedTuple):
    """A cascade's tiers, cheapest first. `cheap` and `flagship` are the first and last of kind
    `model`; `flagship` is None until two of that kind are known."""

    names: tuple[str, ...]
    cheap: str | None
    flagship: str | None

    def above(self, tier: str, other: str | None) -> bool:
        """Whether `tier` stands higher than `other`; an unknown tier stands nowhere."""
        names = self.names
        if tier == other or other not in names or tier not in names:
            return False
        return names.index(tier) > names.index(other)


class Facts(NamedTuple):
    """What one event means; the words are those of docs/events.md."""

    path: Path
    cause: str | None  # of a fallback: the attempt's status, `judge`, or `unknown`
    served_tier: str | None
    judged: bool
    escalated: bool
    escalations: int  # hops: a reject whose next attempt is of a higher tier
    exhausted: bool
    completed: bool
    retries: int
    flagship: bool  # the flagship was tried
    cheap_index: int | None  # the last cheap-tier attempt
    served_index: int | None


class Shape(NamedTuple):
    """What of an attempt its event's facts depend on."""

    tier: str
    kind: Kind
    status: Status
    outcome: Outcome | None


def derive(event: Event, order: TierOrder) -> Facts:
    """The facts of one event under the given order of tiers."""
    shapes = [(a.tier, a.kind, a.status, a.verdict and a.verdict.outcome) for a in event.attempts]
    return _facts(tuple(shapes), event.completed, order)


@lru_cache(maxsize=10_000)  # a cascade's events have few shapes
def _facts(shapes: tuple[tuple[Any, ...], ...], completed: bool | None, order: TierOrder) -> Facts:
    attempts = [Shape(*shape) for shape in shapes]
    cheap_index = _last_of(attempts, order.cheap)
    served_index = _served(attempts)
    cheap = attempts[cheap_index] if cheap_index is not None else None
    served = attempts[served_index] if served_index is not None else None
    outcome = cheap.outcome if cheap is not None else None
    follows = cheap_index is not None and _higher_follows(attempts, cheap_index, order)
    judged = outcome in ("accept", "reject")
    escalated = outcome == "reject" and follows
    cause = _cause(cheap) if cheap is not None and follows and not judged else None
    return Facts(
        path=_path(attempts, order, served, escalated, cause, cheap),
        cause=cause,
        served_tier=served.tier if served is not None else None,
        judged=judged,
        escalated=escalated,
        escalations=_hops(attempts, order),
        exhausted=judged and attempts[-1].outcome == "reject",
        completed=completed if completed is not None else served_index is not None,
        retries=len(attempts) - len({a.tier for a in attempts}),
        flagship=order.flagship is not None and _last_of(attempts, order.flagship) is not None,
        cheap_index=cheap_index,
        served_index=served_index,
    )


def _last_of(attempts: Sequence[Shape], tier: str | None) -> int | None:
    for i in range(len(attempts) - 1, -1, -1):
        if attempts[i].tier == tier:
            return i
    return None


def _served(attempts: Sequence[Shape]) -> int | None:
    """The answer the user got: that of the last attempt that gave one."""
    for i in range(len(attempts) - 1, -1, -1):
        if attempts[i].status == "ok":
            return i
    return None


def _higher_follows(attempts: Sequence[Shape], index: int, order: TierOrder) -> bool:
    tier = attempts[index].tier
    return any(order.above(a.tier, tier) for a in attempts[index + 1 :])


def _cause(attempt: Shape) -> str:
    if attempt.status != "ok":
        return attempt.status
    return "judge" if attempt.outcome in JUDGE_FAILURES else "unknown"


def _hops(attempts: Sequence[Shape], order: TierOrder) -> int:
    return sum(a.outcome == "reject" and order.above(b.tier, a.tier) for a, b in pairwise(attempts))


def _path(
    attempts: Sequence[Shape],
    order: TierOrder,
    served: Shape | None,
    escalated: bool,
    cause: str | None,
    cheap: Shape | None,
) -> Path:
    """The first path that applies; `unverified` also holds what no other word fits, such as an
    answer served although it was rejected, or an event in which nothing answered."""
    if served is not None and served.kind == "cache":
        return "cached"
    if cheap is None and any(order.above(a.tier, order.cheap) for a in attempts):
        return "routed"
    if escalated:
        return "escalated"
    if cause is not None:
        return "fallback"
    return "accepted" if cheap is not None and cheap.outcome == "accept" else "unverified"
