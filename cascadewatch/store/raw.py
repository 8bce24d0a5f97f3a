"""Reads stored events back as the rows they were written as, and deletes them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, select

from cascadewatch.store.rowtypes import AttemptRow, EventRow, LabelRow
from cascadewatch.store.tables import attempts, events, labels, texts

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
    last = -1
    while found := page(connection, last, CHUNK, start, end, cascade):
        last = found[-1].event.seq
        yield from found


def page(
    connection: Connection, after: int, size: int, start: int = 0, end: int | None = None,
    cascade: str | None = None,
) -> list[Held]:  # fmt: skip
    """The next events of a range behind the one with the key `after`, in order of arrival."""
    where = [events.c.time >= start]
    if end is not None:
        where.append(events.c.time < end)
    if cascade is not None:
        where.append(events.c.cascade == cascade)
    some = select(events).where(*where, events.c.seq > after).order_by(events.c.seq).limit(size)
    rows = [EventRow(*r) for r in connection.execute(some)]
    if not rows:
        return []
    return list(_with_parts(connection, rows, and_(*where, events.c.seq.between(rows[0].seq, rows[-1].seq))))


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


def delete_before(connection: Connection, time: int, most: int = CHUNK) -> dict[str, int]:
    """Deletes up to `most` events from before `time` (epoch ms), the oldest first, with all that hangs on
    them but their identity. Rows by table; nothing for events once there are none left."""
    oldest = select(events.c.seq).where(events.c.time < time).order_by(events.c.time).limit(most)
    seqs = connection.execute(oldest).scalars().all()
    gone = {"events": 0, "attempts": 0, "labels": 0, "texts": 0}
    of = {
        "texts": texts.c.event,
        "labels": labels.c.event,
        "attempts": attempts.c.event,
        "events": events.c.seq,
    }
    for i in range(0, len(seqs), 500):
        for name, column in of.items():
            some = delete(column.table).where(column.in_(seqs[i : i + 500]))
            gone[name] += connection.execute(some).rowcount
    return gone
