"""The event behind stored rows, to derive and price it anew."""

from collections.abc import Sequence

import msgspec

from cascadewatch.model import Attempt, Event, Fingerprints, Usage, Verdict
from cascadewatch.moments import utc
from cascadewatch.store.rowtypes import AttemptRow, EventRow


def event_of(row: EventRow, attempts: Sequence[AttemptRow]) -> Event:
    """The event behind stored rows, with computed costs taken out again, so that it can be
    derived and priced anew. Caller and session come back as stored."""
    return Event(
        id=row.id,
        time=utc(row.time),
        cascade=row.cascade,
        route=row.route,
        caller=row.caller,
        session=row.session,
        revision=row.revision,
        latency_ms=row.latency_ms,
        completed=bool(row.completed),
        attempts=[_attempt_of(a) for a in attempts],
        fingerprints=Fingerprints(row.prefix, row.suffix) if row.prefix or row.suffix else None,
        tags=msgspec.json.decode(row.tags) if row.tags else None,
    )


def _attempt_of(a: AttemptRow) -> Attempt:
    verdict = None
    if a.outcome is not None:
        verdict = Verdict(
            a.outcome, a.verifier, a.mechanism, a.score, a.threshold, a.reason,  # type: ignore[arg-type]
            a.verify_provider, a.verify_model, a.verify_service_tier,
            _usage(a.verify_input, a.verify_cache_read, a.verify_cache_write, a.verify_output,
                   a.verify_reasoning),
            _reported(a.verify_cost, a.verify_price_source), a.verify_latency_ms,
        )  # fmt: skip
    return Attempt(
        a.tier, a.kind, a.provider, a.model, a.service_tier, a.status,  # type: ignore[arg-type]
        _usage(a.input, a.cache_read, a.cache_write, a.output, a.reasoning),
        _reported(a.cost, a.price_source), a.latency_ms, verdict,
    )  # fmt: skip


def _usage(*counts: int | None) -> Usage | None:
    return Usage(*counts) if any(c is not None for c in counts) else None


def _reported(cost: int | None, source: str | None) -> float | None:
    return cost / 1e9 if source == "reported" and cost is not None else None
