"""Pinned baselines as rows: one in force for each stream, the former kept for their history."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, select, update

from cascadewatch.drift.baseline import Baseline, ratcheted
from cascadewatch.drift.hypotheses import TOLERANCE
from cascadewatch.store import dialect
from cascadewatch.store.alert_tables import baselines as table

RATCHET_MS = 30 * 86_400_000
AUTOMATIC, PINNED, ACCEPTED, REFITTED = "automatic", "pinned", "accepted", "refitted"


@dataclass(frozen=True, slots=True)
class Pinned:
    """A baseline and how it came to be pinned. Times are epoch ms; `retired` None: it is in force.

    `how` is `automatic` (learnt from the first seven days), `pinned` or `accepted` (a person asked for it),
    or `refitted` (seven days after it was accepted). `warning` says that it hides a drift.
    """

    id: int
    metric: str
    cascade: str
    route: str
    pinned: int
    author: str
    how: str
    note: str | None
    baseline: Baseline
    retired: int | None = None
    warning: str | None = field(default=None, compare=False)


def current(connection: Connection, metric: str, cascade: str, route: str) -> Pinned | None:
    """The baseline in force of one stream; None while it is learning."""
    mine = (table.c.metric == metric, table.c.cascade == cascade, table.c.route == route)
    found = _read(connection, select(table).where(*mine, table.c.retired.is_(None)))
    return found[-1] if found else None


def history(connection: Connection, metric: str | None = None, cascade: str | None = None) -> list[Pinned]:
    """Every baseline that was ever pinned, oldest first."""
    statement = select(table)
    if metric is not None:
        statement = statement.where(table.c.metric == metric)
    if cascade is not None:
        statement = statement.where(table.c.cascade == cascade)
    return _read(connection, statement)


def pin(  # noqa: PLR0913 - a row has so many columns
    connection: Connection,
    metric: str,
    cascade: str,
    route: str,
    baseline: Baseline,
    *,
    how: str,
    author: str,
    note: str | None,
    now: int,
) -> Pinned:
    """Pins a baseline and retires the one before. `warning` is set where that hides a drift."""
    mine = (table.c.metric == metric, table.c.cascade == cascade, table.c.route == route)
    earlier = _read(connection, select(table).where(*mine))
    connection.execute(update(table).where(*mine, table.c.retired.is_(None)).values(retired=now))
    seq = dialect.take_sequence(connection, "baselines", 1)
    fields = json.dumps(baseline.to_dict())
    row = (seq, metric, cascade, route, now, author, how, note, baseline.start, baseline.end, fields, None)
    dialect.insert(connection, table, [row])
    warning = ratchet(baseline, earlier, now)
    return Pinned(seq, metric, cascade, route, now, author, how, note, baseline, None, warning)


def ratchet(
    new: Baseline, earlier: Iterable[Pinned], pinned: int, tolerance: float = TOLERANCE
) -> str | None:
    """A sentence where small steps, each accepted, add up: against the baseline 30 days before `pinned`.

    Without one that old, the first is compared with. None: within the tolerance, or nothing to compare.
    """
    before = [p for p in earlier if p.pinned <= pinned - RATCHET_MS]
    reference = max(before, key=_age) if before else min(earlier, key=_age, default=None)
    if reference is None or not ratcheted(new, reference.baseline, tolerance):
        return None
    moved = abs(new.rate - reference.baseline.rate) * 100
    which = "the one of a month before" if before else "the first one"
    return (
        f"this baseline, {new.rate * 100:.1f} %, lies {moved:.1f} points from {which}, "
        f"{reference.baseline.rate * 100:.1f} %: a slow drift may have been taken for normal"
    )


def _age(pin: Pinned) -> tuple[int, int]:
    return pin.pinned, pin.id


def _read(connection: Connection, statement: Select[Any]) -> list[Pinned]:
    rows = connection.execute(statement.order_by(table.c.seq))
    return [_pinned(row) for row in rows]


def _pinned(row: Sequence[Any]) -> Pinned:
    seq, metric, cascade, route, pinned, author, how, note, _, _, fields, retired = row
    baseline = Baseline.from_dict(json.loads(fields))
    return Pinned(seq, metric, cascade, route, pinned, author, how, note, baseline, retired)
