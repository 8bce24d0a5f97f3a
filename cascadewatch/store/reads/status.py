"""How the installation itself is doing: sources, arrivals, refusals, marks."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, or_, select

from cascadewatch import __version__
from cascadewatch.moments import rfc3339
from cascadewatch.store import tables
from cascadewatch.store.cells import HOUR


@dataclass(frozen=True, slots=True)
class Source:
    """One sender's events of one cascade; times in epoch ms."""

    source: str
    cascade: str
    events: int
    first_received: int
    last_received: int
    last_time: int


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What came of records that arrived in one hour; `lag_ms` is summed over accepted ones."""

    bucket: int
    source: str
    outcome: str
    reason: str
    n: int
    lag_ms: int
    last: int


@dataclass(frozen=True, slots=True)
class Mark:
    """An annotation on the time line."""

    seq: int
    time: int
    cascade: str | None
    route: str | None
    kind: str
    text: str
    author: str


def sources(connection: Connection) -> list[Source]:
    """Every sender and cascade, the latest first."""
    table = tables.sources
    return [Source(*r) for r in connection.execute(select(table).order_by(table.c.last_received.desc()))]


def arrivals(connection: Connection, start: int, end: int) -> list[Arrivals]:
    """Arrivals per hour, sender, outcome and reason, oldest first."""
    table = tables.ingest_counters
    where = (table.c.bucket >= start - start % HOUR, table.c.bucket < end)
    return [Arrivals(*r) for r in connection.execute(select(table).where(*where).order_by(table.c.bucket))]


def annotations(connection: Connection, start: int, end: int, cascade: str | None = None) -> list[Mark]:
    """Marks of a range, oldest first; for a cascade, its own and those of all cascades."""
    table = tables.annotations
    where: list[Any] = [table.c.time >= start, table.c.time < end]
    if cascade is not None:
        where.append(or_(table.c.cascade == cascade, table.c.cascade.is_(None)))
    return [Mark(*r) for r in connection.execute(select(table).where(*where).order_by(table.c.time))]


def quarantined(connection: Connection, limit: int = 50) -> list[dict[str, Any]]:
    """The latest conflicts, newest first."""
    table = tables.quarantine
    rows = connection.execute(select(table).order_by(table.c.seq.desc()).limit(limit))
    return [
        {"seq": r.seq, "source": r.source, "id": r.id, "reason": r.reason, "received": rfc3339(r.received),
         "digest_kept": bytes(r.digest_kept).hex(), "digest_new": bytes(r.digest_new).hex(),
         "payload": r.payload}
        for r in rows
    ]  # fmt: skip


def over_the_caps(connection: Connection) -> list[tuple[str, str]]:
    """(cascade, kind of name) for which names are counted together as `__other__`."""
    from cascadewatch.store.state import OTHER

    table = tables.names
    rows = connection.execute(select(table.c.scope, table.c.kind).where(table.c.name == OTHER).distinct())
    return [(scope, kind) for scope, kind in rows]


def status(connection: Connection, now: int) -> dict[str, Any]:
    """What was received and what became of it, and every sender, JSON-ready."""
    table = tables.ingest_counters
    totals: Any = connection.execute(select(table.c.outcome, func.sum(table.c.n)).group_by(table.c.outcome))
    waiting = connection.execute(select(func.count()).select_from(tables.waiting_labels)).scalar()
    conflicts = connection.execute(select(func.count()).select_from(tables.quarantine)).scalar()
    return {
        "version": __version__,
        "now": rfc3339(now),
        "database": connection.dialect.name,
        "ingest": {"accepted": 0, "duplicate": 0, "conflict": 0, "rejected": 0}
        | {outcome: int(n) for outcome, n in totals},
        "quarantined": conflicts,
        "waiting_labels": waiting,
        "over_the_caps": [{"cascade": c, "kind": k} for c, k in sorted(over_the_caps(connection))],
        "sources": [
            {"source": s.source, "cascade": s.cascade, "events": s.events,
             "last_received": rfc3339(s.last_received), "last_time": rfc3339(s.last_time)}
            for s in sources(connection)
        ],
    }  # fmt: skip
