"""Labels: those that come with their event, later ones, and early ones that wait for it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, select

from cascadewatch.model import Label
from cascadewatch.moments import epoch_ms
from cascadewatch.store import dialect, raw, rollup, tables
from cascadewatch.store.cells import Cells, estimates
from cascadewatch.store.rowtypes import EventRow, LabelRow
from cascadewatch.store.state import State

WAITING_MS = 7 * 86_400_000  # how long an early label waits for its event
LAST_LABEL = "last_label:"  # prefix of the keys in `meta`


class Said(NamedTuple):
    """A label and the event it is for."""

    seq: int
    label: Label
    received: int


def row_of(label: Label) -> LabelRow:
    """The label as the rollups count it."""
    return LabelRow(label.attempt, label.source, int(label.correct), label.sampling, label.probability)


def stored(seq: int, label: Label, otherwise: int) -> tuple[Any, ...]:
    """The label as a row of `labels`; without a time of its own it is from `otherwise`."""
    time = epoch_ms(label.time) if label.time else otherwise
    return (seq, *row_of(label)[:2], int(label.correct), label.sampling, label.probability, time)


def checks(e: EventRow, row: tuple[Any, ...]) -> bool:
    """Whether a row of `labels` tells of quality: it was drawn, and is of the answer that was served."""
    label = LabelRow(*row[1:6])
    return label.attempt == e.served_index and estimates(label) and e.origin == "live"


def newest(labels: Iterable[Label]) -> list[Label]:
    """One label per attempt and source: the one said last."""
    return list({(x.attempt, x.source): x for x in labels}.values())


def attempts_of(connection: Connection, seqs: Sequence[int]) -> dict[int, int]:
    """How many attempts each of the given events has, as far as they are still held."""
    table = tables.attempts
    sizes: dict[int, int] = {}
    for i in range(0, len(seqs), 500):
        part = table.c.event.in_(list(seqs[i : i + 500]))
        rows: Any = connection.execute(
            select(table.c.event, func.count()).where(part).group_by(table.c.event)
        )
        sizes.update(dict(tuple(row) for row in rows))
    return sizes


def no_attempt(attempts: int | None) -> str:
    """Why a label cannot be taken, in a sentence."""
    if attempts is None:
        return "too_old: the event's row is no longer kept, so it cannot be labelled"
    return f"the event has {attempts} attempts, counted from 0"


def apply(connection: Connection, state: State, said: Sequence[Said]) -> None:
    """Labels stored events; a second label of the same source replaces the first."""
    wanted: dict[int, list[Said]] = defaultdict(list)
    for x in said:
        wanted[x.seq].append(x)
    cells: dict[str, Cells] = {}
    rows: list[tuple[Any, ...]] = []
    newest: dict[str, int] = {}
    for held in raw.by_seq(connection, wanted):
        changed = _changed(held, wanted[held.event.seq])
        if changed:
            name = held.event.cascade
            _move(cells.setdefault(name, rollup.new_cells(state, name)), held, changed)
            new = [stored(*x) for x in changed]
            rows.extend(new)
            told = [row[-1] for row in new if checks(held.event, row)]
            newest[name] = max([newest.get(name, 0), *told])
    for name, sums in cells.items():
        rollup.apply(connection, sums, room=state.cascade(name).room)
    _replace(connection, rows)
    remember_newest(connection, newest)


def news(connection: Connection, said: Sequence[Said]) -> list[Said]:
    """Of labels sent again: those whose source had said nothing yet, or that carry a later time."""
    table, known = tables.labels, dict[tuple[int, int, str], int]()
    seqs = sorted({x.seq for x in said})
    for i in range(0, len(seqs), 500):
        rows = connection.execute(
            select(table.c.event, table.c.attempt, table.c.source, table.c.time).where(
                table.c.event.in_(seqs[i : i + 500])
            )
        )
        known.update({(event, attempt, source): time for event, attempt, source, time in rows})

    def is_news(x: Said) -> bool:
        before = known.get((x.seq, x.label.attempt, x.label.source))
        return before is None or (x.label.time is not None and epoch_ms(x.label.time) > before)

    return [x for x in said if is_news(x)]


def _changed(held: raw.Held, said: list[Said]) -> list[Said]:
    """The last word of each source, where it differs from what is known."""
    last = {(x.label.attempt, x.label.source): x for x in said}
    return [x for x in last.values() if row_of(x.label) not in held.labels]


def _move(cells: Cells, held: raw.Held, said: list[Said]) -> None:
    """Takes the event's old labels out of the sums and puts the new ones in."""
    merged = {(x.attempt, x.source): x for x in held.labels}
    merged.update({(x.label.attempt, x.label.source): row_of(x.label) for x in said})
    cells.add_labels(held.event, held.attempts, held.labels, -1)
    cells.add_labels(held.event, held.attempts, list(merged.values()), 1)


def _replace(connection: Connection, rows: list[tuple[Any, ...]]) -> None:
    table = tables.labels
    if rows:
        connection.execute(
            delete(table).where(
                table.c.event == bindparam("e"),
                table.c.attempt == bindparam("a"),
                table.c.source == bindparam("s"),
            ),
            [{"e": row[0], "a": row[1], "s": row[2]} for row in rows],
        )
    dialect.insert(connection, table, rows)


def remember_newest(connection: Connection, times: dict[str, int]) -> None:
    """Keeps the time of each cascade's newest label that `checks` its quality; 0 is none."""
    meta = tables.meta
    for cascade, time in times.items():
        key = LAST_LABEL + cascade
        known = connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()
        if time > (0 if known is None else int(known)):
            connection.execute(delete(meta).where(meta.c.key == key))
            dialect.insert(connection, meta, [(key, str(time))])


def wait(connection: Connection, key: bytes, label: Label, received: int) -> None:
    """Keeps a label whose event has not come yet."""
    table = tables.waiting_labels
    connection.execute(
        delete(table).where(
            table.c.key == key, table.c.attempt == label.attempt, table.c.source == label.source
        )
    )
    row = (key, *stored(0, label, received)[1:], received)
    dialect.insert(connection, table, [row])


def take_waiting(connection: Connection, keys: Sequence[bytes], now: int) -> dict[bytes, list[Label]]:
    """Labels that waited for the given events, taken out of the waiting room."""
    from cascadewatch.moments import utc

    table = tables.waiting_labels
    if connection.execute(select(table.c.key).limit(1)).first() is None:
        return {}
    found: dict[bytes, list[Label]] = defaultdict(list)
    for i in range(0, len(keys), 500):
        part = table.c.key.in_(keys[i : i + 500])
        for x in connection.execute(select(table).where(part, table.c.received >= now - WAITING_MS)):
            label = Label(x.attempt, bool(x.correct), x.source, x.sampling, x.probability, utc(x.time))
            found[bytes(x.key)].append(label)
        connection.execute(delete(table).where(part))
    return found
