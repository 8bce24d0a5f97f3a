"""Live events that somebody has labelled, with the texts stored of them: what eval sets are made of."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, exists, func, select

from cascadewatch.store import raw
from cascadewatch.store.raw import CHUNK, Held
from cascadewatch.store.tables import events, labels, texts

LIVE = "live"


class Labelled(NamedTuple):
    """An event with its labels. `prompt` and `answers` (one an attempt, None where it sent none) are what
    is stored of its texts."""

    held: Held
    prompt: str | None
    answers: list[str | None]


class Where(NamedTuple):
    """Which events: of a cascade, in [start, end) (epoch ms), of one route or (None) of all."""

    cascade: str
    start: int
    end: int
    route: str | None = None


def count(connection: Connection, where: Where) -> int:
    """How many live events there are, labelled or not."""
    return int(connection.execute(select(func.count()).where(*_of(where))).scalar_one())


def labelled(connection: Connection, where: Where) -> Iterator[Labelled]:
    """The labelled ones in order of arrival, a few thousand in memory at once."""
    has_label = exists().where(labels.c.event == events.c.seq)
    last = -1
    while True:
        wanted = select(events.c.seq).where(*_of(where), has_label, events.c.seq > last)
        seqs = [row.seq for row in connection.execute(wanted.order_by(events.c.seq).limit(CHUNK))]
        if not seqs:
            return
        yield from by_seq(connection, seqs)
        last = seqs[-1]


def by_seq(connection: Connection, seqs: Iterable[int]) -> list[Labelled]:
    """The events of the given keys, in order of arrival."""
    wanted = sorted(set(seqs))
    stored = _texts(connection, wanted)
    return [
        Labelled(held, *stored.get(held.event.seq, (None, []))) for held in raw.by_seq(connection, wanted)
    ]


def _of(where: Where) -> list[ColumnElement[bool]]:
    of = [events.c.cascade == where.cascade, events.c.time >= where.start, events.c.time < where.end]
    of += [] if where.route is None else [events.c.route == where.route]
    return [*of, events.c.origin == LIVE]


def _texts(connection: Connection, seqs: Sequence[int]) -> dict[int, tuple[str | None, list[str | None]]]:
    found: dict[int, tuple[str | None, list[str | None]]] = {}
    for i in range(0, len(seqs), 500):
        rows: Any = connection.execute(select(texts).where(texts.c.event.in_(seqs[i : i + 500])))
        found.update({row.event: (row.prompt, msgspec.json.decode(row.answers)) for row in rows})
    return found
