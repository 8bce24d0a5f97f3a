"""Accepting a quarantined event: it replaces the stored event of the same id, which goes into quarantine."""

from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from cascadewatch.errors import NotFoundError, UsageError
from cascadewatch.metrics.coverage import is_event_priced, total_nano
from cascadewatch.model import Event, Label, Text
from cascadewatch.moments import rfc3339, utc
from cascadewatch.store import audit, dialect, ingest, labelling, raw, rollup, tables, totals
from cascadewatch.store.rows import Rows, build
from cascadewatch.store.rowtypes import EventRow
from cascadewatch.store.state import State
from cascadewatch.store.stored_event import event_of
from cascadewatch.store.surroundings import Surroundings

REPLACED = "replaced"  # the reason under which the former event is in quarantine
TOO_OLD = "too_old: the row of the event stored first is no longer kept, so it cannot be replaced"


def accept(
    connection: Connection, state: State, around: Surroundings, number: int, by: audit.Actor
) -> dict[str, Any]:
    """Puts the event in quarantine under `number` in the place of the stored one, which goes to quarantine
    in its stead: accepting it again undoes this. The sums move by the difference.

    Gives what changed, JSON-ready. Raises NotFoundError, and UsageError where it cannot be.
    """
    aside = connection.execute(select(tables.quarantine).where(tables.quarantine.c.seq == number)).first()
    if aside is None:
        raise NotFoundError(f"nothing is in quarantine under {number}; see cascadewatch quarantine list")
    event = msgspec.json.decode(aside.payload, type=Event)
    key = ingest.identity(aside.source, aside.id)
    in_force, seq = dialect.held(connection, [key]).get(key, (b"", -1))  # not what it was when this came
    old = _stored(connection, state, seq, event)
    full = ingest.no_room({name: set(known.tiers) for name, known in state.cascades.items()}, event)
    if full is not None:
        raise UsageError(full)
    taught = [event] if old.event.origin == ingest.LIVE else []
    context = ingest.learn(connection, state, {event.cascade: taught}, around)[event.cascade]
    context = context._replace(pseudonym=lambda name: name)  # as it went to quarantine
    old = _stored(connection, state, seq, event)  # a new order of tiers derived it anew
    made = build(event, seq, aside.source, aside.received, old.event.origin, context)
    former = _as_sent(connection, old)
    _replace(connection, state, old, made)
    _replace_text(connection, state, around, seq, event)
    said = [labelling.Said(seq, x, aside.received) for x in event.labels]
    labelling.apply(connection, state, labelling.news(connection, said))
    _exchange(connection, key, aside, former, (in_force, old.event.received))
    before, after = _told(old.event, in_force), _told(made.event, aside.digest_new)
    subject = f"{aside.source}/{aside.id}"
    audit.record(connection, by, "quarantine.accept", subject, around.now(), before=before, after=after)
    return {"number": number, "source": aside.source, "id": aside.id, "before": before, "after": after}


def _stored(connection: Connection, state: State, seq: int, event: Event) -> raw.Held:
    found = raw.by_seq(connection, [seq])
    if not found or min(found[0].event.time, event.millis) < state.horizons.raw:
        raise UsageError(TOO_OLD)
    if not found[0].whole:
        raise UsageError("attempts of the stored event are missing; see cascadewatch verify")
    return found[0]


def _replace(connection: Connection, state: State, old: raw.Held, made: Rows) -> None:
    """Rows and sums of the one for those of the other; labels stay with the attempts that there are."""
    table, e = tables.labels, made.event
    gone = (table.c.event == e.seq, table.c.attempt >= len(made.attempts))
    connection.execute(delete(table).where(*gone))
    before, after = (rollup.new_cells(state, name) for name in (old.event.cascade, e.cascade))
    before.add(*old)
    after.add(*made, [x for x in old.labels if x.attempt < len(made.attempts)])
    rollup.replace_rows(connection, [made])
    taken = rollup.apply(connection, before, -1)
    totals.keep(connection, [taken, rollup.apply(connection, after, room=state.cascade(e.cascade).room)])
    if old.event.cascade != e.cascade:
        _move_sender(connection, old.event, e)


def _move_sender(connection: Connection, old: EventRow, new: EventRow) -> None:
    """The sender's event counts for another cascade now."""
    table = tables.sources
    mine = table.c.source == old.source
    connection.execute(
        update(table).where(mine, table.c.cascade == old.cascade).values(events=table.c.events - 1)
    )
    connection.execute(delete(table).where(mine, table.c.cascade == old.cascade, table.c.events == 0))
    there = (mine, table.c.cascade == new.cascade)
    if not connection.execute(update(table).where(*there).values(events=table.c.events + 1)).rowcount:
        row = (new.source, new.cascade, 1, new.received, new.received, new.time)
        dialect.insert(connection, table, [row])


def _as_sent(connection: Connection, old: raw.Held) -> Event:
    """The stored event with its labels and text, as the quarantine keeps it."""
    seq = old.event.seq
    table = tables.labels
    labels = [
        Label(x.attempt, bool(x.correct), x.source, x.sampling, x.probability, utc(x.time))
        for x in connection.execute(select(table).where(table.c.event == seq).order_by(table.c.attempt))
    ]
    row = connection.execute(select(tables.texts).where(tables.texts.c.event == seq)).first()
    text = None if row is None else Text(row.prompt, msgspec.json.decode(row.answers))
    return msgspec.structs.replace(event_of(old.event, old.attempts), labels=labels, text=text)


def _replace_text(connection: Connection, state: State, around: Surroundings, seq: int, event: Event) -> None:
    connection.execute(delete(tables.texts).where(tables.texts.c.event == seq))
    kept = around.stores_text(event.cascade) and event.millis >= state.horizons.text
    if event.text is not None and kept:
        answers = msgspec.json.encode(event.text.answers).decode()
        connection.execute(insert(tables.texts).values(event=seq, prompt=event.text.prompt, answers=answers))


def _exchange(connection: Connection, key: bytes, aside: Any, former: Event, was: tuple[bytes, int]) -> None:
    """Puts the new one's digest in force, and the former in its place in quarantine; `was` are the former's
    digest and when it was received."""
    digest, received = was
    keys, table = tables.event_keys, tables.quarantine
    time = msgspec.json.decode(aside.payload, type=Event).millis
    connection.execute(update(keys).where(keys.c.key == key).values(digest=aside.digest_new, time=time))
    connection.execute(
        update(table)
        .where(table.c.seq == aside.seq)
        .values(
            reason=REPLACED, received=received, payload=msgspec.json.encode(former).decode(),
            digest_kept=aside.digest_new, digest_new=digest,
        )
    )  # fmt: skip


def _told(e: EventRow, digest: bytes) -> dict[str, Any]:
    counts = e._asdict()
    cost = total_nano(counts) / 1e9 if is_event_priced(counts) else None
    return {"digest": bytes(digest).hex(), "time": rfc3339(e.time), "cascade": e.cascade, "route": e.route,
            "path": e.path, "cost_usd": cost}  # fmt: skip
