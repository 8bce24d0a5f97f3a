"""The transaction that takes events in: all of a request's effects, or none.

1. Which events are new, which were sent before, which say something else under a known id?
2. New tiers and models are noted; a new order of tiers re-derives what is held.
3. Rows, keys, labels and texts of the new events are inserted.
4. Their sums are added to every rollup, their number to the counters.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from cascadewatch.model import Event, Label, digest
from cascadewatch.store import aside, caller_keys, counters, dialect, labelling, rollup, tables, tiers
from cascadewatch.store.cells import Cells
from cascadewatch.store.receipt import Batch, Receipt, Rejection
from cascadewatch.store.rows import Context, Rows, build
from cascadewatch.store.state import MAX_CASCADES, MAX_TIERS, State
from cascadewatch.store.surroundings import Surroundings

_encode = msgspec.json.Encoder().encode


def identity(source: str, event_id: str) -> bytes:
    """The key of an event: 16 bytes of (source, id), which no two events share."""
    return blake2b(f"{source}\0{event_id}".encode(), digest_size=16).digest()


@dataclass
class Sorted:
    """The events of one batch by what becomes of them."""

    batch: Batch
    receipt: Receipt
    fresh: list[tuple[bytes, bytes, Event]] = field(default_factory=list)  # key, digest
    again: list[tuple[int, Event]] = field(default_factory=list)  # seq of a duplicate with labels
    again_here: list[tuple[bytes, Event]] = field(default_factory=list)  # ... of this very request
    conflicts: list[aside.Conflict] = field(default_factory=list)
    refused: list[Rejection] = field(default_factory=list)
    stored: list[Rows] = field(default_factory=list)
    unfit: list[Rejection] = field(default_factory=list)  # labels that waited for another event, it seems


def take(
    connection: Connection, state: State, batches: Sequence[Batch], around: Surroundings
) -> list[Receipt]:
    """Stores batches; the receipts come in the same order. Nothing is final before the commit."""
    sorted_batches = _sort(connection, state, batches)
    contexts = _learn(connection, state, sorted_batches, around)
    fresh = [(s, *one) for s in sorted_batches for one in s.fresh]
    if fresh:
        _insert(connection, state, fresh, contexts, around)
    _label_again(connection, state, sorted_batches)
    for s in sorted_batches:
        aside.put(connection, s.batch, s.conflicts, around)
    kept = (event for s in sorted_batches for *_, event in (*s.fresh, *s.conflicts))
    caller_keys.note(connection, state, around, kept)
    counters.count(connection, (arrived for s in sorted_batches for arrived in _arrived(s)))
    return [s.receipt for s in sorted_batches]


def _arrived(s: Sorted) -> Iterator[counters.Arrived]:
    b = s.batch
    yield counters.Arrived(b.source, b.received, s.receipt, [r.event for r in s.stored], s.refused)
    if s.unfit:  # counted as accepted when they came, since nobody knew better
        yield counters.Arrived(f"{b.source}/labels", b.received, Receipt(), [], s.unfit)


def _sort(connection: Connection, state: State, batches: Sequence[Batch]) -> list[Sorted]:
    keyed = [[identity(b.source, event.id) for _, event in b.events] for b in batches]
    held = dialect.held(connection, sorted(key for keys in keyed for key in keys))
    here: dict[bytes, bytes] = {}
    room = {name: set(cascade.tiers) for name, cascade in state.cascades.items()}
    oldest = state.horizons.rollup
    return [_sort_one(room, oldest, b, keys, held, here) for b, keys in zip(batches, keyed, strict=True)]


def _sort_one(
    room: dict[str, set[str]],
    oldest: int,
    batch: Batch,
    keys: list[bytes],
    held: dict[bytes, tuple[bytes, int]],
    here: dict[bytes, bytes],
) -> Sorted:
    s = Sorted(batch, Receipt(received=len(batch.events) + len(batch.rejections)))
    s.refused = list(batch.rejections)
    digests = batch.digests or [digest(event) for _, event in batch.events]
    for (index, event), key, said in zip(batch.events, keys, digests, strict=True):
        known = held[key][0] if key in held else here.get(key)
        if known is None:
            refusal = _refusal(room, oldest, event)
            if refusal is not None:
                s.refused.append(Rejection(index, event.id, *refusal))
                continue
            here[key] = said
            s.fresh.append((key, said, event))
        elif known == said:
            s.receipt.duplicate += 1
            if event.labels and key in held:
                s.again.append((held[key][1], event))
            elif event.labels:
                s.again_here.append((key, event))
        else:
            s.receipt.conflict += 1
            s.conflicts.append((known, said, event))
            s.receipt.errors.append(Rejection(index, event.id, "id", CONFLICT))
    s.receipt.accepted = len(s.fresh)
    s.receipt.rejected = len(s.refused)
    s.receipt.errors = sorted([*s.refused, *s.receipt.errors])
    return s


LIVE = "live"
DELETED = "too_old: the sums and ids of that time were already deleted by retention"
CONFLICT = "conflict: another event was stored under this id; the first stays, this one is in quarantine"


def _refusal(room: dict[str, set[str]], oldest: int, event: Event) -> tuple[str, str] | None:
    """The field and the reason of an event that cannot be taken in."""
    if event.millis < oldest:
        return "time", DELETED
    full = no_room(room, event)
    return None if full is None else ("cascade", full)


def no_room(room: dict[str, set[str]], event: Event) -> str | None:
    """Why an event would make too many cascades or tiers, in a sentence; else they are counted in."""
    if event.cascade not in room and len(room) >= MAX_CASCADES:
        return f"more than {MAX_CASCADES} cascades; use route or tags for finer names"
    known = room.setdefault(event.cascade, set())
    new = {a.tier for a in event.attempts} - known
    if new and len(known) + len(new) > MAX_TIERS:
        return f"more than {MAX_TIERS} tiers in this cascade"
    known |= new
    return None


def _learn(
    connection: Connection, state: State, sorted_batches: list[Sorted], around: Surroundings
) -> dict[str, Context]:
    """Takes note of tiers and settles the order, per cascade of the fresh events."""
    events: dict[str, list[Event]] = defaultdict(list)
    for s in sorted_batches:
        for _, _, event in s.fresh:
            taught = events[event.cascade]
            if s.batch.origin == LIVE:
                taught.append(event)
    return learn(connection, state, events, around)


def learn(
    connection: Connection, state: State, events: Mapping[str, list[Event]], around: Surroundings
) -> dict[str, Context]:
    """Takes note of what new events teach of their cascade's tiers; gives what their rows depend on."""
    contexts = {}
    for name, new in events.items():
        cascade = state.cascade(name)
        price_known = cascade.flagship is not None
        learned = tiers.learn(cascade, new)
        another = learned.order or cascade.decided_for != cascade.configured
        if another or tiers.finds_a_place(cascade, new, around.book):
            settle(connection, state, name, price_known, around, new)
        elif learned.models:
            tiers.save(connection, name, cascade)
        contexts[name] = around.context(cascade)
    return contexts


def settle(
    connection: Connection,
    state: State,
    name: str,
    price_known: bool,
    around: Surroundings,
    new: list[Event],
) -> None:
    """Stores what was learned of a cascade's tiers; an order that says something else of its held events
    derives them anew."""
    cascade = state.cascade(name)
    tiers.save(connection, name, cascade)
    found = tiers.settle(connection, state, name, new, around.book)
    state.changed = True
    if found.held and (found.outdated or (cascade.flagship is not None) != price_known):
        rederived = rollup.rederive(connection, state, name, around.context(cascade))
        if rederived and found.outdated and not found.first:
            order = " → ".join(cascade.order.names)
            text = f"Order of tiers is now {order}; {rederived:,} events were derived anew."
            annotate(connection, around.now(), name, None, "tiers", text, "cascadewatch")


def annotate(connection: Connection, time: int, cascade: str | None, route: str | None, kind: str, text: str,
             author: str) -> int:  # fmt: skip
    """Puts a mark on the time line; returns its number. One that is there already, since its sender did
    not hear of the commit, is not put there twice."""
    said = (time, cascade, route, kind, text, author)
    columns = [column for column in tables.annotations.c if column.name != "seq"]
    same = [column.is_not_distinct_from(value) for column, value in zip(columns, said, strict=True)]
    known = connection.execute(select(tables.annotations.c.seq).where(*same)).scalar()
    if known is not None:
        return int(known)
    seq = dialect.take_sequence(connection, "annotations", 1)
    dialect.insert(connection, tables.annotations, [(seq, *said)])
    return seq


def _insert(
    connection: Connection,
    state: State,
    fresh: list[tuple[Sorted, bytes, bytes, Event]],
    contexts: dict[str, Context],
    around: Surroundings,
) -> None:
    seq = dialect.take_sequence(connection, "events", len(fresh))
    now = max(s.batch.received for s, *_ in fresh)
    waited = labelling.take_waiting(connection, [key for _, key, _, _ in fresh], now)
    new = NewRows(state)
    for number, (s, key, said, event) in enumerate(fresh, seq):
        rows = build(event, number, s.batch.source, s.batch.received, s.batch.origin, contexts[event.cascade])
        s.stored.append(rows)
        labels = _labels(s, event, waited.get(key, [])) if event.labels or waited else []
        new.add(rows, key, said, labels)
        too_old = rows.event.time < state.horizons.text
        if event.text is not None and not too_old and around.stores_text(event.cascade):
            new.texts.append((number, event.text.prompt, _encode(event.text.answers).decode()))
    new.insert(connection)


def _labels(s: Sorted, event: Event, waited: list[Label]) -> list[Label]:
    """What is said of an event: labels that waited for it, as far as they fit, then its own."""
    size = len(event.attempts)
    unfit = sum(x.attempt >= size for x in waited)
    s.unfit += [Rejection(0, event.id, "attempt", labelling.no_attempt(size))] * unfit
    return labelling.newest([*(x for x in waited if x.attempt < size), *event.labels])


class NewRows:
    """What a transaction inserts, collected event by event."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.rows: list[Rows] = []
        self.keys: list[tuple[bytes, bytes, int, int]] = []
        self.labels: list[tuple[Any, ...]] = []
        self.texts: list[tuple[int, str | None, str]] = []
        self.cells: dict[str, Cells] = {}
        self.newest_label: dict[str, int] = {}

    def add(self, rows: Rows, key: bytes, said: bytes, labels: list[Label]) -> None:
        """Collects one event with its labels. A label that names no time is of the event's: history that is
        sent today was not checked today."""
        e, attempts = rows
        self.rows.append(rows)
        self.keys.append((key, said, e.seq, e.time))
        cells = self.cells.get(e.cascade)
        if cells is None:
            cells = self.cells[e.cascade] = rollup.new_cells(self.state, e.cascade)
        cells.add(e, attempts, [labelling.row_of(x) for x in labels] if labels else ())
        for x in labels:
            row = labelling.stored(e.seq, x, e.time)
            self.labels.append(row)
            if labelling.checks(e, row):
                self.newest_label[e.cascade] = max(self.newest_label.get(e.cascade, 0), row[-1])

    def insert(self, connection: Connection) -> None:
        """Writes everything: rows, identities, labels, texts, and their sums."""
        rollup.insert_rows(connection, self.rows)
        # In the order of the index, which they are strewn all over: what is near is written together.
        dialect.insert(connection, tables.event_keys, sorted(self.keys))
        dialect.insert(connection, tables.labels, self.labels)
        dialect.insert(connection, tables.texts, self.texts)
        for name, cells in self.cells.items():
            rollup.apply(connection, cells, room=self.state.cascade(name).room)
        labelling.remember_newest(connection, self.newest_label)


def _label_again(connection: Connection, state: State, sorted_batches: list[Sorted]) -> None:
    """Labels on events that were sent before: the event is harmless, its labels are applied, but an
    old file sent again does not undo a correction made since."""
    said = [labelling.Said(seq, x, s.batch.received)
            for s in sorted_batches for seq, event in s.again for x in event.labels]  # fmt: skip
    here = [(s, key, event) for s in sorted_batches for key, event in s.again_here]
    held = dialect.held(connection, [key for _, key, _ in here]) if here else {}
    said += [
        labelling.Said(held[key][1], x, s.batch.received) for s, key, event in here for x in event.labels
    ]
    if said:
        labelling.apply(connection, state, labelling.news(connection, said))
