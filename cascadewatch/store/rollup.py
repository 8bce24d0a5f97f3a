"""Keeps the rollups equal to the rows they sum up."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from sqlalchemy import Connection, func, select

from cascadewatch.store import dialect, horizons, raw, routes, tables, totals
from cascadewatch.store.bounds import Room
from cascadewatch.store.cells import DAY_TIER, Cells, Sums
from cascadewatch.store.rollup_tables import ROLLUPS
from cascadewatch.store.rows import Context, Rows, event_row
from cascadewatch.store.state import Names, State, touch
from cascadewatch.store.stored_event import event_of
from cascadewatch.store.totals import Applied

_PAGE = 20_000  # events in memory at once
Progress = Callable[[int, int], None]  # how many events were added up, of how many


def batched(items: Iterable[raw.Held], size: int) -> Iterator[list[raw.Held]]:
    """Lists of up to `size` items (itertools has it from Python 3.12 on)."""
    iterator = iter(items)
    while page := list(islice(iterator, size)):
        yield page


def new_cells(state: State, cascade: str) -> Cells:
    """Empty sums for one cascade."""
    return Cells(state.names.of(cascade), state.zone, state.horizons.floors)


def apply(connection: Connection, cells: Cells, sign: int = 1, room: Room | None = None) -> Applied:
    """Adds the sums to every tier, or with `sign` -1 takes them away; gives what was added. InputError when
    `room` has none."""
    made = cells.tables(sign)
    if room is not None:
        room.take(connection, made)
    _add(connection, made)
    return made


def _add(connection: Connection, made: dict[tuple[str, str], Sums]) -> None:
    for (family, tier), sums in made.items():
        table = ROLLUPS[family].tiers[tier]
        dialect.add(connection, table, [(*key, *sums[key]) for key in sorted(sums)])


def from_horizon(cells: Cells, state: State) -> dict[tuple[str, str], Sums]:
    """The sums by table, without the local day that the raw horizon cuts: a part of its events is gone."""
    first = horizons.comparable(DAY_TIER, state.horizons, state.zone)
    return {
        which: {k: v for k, v in sums.items() if k[3] >= first} if which[1] == DAY_TIER and first else sums
        for which, sums in cells.tables().items()
    }


def rederive(connection: Connection, state: State, cascade: str, context: Context) -> int:
    """Derives the held events of a cascade anew and moves the rollups by the difference.

    For a new order of tiers, or a flagship whose price was not known before. Returns how many
    events changed.
    """
    changed = 0
    for page in batched(raw.held(connection, cascade=cascade), _PAGE):
        before, after = new_cells(state, cascade), new_cells(state, cascade)
        news: list[Rows] = []
        for held in page:
            if not held.whole:
                continue  # `verify` tells of it
            made = _made_anew(held, context)
            if made.event != held.event:
                before.add(*held)
                after.add(*made, held.labels)
                news.append(made)
        replace_rows(connection, news)
        totals.keep(connection, [apply(connection, before, -1), apply(connection, after)])
        changed += len(news)
    return changed


def _made_anew(held: raw.Held, context: Context) -> Rows:
    """The event under another order. Its attempts keep the price they had."""
    e = held.event
    event = event_of(e, held.attempts)
    made = event_row(event, held.attempts, e.seq, e.source, e.received, e.origin, context)
    return Rows(made._replace(caller=e.caller, session=e.session), held.attempts)


def rebuild(
    connection: Connection,
    state: State,
    progress: Progress = lambda _done, _of: None,
    *,
    names_anew: bool = True,
) -> int:
    """Empties the rollups from the raw horizon on and sums the held events up again; returns the number of
    events. Older sums stay, and are found: their events are gone. The limits on names are those of now,
    unless `names_anew` is False: then every name is counted as it was."""
    was = totals.held(connection)
    while raw.delete_before(connection, state.horizons.raw)["events"]:
        pass  # what waits to be deleted was summed under the names known until now
    _empty(connection, state)
    if names_anew:
        connection.execute(tables.names.delete())
        state.names = Names(state.settings, ())
        state.names.new += routes.summed(connection)  # what is left is older
    total = _sum_up(connection, state, progress)
    totals.keep_fallen(connection, was)
    state.save_names(connection)
    touch(connection)
    return total


def _empty(connection: Connection, state: State) -> None:
    for rollup in ROLLUPS.values():
        for tier, table in rollup.tiers.items():
            first = horizons.comparable(tier, state.horizons, state.zone)
            connection.execute(table.delete().where(table.c.bucket >= first) if first else table.delete())


def _sum_up(connection: Connection, state: State, progress: Progress) -> int:
    held_now = connection.execute(select(func.count()).select_from(tables.events)).scalar_one()
    total = 0
    for page in batched(raw.held(connection), _PAGE):
        cells: dict[str, Cells] = {}
        for held in (h for h in page if h.whole):
            name = held.event.cascade
            cells.setdefault(name, new_cells(state, name)).add(*held)
        for sums in cells.values():
            _add(connection, from_horizon(sums, state))
        total += len(page)
        progress(total, held_now)
    return total


def replace_rows(connection: Connection, news: list[Rows]) -> None:
    """Puts these events and attempts in the place of those with the same keys."""
    seqs = [rows.event.seq for rows in news]
    for i in range(0, len(seqs), 500):
        part = seqs[i : i + 500]
        connection.execute(tables.attempts.delete().where(tables.attempts.c.event.in_(part)))
        connection.execute(tables.events.delete().where(tables.events.c.seq.in_(part)))
    insert_rows(connection, news)


def insert_rows(connection: Connection, rows: Iterable[Rows]) -> None:
    """Inserts events with their attempts."""
    listed = list(rows)
    dialect.insert(connection, tables.events, [r.event for r in listed])
    dialect.insert(connection, tables.attempts, [a for r in listed for a in r.attempts])
