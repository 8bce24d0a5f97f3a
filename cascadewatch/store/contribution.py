"""What one row adds to the measures: the integers of metrics/measures.py, in their order."""

from collections.abc import Sequence

from cascadewatch.store.rows import NOT_PRICEABLE
from cascadewatch.store.rowtypes import AttemptRow, EventRow, LabelRow


def time_before(attempts: Sequence[AttemptRow], served: int) -> float | None:
    """Milliseconds of everything before the serving attempt; None where one is not known."""
    total = 0.0
    for a in attempts[:served]:
        if a.latency_ms is None:
            return None
        total += a.latency_ms + (a.verify_latency_ms or 0.0)
    return total


def label_sums(e: EventRow, x: LabelRow, in_force: bool) -> list[int]:
    """LABEL_MEASURES of one label; only one in force has weight."""
    if not in_force:
        return [1, 0, 0, 0, 0, 0]
    weight = round(1000 / x.probability)
    if e.priced != e.priceable:
        return [1, 1, weight, weight * weight, 0, 0]
    return [1, 1, weight, weight * weight, round(e.extra_cost / x.probability), weight]


def event_sums(e: EventRow, attempts: Sequence[AttemptRow]) -> list[int]:
    """EVENT_MEASURES of one event."""
    cause, path = e.cause, e.path
    full = e.priced == e.priceable
    cost = e.cost_cheap + e.cost_verify + e.cost_escalated + e.cost_fallback + e.cost_routed + e.cost_other
    real = e.comparable and e.flagship_index is not None
    worked_out = e.comparable and e.counterfactual_input is not None
    averaged = e.comparable - real - worked_out
    even = int(e.judged and full)
    extra = e.extra_cost if e.escalated else 0
    return [
        1, e.completed, e.judged, e.escalated, int(e.escalated and e.escalations > 1), e.escalations,
        e.exhausted, int(cause is not None), int(cause == "error"), int(cause == "timeout"),
        int(cause == "refused"), int(cause == "rate_limited"), int(cause == "judge"),
        int(cause == "unknown"), int(path == "cached"), int(path == "routed"), int(path == "accepted"),
        int(path == "unverified"), _accepted(e, attempts), int(e.retries > 0), e.flagship,
        e.cost_cheap, e.cost_verify, e.cost_escalated, e.cost_fallback, e.cost_routed, e.cost_other,
        e.priceable, e.priced,
        e.comparable, cost if e.comparable else 0,
        *_flagship_sums(e, attempts, int(real), int(worked_out), averaged),
        *_pair_sums(e, attempts),
        even, cost - extra if even else 0, int(even and e.escalated), extra if even else 0,
        *(_flagship_sums(e, attempts, int(real), int(worked_out), averaged) if even else (0, 0, 0, 0, 0, 0)),
    ]  # fmt: skip


def _accepted(e: EventRow, attempts: Sequence[AttemptRow]) -> int:
    return int(e.judged and e.cheap_index is not None and attempts[e.cheap_index].outcome == "accept")


def _flagship_sums(
    e: EventRow, attempts: Sequence[AttemptRow], real: int, worked_out: int, averaged: int
) -> tuple[int, ...]:
    return (
        real, (attempts[e.flagship_index or 0].cost or 0) if real else 0,
        worked_out,
        (e.counterfactual_input or 0) if worked_out else 0,
        (e.counterfactual_output or 0) if worked_out else 0,
        averaged,
    )  # fmt: skip


def _pair_sums(e: EventRow, attempts: Sequence[AttemptRow]) -> tuple[int, ...]:
    """Tokens of the cheap and the flagship answer where one event has both."""
    if e.flagship_index is None or e.cheap_index is None:
        return 0, 0, 0, 0, 0
    cheap, top = attempts[e.cheap_index], attempts[e.flagship_index]
    if None in (cheap.input, cheap.output, top.input, top.output):
        return 0, 0, 0, 0, 0
    return (
        1, _prompt(cheap), cheap.output or 0, _prompt(top), top.output or 0,
    )  # fmt: skip


def _prompt(a: AttemptRow) -> int:
    return (a.input or 0) + (a.cache_read or 0) + (a.cache_write or 0)


def attempt_sums(a: AttemptRow, first: bool, served: bool, last: bool) -> list[int]:
    """ATTEMPT_MEASURES of one attempt."""
    status, outcome = a.status, a.outcome
    known = a.input is not None and a.output is not None
    cache_known = known and a.cache_read is not None
    asked = outcome is not None and a.verify_price_source != NOT_PRICEABLE
    return [
        1, int(first), int(served), int(last),
        int(status == "ok"), int(status == "error"), int(status == "timeout"),
        int(status == "refused"), int(status == "rate_limited"),
        a.cost or 0, 1, int(a.cost is not None),
        int(known), a.input or 0, a.cache_read or 0, a.cache_write or 0, a.output or 0, a.reasoning or 0,
        int(cache_known), _prompt(a) if cache_known else 0,
        int(a.latency_ms is not None), round((a.latency_ms or 0) * 1000),
        int(outcome == "accept"), int(outcome == "reject"), int(outcome == "error"),
        int(outcome == "timeout"), int(outcome == "unparseable"), int(outcome == "skipped"),
        a.verify_cost or 0, int(asked), int(asked and a.verify_cost is not None),
        int(a.verify_latency_ms is not None), round((a.verify_latency_ms or 0) * 1000),
    ]  # fmt: skip
