"""One row of `events` and of `attempts`, as the tables have them."""

from typing import NamedTuple

from cascadewatch.store import tables


class EventRow(NamedTuple):
    """One row of `events`, in the table's column order."""

    seq: int
    source: str
    id: str
    time: int
    received: int
    cascade: str
    route: str
    origin: str
    caller: str | None
    session: str | None
    revision: str | None
    latency_ms: float | None
    path: str
    cause: str | None
    served_tier: str | None
    completed: int
    judged: int
    escalated: int
    escalations: int
    exhausted: int
    retries: int
    flagship: int
    cheap_index: int | None
    served_index: int | None
    flagship_index: int | None
    cost_cheap: int
    cost_verify: int
    cost_escalated: int
    cost_fallback: int
    cost_routed: int
    cost_other: int
    extra_cost: int
    priceable: int
    priced: int
    comparable: int
    counterfactual_input: int | None
    counterfactual_output: int | None
    tags: str | None
    prefix: str | None
    suffix: str | None


class AttemptRow(NamedTuple):
    """One row of `attempts`, in the table's column order."""

    event: int
    position: int
    tier: str
    kind: str
    provider: str | None
    model: str | None
    service_tier: str | None
    status: str
    input: int | None
    cache_read: int | None
    cache_write: int | None
    output: int | None
    reasoning: int | None
    cost: int | None
    price_source: str | None
    latency_ms: float | None
    outcome: str | None
    verifier: str | None
    mechanism: str | None
    score: float | None
    threshold: float | None
    reason: str | None
    verify_provider: str | None
    verify_model: str | None
    verify_service_tier: str | None
    verify_input: int | None
    verify_cache_read: int | None
    verify_cache_write: int | None
    verify_output: int | None
    verify_reasoning: int | None
    verify_cost: int | None
    verify_price_source: str | None
    verify_latency_ms: float | None


class LabelRow(NamedTuple):
    """One label in force or not; `probability` is that of a random sample."""

    attempt: int
    source: str
    correct: int
    sampling: str
    probability: float


assert tuple(c.name for c in tables.events.c) == EventRow._fields
assert tuple(c.name for c in tables.attempts.c) == AttemptRow._fields
