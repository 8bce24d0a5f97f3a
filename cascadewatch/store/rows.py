"""An event as rows. Everything derived is derived here, once, on the way in."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from cascadewatch import pricing
from cascadewatch.model import Attempt, Event, Facts, TierOrder, Usage, Verdict, derive
from cascadewatch.store.rowtypes import AttemptRow, EventRow

NOT_PRICEABLE = "none"  # price_source of a verdict that needs no price


class Flagship(NamedTuple):
    """Whose price the counterfactual uses."""

    provider: str | None
    model: str | None


class Rows(NamedTuple):
    """One event and its attempts, ready to insert."""

    event: EventRow
    attempts: list[AttemptRow]


class Context(NamedTuple):
    """What an event's rows depend on besides the event."""

    order: TierOrder
    flagship: Flagship | None
    book: pricing.PriceBook
    pseudonym: Callable[[str | None], str | None]  # of callers and sessions


_NO_USAGE = Usage()
_NO_VERDICT = (None,) * 17
_tuple = tuple.__new__  # a third of the time of the keyword constructor of so wide a row
_tags = msgspec.json.Encoder(order="deterministic").encode


def build(event: Event, seq: int, source: str, received: int, origin: str, context: Context) -> Rows:
    """The rows of one event under the given order and prices."""
    time = event.millis
    attempts = [_attempt_row(seq, i, a, time, context.book) for i, a in enumerate(event.attempts)]
    return Rows(event_row(event, attempts, seq, source, received, origin, context), attempts)


def event_row(
    event: Event,
    attempts: Sequence[AttemptRow],
    seq: int,
    source: str,
    received: int,
    origin: str,
    context: Context,
) -> EventRow:
    """The event's own row, derived from its attempts as they were priced."""
    facts = derive(event, context.order)
    flagship_index = _flagship_index(attempts, context.order.flagship)
    time, fingerprints = event.millis, event.fingerprints
    return _tuple(EventRow, (
        seq, source, event.id, time, received, event.cascade, event.route, origin,
        context.pseudonym(event.caller), context.pseudonym(event.session), event.revision,
        _latency(event, attempts),
        *fact_columns(facts), flagship_index,
        *_money_columns(facts, attempts, flagship_index, time, context),
        _tags(event.tags).decode() if event.tags else None,
        fingerprints.prefix if fingerprints else None,
        fingerprints.suffix if fingerprints else None,
    ))  # fmt: skip


def _latency(event: Event, attempts: Sequence[AttemptRow]) -> float | None:
    """As reported, else the sum of all attempts and verdicts when each is known."""
    if event.latency_ms is not None:
        return event.latency_ms
    total = 0.0
    for a in attempts:
        if a.latency_ms is None or (a.outcome is not None and a.verify_latency_ms is None):
            return None
        total += a.latency_ms + (a.verify_latency_ms or 0.0)
    return total


@lru_cache(maxsize=10_000)
def fact_columns(facts: Facts) -> tuple[Any, ...]:
    """The facts as columns of `events`, from `path` to `served_index`."""
    return (
        facts.path, facts.cause, facts.served_tier, int(facts.completed), int(facts.judged),
        int(facts.escalated), facts.escalations, int(facts.exhausted), facts.retries,
        int(facts.flagship), facts.cheap_index, facts.served_index,
    )  # fmt: skip


def _attempt_row(seq: int, position: int, a: Attempt, time: int, book: pricing.PriceBook) -> AttemptRow:
    price = pricing.attempt_cost(a, time, book)
    usage = a.usage or _NO_USAGE
    verdict = _NO_VERDICT if a.verdict is None else _verdict_columns(a.verdict, time, book)
    return _tuple(AttemptRow, (
        seq, position, a.tier, a.kind, a.provider, a.model, a.service_tier, a.status,
        usage.input, usage.cache_read, usage.cache_write, usage.output, usage.reasoning,
        price.cost, price.source, a.latency_ms, *verdict,
    ))  # fmt: skip


def _verdict_columns(v: Verdict, time: int, book: pricing.PriceBook) -> tuple[Any, ...]:
    price = pricing.verdict_cost(v, time, book)
    usage = v.usage or _NO_USAGE
    cost, source = (None, NOT_PRICEABLE) if price is None else price
    return (
        v.outcome, v.verifier, v.mechanism, v.score, v.threshold, v.reason, v.provider, v.model,
        v.service_tier, usage.input, usage.cache_read, usage.cache_write, usage.output,
        usage.reasoning, cost, source, v.latency_ms,
    )  # fmt: skip


_PART_OF_PATH = {"escalated": 2, "fallback": 3, "routed": 4}  # places in PARTS


def _money_columns(
    facts: Facts, attempts: Sequence[AttemptRow], flagship_index: int | None, time: int, context: Context
) -> tuple[Any, ...]:
    """The six parts of the cost, what came after the cheap tier, and flagship-only."""
    order, cheap, path = context.order, facts.cheap_index, facts.path
    parts = [0, 0, 0, 0, 0, 0]
    extra = priceable = priced = 0
    above = _PART_OF_PATH.get(path, 5)
    for i, a in enumerate(attempts):
        cost, verify = a.cost or 0, a.verify_cost or 0
        if a.tier == order.cheap:
            parts[0] += cost
        else:
            parts[above if order.cheap and order.above(a.tier, order.cheap) else 5] += cost
        priceable += 1
        priced += a.cost is not None
        if a.outcome is not None and a.verify_price_source != NOT_PRICEABLE:
            priceable += 1
            priced += a.verify_cost is not None
            parts[1] += verify
        if cheap is not None and i > cheap:
            extra += cost + verify
    comparable = priced == priceable and path != "cached" and order.flagship is not None
    counterfactual: tuple[int, int] | None = None
    if flagship_index is None and cheap is not None and path != "cached":
        counterfactual = _counterfactual(attempts[cheap], time, context)
    return *parts, extra, priceable, priced, int(comparable), *(counterfactual or (None, None))


def _flagship_index(attempts: Sequence[AttemptRow], flagship: str | None) -> int | None:
    for a in reversed(attempts):
        if a.tier == flagship and a.status == "ok":
            return a.position
    return None


def _counterfactual(cheap: AttemptRow, time: int, context: Context) -> tuple[int, int] | None:
    """What the flagship would have taken for the cheap answer's input and output tokens, at a
    ratio of 1 and served as that answer was (a batch is billed as a batch), in nano-dollars. None where
    tokens or the flagship's price are not known, or where it charges a fee for each request: what is kept
    here is multiplied by ratios of tokens, which a fee does not follow."""
    if context.order.flagship is None or context.flagship is None:
        return None
    if cheap.input is None or cheap.output is None:
        return None
    rates = context.book.rates(context.flagship.model, context.flagship.provider, time, cheap.service_tier)
    if rates is None or rates.request:
        return None
    tokens = cheap.input + (cheap.cache_read or 0) + (cheap.cache_write or 0)
    whole = pricing.cost(rates, Usage(tokens, None, None, cheap.output))
    prompt = pricing.cost(rates, Usage(tokens, None, None, 0))
    return None if whole is None or prompt is None else (prompt, whole - prompt)
