"""Takes a caller out: its events stay and count, but nothing tells any more that they were its own.

    find(store, names)                 what is held of a caller under any of these names
    forget(writer, names, found, …)    takes it out, a thousand events in a transaction

The caller's events and sums go on under `__other__`, so that every total stays as it was; sessions,
fingerprints and texts go. A run that was interrupted is simply run again.
"""

import json
import re
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Column, Connection, Table, delete, func, or_, select, update

from cascadewatch.model import Event
from cascadewatch.store import alert_tables, audit, dialect, raw, rollup, tables
from cascadewatch.store.cells import Cells
from cascadewatch.store.engine import Store
from cascadewatch.store.rollup_tables import ROLLUPS
from cascadewatch.store.state import OTHER, State
from cascadewatch.store.surroundings import Surroundings
from cascadewatch.store.writes import Writer

BATCH = 1_000  # events of one transaction
SOMEBODY = "a caller"  # in the audit, where there is no key to make a hash with
_SUMS = list(ROLLUPS["callers"].tiers.values())
_HASH = re.compile("[0-9a-f]{24}")  # no other word looks like it
# What rules said about callers, in words.
_STORIES: tuple[tuple[Table, str], ...] = (
    (alert_tables.episodes, "detail"),
    (alert_tables.transitions, "reason"),
    (alert_tables.rule_states, "message"),
    (alert_tables.rule_states, "detail"),
)

Names = Collection[str]
Note = Callable[..., object] | None


class Found(NamedTuple):
    """How many rows tell of a caller: events, texts of these, rows of sums, and events in quarantine."""

    events: int
    texts: int
    sums: int
    quarantined: int


def find(store: Store, names: Names) -> Found:
    """What is held of a caller."""
    e, t = tables.events.c, tables.texts.c

    def number(connection: Connection, statement: Any) -> int:
        return int(connection.execute(statement).scalar_one())

    with store.reading() as connection:
        of = e.caller.in_(names)
        with_text = select(func.count()).select_from(tables.texts.join(tables.events, e.seq == t.event))
        sums = (select(func.count()).where(table.c.caller.in_(names)) for table in _SUMS)
        return Found(
            number(connection, select(func.count()).where(of)),
            number(connection, with_text.where(of)),
            sum(number(connection, one) for one in sums),
            len(_quarantined(connection, names)),
        )


def forget(writer: Writer, names: Names, found: Found, by: audit.Actor, subject: str | None) -> None:
    """Takes out what was found. The row of the audit goes with the first change; `subject` must not be the
    caller's own name."""
    note: Note = partial(
        audit.record, actor=by, act="caller.forget", subject=subject or SOMEBODY,
        before=found._asdict(), after=dict.fromkeys(Found._fields, 0),
    )  # fmt: skip
    last, e = -1, tables.events.c
    while True:
        some = select(e.seq).where(e.caller.in_(names), e.seq > last).order_by(e.seq).limit(BATCH)
        with writer.store.reading() as connection:
            seqs = connection.execute(some).scalars().all()
        if len(seqs) < BATCH:  # what is left goes with everything else
            break
        writer.change(partial(_take_events, seqs=seqs, note=note))
        last, note = seqs[-1], None
    writer.change(partial(_finish, names=names, note=note))


def _take_events(
    connection: Connection, state: State, around: Surroundings, seqs: Sequence[int], note: Note
) -> None:
    if note is not None:
        note(connection, now=around.now())
    before: dict[str, Cells] = {}
    after: dict[str, Cells] = {}
    for held in raw.by_seq(connection, seqs):
        e = held.event
        before.setdefault(e.cascade, rollup.new_cells(state, e.cascade)).add_caller(e)
        after.setdefault(e.cascade, rollup.new_cells(state, e.cascade)).add_caller(e._replace(caller=OTHER))
    for sums in before.values():
        rollup.apply(connection, sums, -1)
    for sums in after.values():
        rollup.apply(connection, sums)
    nobody = {"caller": OTHER, "session": None, "prefix": None, "suffix": None}
    for i in range(0, len(seqs), 500):
        part = list(seqs[i : i + 500])
        connection.execute(update(tables.events).where(tables.events.c.seq.in_(part)).values(nobody))
        connection.execute(delete(tables.texts).where(tables.texts.c.event.in_(part)))


def _finish(connection: Connection, state: State, around: Surroundings, names: Names, note: Note) -> None:
    """The rest, with whatever came in meanwhile."""
    e = tables.events.c
    seqs = connection.execute(select(e.seq).where(e.caller.in_(names)).order_by(e.seq)).scalars().all()
    _take_events(connection, state, around, seqs, note)
    for table in _SUMS:
        _fold(connection, table, names)
    for row in _quarantined(connection, names):
        _unname(connection, row)
    for table, column in _STORIES:
        _rewrite(connection, table, table.c[column], names)
    known = tables.names
    connection.execute(delete(known).where(known.c.kind == "caller", known.c.name.in_(names)))
    for (kind, _), held in state.names.known.items():
        if kind == "caller":
            held.difference_update(names)
    state.changed = True  # other processes remember the name


def _fold(connection: Connection, table: Table, names: Names) -> None:
    """Moves what is left of its sums, those whose events are gone, to `__other__`."""
    moved: dict[tuple[Any, ...], list[int]] = {}
    width = len(ROLLUPS["callers"].dimensions)
    of = table.c.caller.in_(names)
    for row in connection.execute(select(table).where(of)):
        key = (*row[: width - 1], OTHER)
        moved[key] = [a + b for a, b in zip(row[width:], moved.get(key, [0] * len(row)), strict=False)]
    connection.execute(delete(table).where(of))
    dialect.add(connection, table, [(*key, *sums) for key, sums in sorted(moved.items())])


def _quarantined(connection: Connection, names: Names) -> list[Any]:
    table = tables.quarantine
    mentioned = or_(*(table.c.payload.contains(_in_json(name), autoescape=True) for name in names))
    rows = connection.execute(select(table.c.seq, table.c.payload).where(mentioned)).all()
    return [row for row in rows if msgspec.json.decode(row.payload, type=Event).caller in names]


def _unname(connection: Connection, row: Any) -> None:
    event = msgspec.json.decode(row.payload, type=Event)
    nobody = msgspec.structs.replace(event, caller=OTHER, session=None, text=None, fingerprints=None)
    table = tables.quarantine
    payload = msgspec.json.encode(nobody).decode()
    connection.execute(update(table).where(table.c.seq == row.seq).values(payload=payload))


def _rewrite(connection: Connection, table: Table, column: Column[Any], names: Names) -> None:
    keys = list(table.primary_key)
    forms = {form for name in names for form in (name, _in_json(name))}
    mentioned = or_(*(column.contains(form, autoescape=True) for form in forms))
    for *key, said in connection.execute(select(*keys, column).where(mentioned)).all():
        mine = [part == value for part, value in zip(keys, key, strict=True)]
        told = _untold(said, names, False) if column.name != "detail" else json.dumps(
            _untold(json.loads(said), names, False), ensure_ascii=False, separators=(",", ":"))  # fmt: skip
        connection.execute(update(table).where(*mine).values({column.name: told}))


def _untold(said: Any, names: Names, of_callers: bool) -> Any:
    """The same without the name, as far as a caller is meant: a route may have the same one."""
    if isinstance(said, dict):
        return {key: _untold(v, names, of_callers or key.startswith("caller")) for key, v in said.items()}
    if isinstance(said, list):
        return [_untold(one, names, of_callers) for one in said]
    if not isinstance(said, str):
        return said
    if of_callers and said in names:
        return OTHER
    for name in names:
        before = r"(?<!\w)" if _HASH.fullmatch(name) else "(?<=aller )"
        said = re.sub(rf"{before}{re.escape(name)}(?!\w)", OTHER, said)
    return said


def _in_json(name: str) -> str:
    return msgspec.json.encode(name).decode()[1:-1]
