"""What the rows held add to the finest sums, said in SQL, for `verify`.

The writer adds the same up in Python (cells.py, contribution.py). Nothing of that is used here, so that a
mistake there shows.
"""

from typing import Any

from sqlalchemy import ColumnElement, Double, Select, and_, exists, literal_column, null, or_, select

from cascadewatch.metrics.measures import ATTEMPT_MEASURES, CALLER_MEASURES, EVENT_MEASURES, PARTS
from cascadewatch.model import CAUSES
from cascadewatch.store import tables
from cascadewatch.store.rows import NOT_PRICEABLE
from cascadewatch.store.verification.columns import (
    WITHIN,
    a,
    bucket,
    e,
    flag,
    in_order,
    inputs,
    known,
    place,
    spent,
    when,
    whole,
)
from cascadewatch.store.verification.distributions import bins, labels
from cascadewatch.store.verification.names import Fold
from cascadewatch.store.verification.steps import Steps


def expected(family: str, width: int, fold: Fold, steps: Steps) -> list[Select[Any]]:
    """What the events between START and END add under the keys of a family of sums in buckets of `width`
    ms, in the order of its columns; a key may come many times."""
    if family in ("bins", "labels"):
        return bins(width, fold, steps) if family == "bins" else labels(width, fold)
    made = {"events": _events, "attempts": _attempts, "callers": _callers}
    return [made[family](width, fold)]


def _events(width: int, fold: Fold) -> Select[Any]:
    small, top = tables.attempts.alias("small"), tables.attempts.alias("top")
    source = tables.events.outerjoin(
        small, and_(small.c.event == e.seq, small.c.position == e.cheap_index)
    ).outerjoin(top, and_(top.c.event == e.seq, top.c.position == e.flagship_index))
    measures = _event_counts(small.c) | _event_money(small.c, top.c)
    columns = in_order(measures, EVENT_MEASURES)
    return select(*place(width, fold), fold.revision(), *columns).select_from(source).where(WITHIN)


def _event_counts(small: Any) -> dict[str, Any]:
    out: dict[str, Any] = {
        "events": literal_column("1"),
        "double_escalated": flag(and_(e.escalated == 1, e.escalations > 1)),
        "fallbacks": flag(e.cause.is_not(null())),
        "cheap_accepted": flag(and_(e.judged == 1, small.outcome == "accept")),
        "retried": flag(e.retries > 0),
    }
    for name in ("completed", "judged", "escalated", "escalations", "exhausted", "flagship"):
        out[name] = e[name]
    for cause in CAUSES:
        out[f"fallback_{cause}"] = flag(e.cause == cause)
    for path in ("cached", "routed", "accepted", "unverified"):
        out[path] = flag(e.path == path)
    return out


def _event_money(small: Any, top: Any) -> dict[str, Any]:
    real, counted = e.flagship_index.is_not(null()), e.counterfactual_input.is_not(null())
    comparable = e.comparable == 1
    even = and_(e.judged == 1, e.priced == e.priceable)
    after = when(e.escalated == 1, e.extra_cost)
    told = [n.is_not(null()) for n in (small.input, small.output, top.input, top.output)]
    pair = and_(real, e.cheap_index.is_not(null()), *told)
    out: dict[str, Any] = {f"cost_{part}": e[f"cost_{part}"] for part in PARTS}
    out |= {
        "priceable": e.priceable,
        "priced": e.priced,
        "comparable": e.comparable,
        "comparable_cost": when(comparable, spent()),
        "pairs": flag(pair),
        "pair_cheap_input": when(pair, inputs(small)),
        "pair_cheap_output": when(pair, small.output),
        "pair_flagship_input": when(pair, inputs(top)),
        "pair_flagship_output": when(pair, top.output),
        "even": flag(even),
        "even_cheap": when(even, spent() - after),
        "even_escalated": flag(and_(even, e.escalated == 1)),
        "even_after": when(even, after),
    }
    for prefix, counts in (("", comparable), ("even_", and_(comparable, even))):
        out |= {
            f"{prefix}real": flag(and_(counts, real)),
            f"{prefix}real_cost": when(and_(counts, real), known(top.cost)),
            f"{prefix}counterfactual": flag(and_(counts, counted)),
            f"{prefix}counterfactual_input": when(and_(counts, counted), e.counterfactual_input),
            f"{prefix}counterfactual_output": when(and_(counts, counted), e.counterfactual_output),
            f"{prefix}averaged": when(counts, literal_column("1") - flag(real) - flag(counted)),
        }
    return out


def _attempts(width: int, fold: Fold) -> Select[Any]:
    at = [fold.revision(), a.tier, fold.name("model", a.model), fold.name("verifier", a.verifier)]
    columns = in_order(_attempt_counts() | _attempt_money(), ATTEMPT_MEASURES)
    source = tables.events.join(tables.attempts, a.event == e.seq)
    return select(*place(width, fold), *at, *columns).select_from(source).where(WITHIN)


def _attempt_counts() -> dict[str, Any]:
    other = tables.attempts.alias("other")
    of_it = other.c.event == a.event
    tried = exists().where(of_it, other.c.position < a.position, other.c.tier == a.tier)
    later = exists().where(of_it, other.c.position > a.position)
    out: dict[str, Any] = {
        "attempts": literal_column("1"),
        "reached": flag(or_(a.position == 0, ~tried)),
        "served": flag(a.position == e.served_index),
        "ended": flag(~later),
        "latency_known": flag(a.latency_ms.is_not(null())),
        "latency_us": _microseconds(a.latency_ms),
        "verify_latency_known": flag(a.verify_latency_ms.is_not(null())),
        "verify_latency_us": _microseconds(a.verify_latency_ms),
    }
    for status in ("ok", "error", "timeout", "refused", "rate_limited"):
        out[status] = flag(a.status == status)
    for outcome in ("accept", "reject", "skipped"):
        out[outcome] = flag(a.outcome == outcome)
    for failure in ("error", "timeout", "unparseable"):
        out[f"judge_{failure}"] = flag(a.outcome == failure)
    return out


def _microseconds(milliseconds: Any) -> ColumnElement[int]:
    return known(whole(milliseconds * literal_column("1000.0", Double)))


def _attempt_money() -> dict[str, Any]:
    tokens = and_(a.input.is_not(null()), a.output.is_not(null()))
    cached = and_(tokens, a.cache_read.is_not(null()))
    asked = and_(a.outcome.is_not(null()), a.verify_price_source.is_distinct_from(NOT_PRICEABLE))
    out: dict[str, Any] = {
        "cost": known(a.cost),
        "priceable": literal_column("1"),
        "priced": flag(a.cost.is_not(null())),
        "tokens_known": flag(tokens),
        "cache_known": flag(cached),
        "cache_known_prompt": when(cached, inputs(a)),
        "verify_cost": known(a.verify_cost),
        "verify_priceable": flag(asked),
        "verify_priced": flag(and_(asked, a.verify_cost.is_not(null()))),
    }
    return out | {n: known(a[n]) for n in ("input", "cache_read", "cache_write", "output", "reasoning")}


def _callers(width: int, fold: Fold) -> Select[Any]:
    measures: dict[str, Any] = {"events": literal_column("1"), "cost": spent()}
    for name in ("judged", "escalated", "extra_cost", "priceable", "priced"):
        measures[name] = e[name]
    key = [e.cascade, e.origin, bucket(width), fold.name("caller", e.caller)]
    columns = in_order(measures, CALLER_MEASURES)
    return select(*key, *columns).where(WITHIN, e.caller.is_not(null()))
