"""Reads stored events back as the rows they were written as."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, select

from cascadewatch.store.rowtypes import AttemptRow, EventRow, LabelRow
from cascadewatch.store.tables import attempts, events, labels

CHUNK = 2_000


class Held(NamedTuple):
    """One stored event with its attempts and labels."""

    event: EventRow
    attempts: list[AttemptRow]
    labels: list[LabelRow]

    @property
    def whole(self) -> bool:
        """Whether no attempt is missing; only damage from outside makes one so."""
        e, positions = self.event, [a.position for a in self.attempts]
        last = max(e.cheap_index or 0, e.served_index or 0, e.flagship_index or 0)
        return positions == list(range(len(positions))) and len(positions) > last


def held(
    connection: Connection, start: int = 0, end: int | None = None, cascade: str | None = None
) -> Iterator[Held]:
    """Stored events of a range of times, in order of arrival, a few thousand in memory at once."""
    where = [events.c.time >= start]
    if end is not None:
        where.append(events.c.time < end)
    if cascade is not None:
        where.append(events.c.cascade == cascade)
    last = -1
    while True:
        page = select(events).where(*where, events.c.seq > last).order_by(events.c.seq).limit(CHUNK)
        rows = [EventRow(*r) for r in connection.execute(page)]
        if not rows:
            return
        last = rows[-1].seq
        yield from _with_parts(connection, rows, and_(*where, events.c.seq.between(rows[0].seq, last)))


def by_seq(connection: Connection, seqs: Iterable[int]) -> list[Held]:
    """The events of the given keys, in order of arrival."""
    wanted = sorted(set(seqs))
    found: list[Held] = []
    for i in range(0, len(wanted), 500):
        condition = events.c.seq.in_(wanted[i : i + 500])
        rows = [
            EventRow(*r) for r in connection.execute(select(events).where(condition).order_by(events.c.seq))
        ]
        found.extend(_with_parts(connection, rows, condition))
    return found


def _with_parts(
    connection: Connection, rows: list[EventRow], condition: ColumnElement[bool]
) -> Iterator[Held]:
    tried: dict[int, list[AttemptRow]] = defaultdict(list)
    said: dict[int, list[LabelRow]] = defaultdict(list)
    of_events = select(attempts).join(events, attempts.c.event == events.c.seq).where(condition)
    for a in connection.execute(of_events.order_by(attempts.c.event, attempts.c.position)):
        tried[a.event].append(AttemptRow(*a))
    known: Any = select(labels).join(events, labels.c.event == events.c.seq).where(condition)
    for x in connection.execute(known.order_by(labels.c.event, labels.c.attempt, labels.c.source)):
        said[x.event].append(LabelRow(x.attempt, x.source, x.correct, x.sampling, x.probability))
    for row in rows:
        yield Held(row, tried[row.seq], said[row.seq])
