"""Checks on a live store that it keeps its promises; run after every fault, and by users.

I1  every identity that was acknowledged has its row
I2  every rollup cell equals the sum recomputed from rows, and every derived column its facts
I3  accepted events, conflicts and senders' counts add up to what is held or was deleted on purpose
I4  episodes, their changes and deliveries fit together
I5  runs of replays have counted, spent and held what their answers say
I8  the names that rollups know are under their caps

Rows and sums behind a horizon (horizons.py) may be gone or going: nothing is said of them.
"""

import threading
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import Connection, func, select, true

from cascadewatch.errors import StoreError
from cascadewatch.settings import Settings
from cascadewatch.store import dialect, forgotten
from cascadewatch.store.cells import HOUR
from cascadewatch.store.engine import Store
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
from cascadewatch.store.verification import facts
from cascadewatch.store.verification.check import Check
from cascadewatch.store.verification.spent import spent
from cascadewatch.store.verification.sums import Sums
from cascadewatch.store.verification.told import told as told_of

TOGETHER = 50_000  # events compared at once: sorting them is all the memory this takes
FOREVER = 2**62
Progress = Callable[[int, int], None]  # how many events were compared, of how many


def verify(store: Store, settings: Settings, progress: Progress = lambda _done, _of: None) -> dict[str, Any]:
    """`{"ok", "events", "checks": {I1: {"title", "compared", "broken", "examples"?}, …}}`.

    Two connections share the work, each in one transaction, so writing may go on meanwhile: what one
    compares is of one moment.
    """
    told = _Told(progress)
    with ThreadPoolExecutor(len(_PARTS), "verify") as pool:
        parts = [pool.submit(_part, part, store, settings, told) for part in _PARTS]
        try:
            checks, others = (part.result() for part in parts)
        except BaseException:  # a signal, too: the other part need not go on to its end
            told.stopped = True
            raise
    checks["I2"].join(others.pop("I2"))
    checks |= others
    with store.reading() as connection:
        held = _number(connection, select(func.count()).select_from(events))
    return {
        "ok": not any(c.broken for c in checks.values()),
        "events": held,
        "checks": {name: checks[name].as_dict() for name in sorted(checks)},
    }


def _part(part: "Part", store: Store, settings: Settings, told: "_Told") -> dict[str, Check]:
    with store.reading() as connection:
        state = State(connection, settings)
        return part(connection, state, told)


def _counted(connection: Connection, state: State, told: "_Told") -> dict[str, Check]:
    check = _sums(connection, state, ("events", "attempts"), told)
    facts.compare(connection, state, check, lambda: told(0, 0))
    return {"I2": check}


def _rest(connection: Connection, state: State, told: "_Told") -> dict[str, Check]:
    return {
        "I2": _sums(connection, state, ("bins", "labels", "callers"), told),
        "I1": _identities(connection, state.horizons.raw),
        "I3": _conservation(connection),
        "I4": told_of(connection, state.horizons.rollup),
        "I5": spent(connection, state.horizons.raw),
        "I8": _bounds(state),
        "file": _file(connection),
    }


Part = Callable[[Connection, State, "_Told"], dict[str, Check]]
_PARTS: tuple[Part, ...] = (_counted, _rest)


class _Told:
    """What the parts have done together, of the events that each has to compare."""

    def __init__(self, progress: Progress) -> None:
        self.progress, self.done, self.total, self.mutex = progress, 0, 0, threading.Lock()
        self.stopped = False

    def __call__(self, more: int, of: int) -> None:
        with self.mutex:
            if self.stopped:
                raise StoreError("the check was stopped")
            self.done += more
            self.total = max(self.total, of)
            self.progress(self.done // len(_PARTS), self.total)


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
        # In the order of events: to look each up where it lies, by chance, reads the file many times over.
        named = select(column.label("event")).where(which).order_by(column).limit(FOREVER).subquery()
        without = ~select(1).where(events.c.seq == named.c.event).exists()
        n = _number(connection, select(func.count()).select_from(named).where(without))
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


def _sums(connection: Connection, state: State, families: Collection[str], told: _Told) -> Check:
    check = Check("rollups and derived columns equal what the rows say")
    sums = Sums(connection, state, check, families)
    spans = _spans(connection, sums.since("quarter"), {sums.since("minute"), sums.since("hour")})
    total = sum(n for _, _, n in spans)
    for start, end, n in spans:
        told(0, total)
        sums.compare(start, end)
        told(n, total)
    sums.compare_days()
    check.compared += sums.held()
    return check


def _spans(connection: Connection, since: int, borders: set[int]) -> list[tuple[int, int, int]]:
    """All time from `since` on, parted at the borders and wherever there are enough events between two
    whole hours; with how many events there are."""
    hour = (events.c.time - events.c.time % HOUR).label("hour")
    statement = select(hour, func.count()).where(events.c.time >= since).group_by(hour).order_by(hour)
    spans, start, held = [], since, 0
    for at, n in connection.execute(statement).all():
        for border in sorted(b for b in borders if start < b <= at):
            spans.append((start, border, held))
            start, held = border, 0
        if held and held + n > TOGETHER:
            spans.append((start, at, held))
            start, held = at, 0
        held += n
    for border in sorted(b for b in borders if b > start):
        spans.append((start, border, held))
        start, held = border, 0
    return [*spans, (start, FOREVER, held)]
