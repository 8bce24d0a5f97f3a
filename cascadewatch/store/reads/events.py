"""Single events, for the drill-down: one by its id, or a page of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, or_, select

from cascadewatch.metrics.coverage import is_event_priced
from cascadewatch.model import Usage
from cascadewatch.moments import rfc3339
from cascadewatch.store import raw, tables
from cascadewatch.store.ingest import identity
from cascadewatch.store.reads.presence import Sought, spans
from cascadewatch.store.rows import NOT_PRICEABLE
from cascadewatch.store.rowtypes import AttemptRow, EventRow
from cascadewatch.store.tables import events

NANO = 1_000_000_000
PAGE = 20


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events a page shows; None: any. Times in epoch ms."""

    cascade: str | None = None
    route: str | None = None
    path: str | None = None
    caller: str | None = None
    start: int | None = None
    end: int | None = None

    @property
    def sought(self) -> Sought:
        """All of it but the range."""
        return Sought(self.cascade, self.route, self.path, self.caller)


@dataclass(frozen=True, slots=True)
class Page:
    """Events, newest first, and where the next page begins (None: there is none)."""

    rows: list[EventRow]
    next: tuple[int, int] | None


def page(
    connection: Connection, which: Filter, before: tuple[int, int] | None = None, size: int = PAGE
) -> Page:
    """One page of events. `before` is the `next` of the page ahead: (time, seq)."""
    sought, end = which.sought, which.end
    conditions = [events.c.origin == "live"]
    conditions += [events.c[name] == value for name, value in sought._asdict().items() if value is not None]
    if before is not None:
        time, seq = before
        end = time + 1 if end is None else min(time + 1, end)
        conditions.append(or_(events.c.time < time, and_(events.c.time == time, events.c.seq < seq)))
    rows: list[EventRow] = []
    for span in spans(connection, sought, which.start, end, size + 1):
        rows += _newest(connection, [*conditions, *_within(*span)], size + 1 - len(rows))
        if len(rows) > size:
            break
    more = len(rows) > size
    rows = rows[:size]
    return Page(rows, (rows[-1].time, rows[-1].seq) if more else None)


def _newest(connection: Connection, conditions: list[ColumnElement[bool]], most: int) -> list[EventRow]:
    statement = select(events).where(*conditions).order_by(events.c.time.desc(), events.c.seq.desc())
    return [EventRow(*r) for r in connection.execute(statement.limit(most))]


def _within(start: int | None, end: int | None) -> Iterator[ColumnElement[bool]]:
    if start is not None:
        yield events.c.time >= start
    if end is not None:
        yield events.c.time < end


def event(connection: Connection, event_id: str, source: str | None = None) -> dict[str, Any] | None:
    """One event with its attempts, labels and facts, JSON-ready; None when it is not held.

    Without `source`, that of any sender: `local` first, then by name.
    """
    table = tables.sources
    known = connection.execute(select(table.c.source).distinct().order_by(table.c.source)).scalars()
    names = [source] if source is not None else sorted(known, key=lambda s: (s != "local", s))
    for name in names:
        key = tables.event_keys.c.key == identity(name, event_id)
        seq = connection.execute(select(tables.event_keys.c.seq).where(key)).scalar()
        if seq is not None:
            held = raw.by_seq(connection, [seq])
            return as_json(connection, held[0]) if held else None
    return None


def as_json(connection: Connection, held: raw.Held) -> dict[str, Any]:
    """An event as it was sent, with what was derived under `facts` and `cost`."""
    e = held.event
    parts = {name.removeprefix("cost_"): getattr(e, name) for name in e._fields if name.startswith("cost_")}
    known = is_event_priced(e._asdict())  # else nothing of it has a price, which is not 0
    costs = {"total": sum(parts.values()), **parts}
    return {
        "id": e.id, "source": e.source, "time": rfc3339(e.time), "received": rfc3339(e.received),
        "cascade": e.cascade, "route": e.route, "origin": e.origin, "caller": e.caller,
        "session": e.session, "revision": e.revision, "latency_ms": e.latency_ms,
        "tags": msgspec.json.decode(e.tags) if e.tags else {},
        "attempts": [_attempt(a) for a in held.attempts],
        "labels": _labels(connection, e.seq),
        "fingerprints": {"prefix": e.prefix, "suffix": e.suffix} if e.prefix or e.suffix else None,
        "facts": {
            "path": e.path, "cause": e.cause, "served_tier": e.served_tier, "served_attempt": e.served_index,
            "completed": bool(e.completed), "judged": bool(e.judged), "escalated": bool(e.escalated),
            "escalations": e.escalations, "exhausted": bool(e.exhausted), "retries": e.retries,
        },
        "cost_usd": {name: nano / NANO if known else None for name, nano in costs.items()},
        "priced": e.priced == e.priceable,
        "text": _text(connection, e.seq),
    }  # fmt: skip


def _labels(connection: Connection, seq: int) -> list[dict[str, Any]]:
    t = tables.labels.c
    statement = select(tables.labels).where(t.event == seq).order_by(t.attempt, t.source)
    return [
        {"attempt": x.attempt, "correct": bool(x.correct), "source": x.source, "sampling": x.sampling,
         "probability": x.probability, "time": rfc3339(x.time)} for x in connection.execute(statement)
    ]  # fmt: skip


def _text(connection: Connection, seq: int) -> dict[str, Any] | None:
    row = connection.execute(select(tables.texts).where(tables.texts.c.event == seq)).first()
    return None if row is None else {"prompt": row.prompt, "answers": msgspec.json.decode(row.answers)}


def _attempt(a: AttemptRow) -> dict[str, Any]:
    verdict = None
    if a.outcome is not None:
        verdict = {
            "outcome": a.outcome, "verifier": a.verifier, "mechanism": a.mechanism, "score": a.score,
            "threshold": a.threshold, "reason": a.reason, "provider": a.verify_provider,
            "model": a.verify_model, "service_tier": a.verify_service_tier,
            "usage": _usage(a.verify_input, a.verify_cache_read, a.verify_cache_write, a.verify_output,
                            a.verify_reasoning),
            "cost_usd": _usd(a.verify_cost),
            "price_source": None if a.verify_price_source == NOT_PRICEABLE else a.verify_price_source,
            "latency_ms": a.verify_latency_ms,
        }  # fmt: skip
    return {
        "tier": a.tier, "kind": a.kind, "provider": a.provider, "model": a.model,
        "service_tier": a.service_tier, "status": a.status,
        "usage": _usage(a.input, a.cache_read, a.cache_write, a.output, a.reasoning),
        "cost_usd": _usd(a.cost), "price_source": a.price_source, "latency_ms": a.latency_ms,
        "verdict": verdict,
    }  # fmt: skip


def _usage(*counts: int | None) -> dict[str, int | None]:
    return dict(zip(Usage.__struct_fields__, counts, strict=True))


def _usd(nanos: int | None) -> float | None:
    return None if nanos is None else nanos / NANO
