"""Checks on a live store that it keeps its promises; run after every fault, and by users.

I1  every identity that was acknowledged has its row
I2  every rollup cell equals the sum recomputed from rows, and every derived column its facts
I3  accepted events, conflicts and senders' counts add up to what is held or was deleted on purpose
I8  the names that rollups know are under their caps

Rows and sums behind a horizon (horizons.py) may be gone or going: nothing is said of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, true

from cascadewatch.metrics.measures import PARTS
from cascadewatch.model import derive
from cascadewatch.settings import Settings
from cascadewatch.store import dialect, forgotten, horizons, raw, rollup
from cascadewatch.store.cells import UTC_DAY, Cells, Sums
from cascadewatch.store.engine import Store
from cascadewatch.store.migrate import zone_of
from cascadewatch.store.restore import event_of
from cascadewatch.store.rollup_tables import ROLLUPS
from cascadewatch.store.rows import fact_columns
from cascadewatch.store.state import State
from cascadewatch.store.tables import (
    attempts,
    event_keys,
    events,
    ingest_counters,
    labels,
    quarantine,
    sources,
    texts,
)
from cascadewatch.store.zone import local_days, next_day

MAX_EXAMPLES = 5
Progress = Callable[[int], None]


@dataclass
class Check:
    """One invariant: what was compared, and what did not fit."""

    title: str
    compared: int = 0
    broken: int = 0
    examples: list[str] = field(default_factory=list)

    def note(self, fits: bool, what: str | Callable[[], str]) -> None:
        """Counts one comparison."""
        self.compared += 1
        if not fits:
            self.broken += 1
            if len(self.examples) < MAX_EXAMPLES:
                self.examples.append((what if isinstance(what, str) else what())[:300])

    def as_dict(self) -> dict[str, Any]:
        """JSON of this check; examples only where something is broken."""
        out: dict[str, Any] = {"title": self.title, "compared": self.compared, "broken": self.broken}
        return out | ({"examples": self.examples} if self.examples else {})


def verify(store: Store, settings: Settings, progress: Progress = lambda _n: None) -> dict[str, Any]:
    """`{"ok", "events", "checks": {I1: {"title", "compared", "broken", "examples"?}, …}}`.

    Everything is read in one transaction, so writing may go on meanwhile. `progress` is told how
    many events were looked at.
    """
    with store.reading() as connection:
        state = State(connection, settings)
        state.zone = local_days(zone_of(connection) or settings.timezone)
        checks = {
            "I1": _identities(connection, state.horizons.raw),
            "I2": _sums(connection, state, progress),
            "I3": _conservation(connection),
            "I8": _bounds(state),
            "file": _file(connection),
        }
        held = _number(connection, select(func.count()).select_from(events))
    return {
        "ok": not any(c.broken for c in checks.values()),
        "events": held,
        "checks": {name: check.as_dict() for name, check in checks.items()},
    }


def _number(connection: Connection, statement: Any) -> int:
    return int(connection.execute(statement).scalar() or 0)


def _identities(connection: Connection, raw_horizon: int) -> Check:
    check = Check("every acknowledged identity has its row")
    young = event_keys.c.time >= raw_horizon
    keys = _number(connection, select(func.count()).select_from(event_keys).where(young))
    rows = _number(connection, select(func.count()).where(events.c.time >= raw_horizon))
    check.note(keys == rows, lambda: f"{keys} identities, {rows} events")
    rows = _number(connection, select(func.count()).where(events.c.time < raw_horizon))
    old = events.join(event_keys, event_keys.c.seq == events.c.seq)
    known = _number(connection, select(func.count()).select_from(old).where(~young)) if rows else 0
    check.note(known == rows, lambda: f"{known} identities of {rows} events that are about to be deleted")
    for table, column, which in (
        (event_keys, event_keys.c.seq, young),
        (attempts, attempts.c.event, true()),
        (labels, labels.c.event, true()),
        (texts, texts.c.event, true()),
    ):
        without = ~select(1).where(events.c.seq == column).exists()
        n = _number(connection, select(func.count()).select_from(table).where(which, without))
        check.note(n == 0, f"{n} rows of {table.name} without their event")
    bare = ~select(1).where(attempts.c.event == events.c.seq).exists()
    n = _number(connection, select(func.count()).select_from(events).where(bare))
    check.note(n == 0, lambda: f"{n} events without attempts")
    return check


def _conservation(connection: Connection) -> Check:
    check = Check("what was counted on arrival is what is held, or was deleted in its time")
    of_events = ~ingest_counters.c.source.like("%/labels")
    counted: Any = connection.execute(
        select(ingest_counters.c.outcome, func.sum(ingest_counters.c.n)).where(of_events).group_by("outcome")
    )
    by_outcome = {outcome: int(n) for outcome, n in counted}
    gone = forgotten.numbers(connection)
    keys = _number(connection, select(func.count()).select_from(event_keys)) + gone["identities"]
    sent = _number(connection, select(func.sum(sources.c.events)))
    kept = _number(connection, select(func.count()).select_from(quarantine)) + gone["quarantined"]
    accepted = by_outcome.get("accepted", 0) + gone["accepted"]
    conflicts = by_outcome.get("conflict", 0) + gone["conflict"]
    check.note(accepted == keys, lambda: f"{accepted} accepted, {keys} identities")
    check.note(sent == keys, lambda: f"{sent} by sender, {keys} identities")
    check.note(conflicts == kept, lambda: f"{conflicts} conflicts counted, {kept} in quarantine")
    return check


def _bounds(state: State) -> Check:
    check = Check("names are under their caps")
    for (kind, scope), known in state.names.known.items():
        limit = state.names.limits[kind] + 1  # and __other__
        check.note(len(known) <= limit, f"too many of kind {kind} in {scope!r}")
    return check


def _file(connection: Connection) -> Check:
    check = Check("the database file is sound")
    if dialect.is_sqlite(connection):
        said = connection.exec_driver_sql("PRAGMA quick_check").scalar()
        check.note(said == "ok", lambda: str(said))
    return check


def _sums(connection: Connection, state: State, progress: Progress) -> Check:
    check = Check("rollups and derived columns equal what the rows say")
    seen = dict.fromkeys(((f, t) for f, r in ROLLUPS.items() for t in r.tiers), 0)
    for start, end in _days(connection, state):
        _compare_day(connection, state, check, seen, start, end)
        progress(_number(connection, select(func.count()).where(events.c.time >= start, events.c.time < end)))
    for start, end in _utc_days(connection, state):
        _compare_callers(connection, state, check, seen, start, end)
    for (family, tier), n in seen.items():
        rows = _comparable((family, tier), state)
        held = _number(connection, select(func.count()).where(*rows))
        check.note(held == n, f"{family} by {tier}: {held} rows, {n} in the days looked at")
    return check


def _since(tier: str, state: State) -> int:
    return horizons.comparable(tier, state.horizons, state.zone)


def _comparable(which: tuple[str, str], state: State) -> tuple[ColumnElement[bool], ...]:
    """The rows of a table that are neither behind a horizon nor partly made of events that are."""
    table = ROLLUPS[which[0]].tiers[which[1]]
    return table.c.bucket >= _since(which[1], state), horizons.kept(which, state.horizons)


def _span(connection: Connection, state: State, table: str, tier: str) -> tuple[int, int] | None:
    bucket, oldest = ROLLUPS[table].tiers[tier].c.bucket, state.horizons.raw
    ends = [
        connection.execute(select(func.min(column), func.max(column)).where(column >= oldest)).one()
        for column in (bucket, events.c.time)
    ]
    found = [(low, high) for low, high in ends if low is not None]
    return (min(low for low, _ in found), max(high for _, high in found)) if found else None


def _days(connection: Connection, state: State) -> Iterator[tuple[int, int]]:
    span = _span(connection, state, "events", "day")
    day = state.zone(span[0]) if span else 0
    while span and day <= span[1]:
        after = next_day(day, state.zone)
        if after > state.horizons.raw:
            yield max(day, state.horizons.raw), after
        day = after


def _utc_days(connection: Connection, state: State) -> Iterator[tuple[int, int]]:
    span = _span(connection, state, "callers", "utc_day")
    if span:
        for day in range(span[0] - span[0] % UTC_DAY, span[1] + 1, UTC_DAY):
            yield day, day + UTC_DAY


def _compare_day(
    connection: Connection, state: State, check: Check, seen: dict[tuple[str, str], int], start: int, end: int
) -> None:
    expected: dict[tuple[str, str], Sums] = {key: {} for key in seen if key[0] != "callers"}
    cells: dict[str, Cells] = {}
    for held in raw.held(connection, start, end):
        e = held.event
        if not held.whole:
            check.note(False, f"event {e.id!r}: attempts are missing")
            continue
        cells.setdefault(e.cascade, rollup.new_cells(state, e.cascade)).add(*held)
        _compare_derived(state, check, held)
    for sums in cells.values():
        for key, rows in rollup.from_horizon(sums, state).items():
            if key[0] != "callers":
                expected[key].update(rows)
    for key, rows in expected.items():
        seen[key] += _compare(connection, state, check, key, rows, (start, end))


def _compare_derived(state: State, check: Check, held: raw.Held) -> None:
    e = held.event
    facts = fact_columns(derive(event_of(e, held.attempts), state.cascade(e.cascade).order))
    stored = tuple(e[e._fields.index("path") :][: len(facts)])
    check.note(facts == stored, lambda: f"event {e.id!r}: facts {stored} should be {facts}")
    parts = sum(getattr(e, f"cost_{part}") for part in PARTS)
    paid = sum((a.cost or 0) + (a.verify_cost or 0) for a in held.attempts)
    check.note(parts == paid, lambda: f"event {e.id!r}: parts sum to {parts}, attempts to {paid}")


def _compare_callers(
    connection: Connection, state: State, check: Check, seen: dict[tuple[str, str], int], start: int, end: int
) -> None:
    cells: dict[str, Cells] = {}
    for held in raw.held(connection, start, end):
        name = held.event.cascade
        if held.whole:
            cells.setdefault(name, rollup.new_cells(state, name)).add(*held)
    for tier in ROLLUPS["callers"].tiers:
        rows: Sums = {}
        for sums in cells.values():
            rows.update(sums.tables()["callers", tier])
        seen["callers", tier] += _compare(connection, state, check, ("callers", tier), rows, (start, end))


def _compare(
    connection: Connection, state: State, check: Check, which: tuple[str, str], expected: Sums,
    span: tuple[int, int],
) -> int:  # fmt: skip
    """Compares one table's buckets of a range; returns how many rows it holds there."""
    table, keys = ROLLUPS[which[0]].tiers[which[1]], len(ROLLUPS[which[0]].dimensions)
    n = 0
    left = dict(expected)
    within = (table.c.bucket >= span[0], table.c.bucket < span[1], *_comparable(which, state))
    for row in connection.execute(select(table).where(*within)):
        n += 1
        values, wanted = list(row[keys:]), left.pop(tuple(row[:keys]), None)
        if wanted is None:
            wanted = [0] * len(values)  # a row of zeros is what corrections leave
        check.note(
            values == wanted and _whole_numbers(values), partial(_unequal, table.name, tuple(row), wanted)
        )
    for key, values in left.items():
        check.note(not any(values), partial(_unequal, table.name, key, values))
    return n


def _unequal(table: str, row: object, wanted: object) -> str:
    return f"{table} {row} should be {wanted}"


def _whole_numbers(values: list[Any]) -> bool:
    """SQLite turns a sum past 2**63 into a float without a word."""
    return all(type(v) is int for v in values)
