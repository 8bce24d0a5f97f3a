"""What retention deletes, kind by kind, in parts small enough that ingest can go on between them.

Each kind counts what it would delete, and gives its parts one after the other as changes that are to be made
in write transactions of their own. What to look for is read outside of those. Killed at any moment, the
parts done are done as a whole and the rest is found again.
"""

from collections.abc import Callable, Generator, Iterable
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, delete, func, select, update

from cascadewatch.moments import epoch_ms
from cascadewatch.store import dialect, forgotten, raw, totals
from cascadewatch.store.cells import DAY_TIER
from cascadewatch.store.engine import Store
from cascadewatch.store.horizons import Horizons, kept
from cascadewatch.store.rollup_tables import ROLLUPS
from cascadewatch.store.tables import (
    attempts,
    event_keys,
    events,
    ingest_counters,
    labels,
    meta,
    quarantine,
    texts,
)
from cascadewatch.store.zone import local_days, zone_of

EVENTS = 1_000  # in a transaction, with all that hangs on them
ROWS = 4_000  # of anything else
SERIES = 200  # looked at in a transaction
SERIES_KEY = ("cascade", "origin", "route")
CLEARED = "text_cleared"  # in `meta`: no event from before has a text

Gone = dict[str, int]  # rows by table
Part = Callable[[Connection], Gone]
Parts = Generator[Part, Gone, None]


class Deletion(NamedTuple):
    """One kind. `due` counts what there is to delete; `parts` is sent what each part deleted, and ends when
    there is no more."""

    due: Callable[[Connection], Gone]
    parts: Callable[[Store], Parts]


def number(connection: Connection, table: Table, *which: ColumnElement[bool]) -> int:
    """How many rows fulfil all conditions."""
    return int(connection.execute(select(func.count()).select_from(table).where(*which)).scalar_one())


def single_events(before: int) -> Deletion:
    """Events from before a moment with attempts, labels and text. Their identity outlives them."""

    def count(connection: Connection) -> Gone:
        old = select(events.c.seq).where(events.c.time < before)
        found = {t.name: number(connection, t, t.c.event.in_(old)) for t in (attempts, labels, texts)}
        return {"events": number(connection, events, events.c.time < before), **found}

    def parts(_: Store) -> Parts:
        while (yield lambda connection: raw.delete_before(connection, before, EVENTS))["events"]:
            pass

    return Deletion(count, parts)


def old_texts(before: int) -> Deletion:
    """Prompts and answers of events from before a moment. None of those comes in any more (ingest.py), so
    each night begins where the last one ended."""

    def count(connection: Connection) -> Gone:
        old = select(events.c.seq).where(events.c.time >= _cleared(connection), events.c.time < before)
        return {"texts": number(connection, texts, texts.c.event.in_(old))}

    def parts(_: Store) -> Parts:
        while (yield lambda connection: _clear(connection, before))["texts"]:
            pass

    return Deletion(count, parts)


def texts_aside(before: int) -> Deletion:
    """The same of events in quarantine: one that was replaced went there with its text."""
    name = "quarantined_texts"

    def found(connection: Connection) -> dict[int, dict[str, Any]]:
        q = quarantine.c
        some = connection.execute(select(q.seq, q.payload).where(q.payload.contains('"text":{')))
        kept = {row.seq: msgspec.json.decode(row.payload) for row in some}
        times = {seq: epoch_ms(msgspec.convert(event["time"], datetime)) for seq, event in kept.items()}
        return {seq: event for seq, event in kept.items() if event.get("text") and times[seq] < before}

    def clear(connection: Connection) -> Gone:
        old = found(connection)
        for seq, event in old.items():
            payload = msgspec.json.encode({**event, "text": None}).decode()
            connection.execute(update(quarantine).where(quarantine.c.seq == seq).values(payload=payload))
        return {name: len(old)}

    return Deletion(lambda connection: {name: len(found(connection))}, lambda _: once(clear))


def _cleared(connection: Connection) -> int:
    return int(connection.execute(select(meta.c.value).where(meta.c.key == CLEARED)).scalar() or 0)


def _clear(connection: Connection, before: int) -> Gone:
    from_here = _cleared(connection)
    old = (
        select(events.c.seq, events.c.time)
        .join(texts, texts.c.event == events.c.seq)
        .where(events.c.time >= from_here, events.c.time < before)
        .order_by(events.c.time)
        .limit(EVENTS)
    )
    found = connection.execute(old).all()
    for i in range(0, len(found), 500):
        some = [row.seq for row in found[i : i + 500]]
        connection.execute(delete(texts).where(texts.c.event.in_(some)))
    reached = found[-1].time if found else max(before, from_here)
    if reached != from_here:
        connection.execute(delete(meta).where(meta.c.key == CLEARED))
        dialect.insert(connection, meta, [(CLEARED, str(reached))])
    return {"texts": len(found)}


def sums(which: tuple[str, str], horizons: Horizons) -> Deletion:
    """The rows of one table of sums that lie behind a horizon, series by series along its key."""
    table = ROLLUPS[which[0]].tiers[which[1]]

    def count(connection: Connection) -> Gone:
        return {table.name: number(connection, table, _behind(connection, which, horizons))}

    def parts(store: Store) -> Parts:
        with store.reading() as connection:
            behind = _behind(connection, which, horizons)
        left = _series(store, table, behind)
        while left:
            yield lambda connection: {table.name: _thin_out(connection, table, behind, left)}

    return Deletion(count, parts)


def _behind(connection: Connection, which: tuple[str, str], horizons: Horizons) -> ColumnElement[bool]:
    """The rows of one table of sums that are to go. The days of events, by which series are found, stay until
    the last quarter-hour of a day is behind the horizon too."""
    if which != ("events", DAY_TIER):
        return ~kept(which, horizons)
    local_day = local_days(zone_of(connection) or "UTC")
    return ROLLUPS["events"].tiers[DAY_TIER].c.bucket < local_day(horizons.rollup)


def _series(store: Store, table: Table, behind: ColumnElement[bool]) -> list[tuple[str, ...]]:
    """What stands in a table's key before the bucket, for every series with rows to delete. Which series
    there are is asked of the days, which go last."""
    days = ROLLUPS["events"].tiers["day"]
    names = [name for name in SERIES_KEY if name in table.c]
    with store.reading() as connection:
        known = connection.execute(select(*(days.c[n] for n in names)).distinct()).all()
        first = select(table.c.bucket).where(behind).limit(1)
        return [
            tuple(one) for one in known if connection.execute(first.where(*_is(table, tuple(one)))).first()
        ]


def _is(table: Table, series: tuple[str, ...]) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in zip(SERIES_KEY, series, strict=False)]


def _thin_out(
    connection: Connection, table: Table, behind: ColumnElement[bool], left: list[tuple[str, ...]]
) -> int:
    """Deletes rows of the last series in the list, and takes those that are done off it."""
    gone = 0
    for _ in range(min(SERIES, len(left))):
        mine = _is(table, left[-1])
        first_kept = select(table.c.bucket).where(*mine, behind).order_by(table.c.bucket)
        cut = connection.execute(first_kept.offset(ROWS).limit(1)).scalar()
        some = [] if cut is None else [table.c.bucket <= cut]
        gone += connection.execute(delete(table).where(*mine, behind, *some)).rowcount
        if cut is None:
            left.pop()
        if gone >= ROWS:
            break
    return gone


def identities(before: int) -> Deletion:
    """Which events from before a moment were sent; as old ones are refused, nothing can count twice."""
    old = event_keys.c.time < before

    def parts(store: Store) -> Parts:
        last = b""
        while found := _identities(store, before, last):
            last = found[-1]
            yield lambda connection, found=found: {"event_keys": _forget(connection, found)}  # type: ignore[misc]

    return Deletion(lambda connection: {"event_keys": number(connection, event_keys, old)}, parts)


def _identities(store: Store, before: int, after: bytes) -> list[bytes]:
    """The next ones. The key is no time, so the whole table is read, once a night and while others write."""
    t = event_keys.c
    old = select(t.key).where(t.key > after, t.time < before).order_by(t.key).limit(ROWS)
    with store.reading() as connection:
        return [bytes(key) for key in connection.execute(old).scalars()]


def _forget(connection: Connection, keys: list[bytes]) -> int:
    gone = 0
    for i in range(0, len(keys), 500):
        some = delete(event_keys).where(event_keys.c.key.in_(keys[i : i + 500]))
        gone += connection.execute(some).rowcount
    forgotten.add(connection, "identities", gone)
    return gone


def counters(before: int) -> Deletion:
    """What arrived in hours before a moment; `verify` still has to know how much it was."""
    old = ingest_counters.c.bucket < before
    count = lambda connection: {"ingest_counters": number(connection, ingest_counters, old)}  # noqa: E731
    return Deletion(count, lambda _: once(lambda connection: drop_counters(connection, before)))


def drop_counters(connection: Connection, before: int) -> Gone:
    """Deletes counters of arrival of hours before a moment."""
    t = ingest_counters.c
    of_events = (t.bucket < before, ~t.source.like("%/labels"))
    for outcome in ("accepted", "conflict"):
        counted = select(func.sum(t.n)).where(*of_events, t.outcome == outcome)
        n = int(connection.execute(counted).scalar() or 0)
        forgotten.add(connection, "accepted" if outcome == "accepted" else "conflict", n)
    totals.keep_arrived(connection, before)
    gone = connection.execute(delete(ingest_counters).where(t.bucket < before))
    return {"ingest_counters": gone.rowcount}


def conflicts(before: int) -> Deletion:
    """Events that came before a moment and stood against one that was there."""
    old = quarantine.c.received < before
    plain = rows(quarantine, old)

    def drop(connection: Connection) -> Gone:
        some = select(quarantine.c.seq).where(old).order_by(quarantine.c.seq).limit(EVENTS)
        n = _delete(connection, quarantine, [quarantine.c.seq.in_(some)])
        forgotten.add(connection, "quarantined", n)
        return {"quarantine": n}

    def parts(_: Store) -> Parts:
        while (yield drop)["quarantine"]:
            pass

    return Deletion(plain.due, parts)


def once(part: Part) -> Parts:
    """All of it in one transaction."""
    yield part


def rows(table: Table, *which: ColumnElement[bool]) -> Deletion:
    """The rows of a table that fulfil all conditions; of one with numbered rows a part at a time."""
    count = lambda connection: {table.name: number(connection, table, *which)}  # noqa: E731
    if "seq" not in table.c:
        return Deletion(count, lambda _: once(lambda c: {table.name: _delete(c, table, which)}))

    def parts(_: Store) -> Parts:
        some = select(table.c.seq).where(*which).order_by(table.c.seq).limit(ROWS)
        numbered = [table.c.seq.in_(some)]
        while (yield lambda c: {table.name: _delete(c, table, numbered)})[table.name]:
            pass

    return Deletion(count, parts)


def _delete(connection: Connection, table: Table, which: Iterable[ColumnElement[bool]]) -> int:
    return connection.execute(delete(table).where(*which)).rowcount
