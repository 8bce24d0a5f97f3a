"""Keeps the rollups equal to the rows they sum up."""

from collections.abc import Iterable, Iterator
from itertools import islice

from sqlalchemy import Connection, Table, func, insert, select, text

from cascadewatch.settings import Settings
from cascadewatch.store import dialect, raw, tables
from cascadewatch.store.cells import QUARTER, Cells
from cascadewatch.store.restore import event_of
from cascadewatch.store.rollup_tables import ROLLUPS
from cascadewatch.store.rows import Context, Rows, event_row
from cascadewatch.store.state import Names, State, touch

_PAGE = 20_000  # events in memory at once


def batched(items: Iterable[raw.Held], size: int) -> Iterator[list[raw.Held]]:
    """Lists of up to `size` items (itertools has it from Python 3.12 on)."""
    iterator = iter(items)
    while page := list(islice(iterator, size)):
        yield page


def new_cells(state: State, cascade: str) -> Cells:
    """Empty sums for one cascade."""
    return Cells(state.names.of(cascade), state.zone, state.minute_floor)


def apply(connection: Connection, cells: Cells, sign: int = 1) -> None:
    """Adds the sums to every tier, or with `sign` -1 takes them away."""
    for (family, tier), sums in cells.tables(sign).items():
        table = ROLLUPS[family].tiers[tier]
        dialect.add(connection, table, [(*key, *sums[key]) for key in sorted(sums)])


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
        _replace_rows(connection, news)
        apply(connection, before, -1)
        apply(connection, after)
        changed += len(news)
    return changed


def _made_anew(held: raw.Held, context: Context) -> Rows:
    """The event under another order. Its attempts keep the price they had."""
    e = held.event
    event = event_of(e, held.attempts)
    made = event_row(event, held.attempts, e.seq, e.source, e.received, e.origin, context)
    return Rows(made._replace(caller=e.caller, session=e.session), held.attempts)


def rebuild(connection: Connection, state: State) -> int:
    """Empties every rollup and sums the held events up again, under the limits on names as they
    are now; returns the number of events."""
    connection.execute(tables.names.delete())
    state.names = Names(state.settings, ())
    for rollup in ROLLUPS.values():
        for table in rollup.tiers.values():
            connection.execute(table.delete())
    total = 0
    for page in batched(raw.held(connection), _PAGE):
        cells: dict[str, Cells] = {}
        for held in (h for h in page if h.whole):
            name = held.event.cascade
            cells.setdefault(name, new_cells(state, name)).add(*held)
        for sums in cells.values():
            apply(connection, sums)
        total += len(page)
    state.save_names(connection)
    touch(connection)
    return total


def _replace_rows(connection: Connection, news: list[Rows]) -> None:
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


def rezone(connection: Connection, settings: Settings, state: State) -> None:
    """Makes the local days anew from quarter-hours when the zone of the settings changed."""
    zone = connection.execute(select(tables.meta.c.value).where(tables.meta.c.key == "timezone")).scalar()
    if zone == settings.timezone:
        return
    if zone is not None:
        connection.execute(
            text("CREATE TEMP TABLE zone_days (quarter BIGINT PRIMARY KEY, day BIGINT NOT NULL)")
        )
        connection.execute(
            text("INSERT INTO zone_days VALUES (:quarter, :day)"), list(_quarters(connection, state))
        )
        for family in ("events", "attempts", "bins", "labels"):
            _days_from_quarters(connection, family)
        connection.execute(text("DROP TABLE zone_days"))
        connection.execute(tables.meta.delete().where(tables.meta.c.key == "timezone"))
    dialect.insert(connection, tables.meta, [("timezone", settings.timezone)])
    touch(connection)


def _quarters(connection: Connection, state: State) -> Iterable[dict[str, int]]:
    table = ROLLUPS["events"].tiers["quarter"]
    first, last = connection.execute(select(func.min(table.c.bucket), func.max(table.c.bucket))).one()
    if first is None:
        return [{"quarter": 0, "day": 0}]
    return [{"quarter": t, "day": state.zone(t)} for t in range(first, last + QUARTER, QUARTER)]


def _days_from_quarters(connection: Connection, family: str) -> None:
    rollup = ROLLUPS[family]
    quarter, day = rollup.tiers["quarter"], rollup.tiers["day"]
    zone_days = _zone_days()
    connection.execute(day.delete())
    key = [zone_days.c.day if name == "bucket" else quarter.c[name] for name in rollup.dimensions]
    sums = [func.sum(quarter.c[name]) for name in rollup.measures]
    made = select(*key, *sums).join(zone_days, zone_days.c.quarter == quarter.c.bucket).group_by(*key)
    connection.execute(insert(day).from_select([*rollup.dimensions, *rollup.measures], made))


def _zone_days() -> Table:
    from sqlalchemy import BigInteger, Column, MetaData

    return Table("zone_days", MetaData(), Column("quarter", BigInteger), Column("day", BigInteger))
