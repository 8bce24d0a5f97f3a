"""What rows add to the measures: the integers of metrics/measures.py, in their order."""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

from cascadewatch.metrics.measures import PARTS
from cascadewatch.store.rows import NOT_PRICEABLE
from cascadewatch.store.rowtypes import AttemptRow, EventRow

Key = tuple[Any, ...]


def time_before(attempts: Sequence[AttemptRow], served: int) -> float | None:
    """Milliseconds of everything before the serving attempt; None where one is not known."""
    total = 0.0
    for a in attempts[:served]:
        if a.latency_ms is None or (a.outcome is not None and a.verify_latency_ms is None):
            return None
        total += a.latency_ms + (a.verify_latency_ms or 0.0)
    return total


def label_sums(e: EventRow, probability: float | None) -> list[int]:
    """LABEL_MEASURES of one label; `probability` None: it is not in force, and has no weight."""
    if probability is None:
        return [1, 0, 0, 0, 0, 0]
    weight = round(1000 / probability)
    if e.priced != e.priceable:
        return [1, 1, weight, weight * weight, 0, 0]
    return [1, 1, weight, weight * weight, round(e.extra_cost / probability), weight]


def _columns(row: type[EventRow | AttemptRow], first: str, after: str) -> Callable[[Any], Key]:
    """Takes the columns from one up to another out of a row; they stand side by side."""
    return itemgetter(slice(row._fields.index(first), row._fields.index(after)))


_facts = _columns(EventRow, "path", "cost_cheap")
_costs = _columns(EventRow, "cost_cheap", "priceable")  # the parts and extra_cost
_coverage = _columns(EventRow, "priceable", "counterfactual_input")
_counterfactual = _columns(EventRow, "counterfactual_input", "tags")
_tokens_and_cost = _columns(AttemptRow, "input", "price_source")


def event_kind(e: EventRow, attempts: Sequence[AttemptRow]) -> Key:
    """What events have in common whose numbers need only be added up. There are few kinds, so that
    what follows from the facts is worked out once for many events."""
    accepted = e.judged and e.cheap_index is not None and attempts[e.cheap_index].outcome == "accept"
    return _facts(e), _coverage(e), e.counterfactual_input is not None, accepted


def event_numbers(e: EventRow, attempts: Sequence[AttemptRow]) -> Key:
    """What is added up of an event: its costs, the counterfactual, and what the flagship did."""
    numbers = _costs(e) + _counterfactual(e)
    return numbers if e.flagship_index is None else numbers + _flagship_numbers(e, attempts)


def _flagship_numbers(e: EventRow, attempts: Sequence[AttemptRow]) -> tuple[int, ...]:
    """The cost of its answer; then, where one event has both, tokens of the cheap answer and of it."""
    top = attempts[e.flagship_index or 0]
    cheap = None if e.cheap_index is None else attempts[e.cheap_index]
    if cheap is None or None in (cheap.input, cheap.output, top.input, top.output):
        return top.cost or 0, 0, 0, 0, 0, 0
    return top.cost or 0, 1, _prompt(cheap), cheap.output or 0, _prompt(top), top.output or 0


def event_sums(kind: Key, numbers: Sequence[Key]) -> list[int]:
    """EVENT_MEASURES of some events of one kind."""
    facts, (priceable, priced, comparable), worked_out, accepted = kind
    path, cause, _, completed, judged, escalated, hops, exhausted, retries, flagship, _, _, top = facts
    n, columns = len(numbers), list(zip(*numbers, strict=True))
    costs = [sum(column) for column in columns[: len(PARTS)]]
    cost, extra = sum(costs), sum(columns[len(PARTS)]) if escalated else 0
    real_cost, *pairs = map(sum, columns[-6:]) if top is not None else (0, 0, 0, 0, 0, 0)
    counterfactual = map(sum, columns[len(PARTS) + 1 :][:2]) if worked_out else (0, 0)
    real, reckoned = n * (top is not None), n * worked_out
    flagship_only = [real, real_cost, reckoned, *counterfactual, n - real - reckoned]
    even = judged and priced == priceable
    return [
        n, n * completed, n * judged, n * escalated, n * (escalated and hops > 1), n * hops,
        n * exhausted, n * (cause is not None), n * (cause == "error"), n * (cause == "timeout"),
        n * (cause == "refused"), n * (cause == "rate_limited"), n * (cause == "judge"),
        n * (cause == "unknown"), n * (path == "cached"), n * (path == "routed"), n * (path == "accepted"),
        n * (path == "unverified"), n * accepted, n * (retries > 0), n * flagship,
        *costs, n * priceable, n * priced,
        n * comparable, cost if comparable else 0,
        *(flagship_only if comparable else _NO_FLAGSHIP_ONLY),
        *pairs,
        n * even, cost - extra if even else 0, n * (even and escalated), extra if even else 0,
        *(flagship_only if comparable and even else _NO_FLAGSHIP_ONLY),
    ]  # fmt: skip


_NO_FLAGSHIP_ONLY = (0, 0, 0, 0, 0, 0)


def _prompt(a: AttemptRow) -> int:
    return (a.input or 0) + (a.cache_read or 0) + (a.cache_write or 0)


def attempt_kind(a: AttemptRow, first: bool, served: bool, last: bool) -> Key:
    """What attempts have in common whose numbers need only be added up."""
    outcome = a.outcome
    tokens = a.input is not None and a.output is not None
    asked = outcome is not None and a.verify_price_source != NOT_PRICEABLE
    return (
        first, served, last, a.status, outcome,
        tokens, tokens and a.cache_read is not None, a.cost is not None, a.latency_ms is not None,
        asked, asked and a.verify_cost is not None, a.verify_latency_ms is not None,
    )  # fmt: skip


def attempt_numbers(a: AttemptRow) -> Key:
    """What is added up of an attempt; None for what is not known."""
    return *_tokens_and_cost(a), a.verify_cost, a.latency_ms, a.verify_latency_ms


def attempt_sums(kind: Key, numbers: Sequence[Key]) -> list[int]:
    """ATTEMPT_MEASURES of some attempts of one kind."""
    first, served, last, status, outcome, *known = kind
    tokens, cache, cost, latency, asked, verify_cost, verify_latency = known
    n, (*counts, latencies, verify_latencies) = len(numbers), zip(*numbers, strict=True)
    prompt, read, write, output, reasoning, paid, verified = (sum(filter(None, c)) for c in counts)
    return [
        n, n * first, n * served, n * last,
        n * (status == "ok"), n * (status == "error"), n * (status == "timeout"),
        n * (status == "refused"), n * (status == "rate_limited"),
        paid, n, n * cost,
        n * tokens, prompt, read, write, output, reasoning,
        n * cache, prompt + read + write if cache else 0,
        n * latency, _microseconds(latencies),
        n * (outcome == "accept"), n * (outcome == "reject"), n * (outcome == "error"),
        n * (outcome == "timeout"), n * (outcome == "unparseable"), n * (outcome == "skipped"),
        verified, n * asked, n * verify_cost,
        n * verify_latency, _microseconds(verify_latencies),
    ]  # fmt: skip


def _microseconds(latencies: Iterable[float | None]) -> int:
    return sum([round(ms * 1000) for ms in latencies if ms])


def caller_numbers(e: EventRow) -> Key:
    """What is added up of an event for its caller."""
    return e.judged, e.escalated, *_costs(e), e.priceable, e.priced


def caller_sums(numbers: Sequence[Key]) -> list[int]:
    """CALLER_MEASURES of some events of one caller."""
    judged, escalated, *parts, extra, priceable, priced = map(sum, zip(*numbers, strict=True))
    return [len(numbers), judged, escalated, sum(parts), extra, priceable, priced]
