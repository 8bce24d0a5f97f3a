"""Retention: what is older than the settings keep is deleted, in small parts, while everything else goes on.

    preview(store, settings, now)   how many rows of each table would go
    prune(store, settings, now)     lets them go

The sums of events that are gone stay. What an open episode, a baseline in force or an unfinished replay
rests on stays, whatever its age; so do reports.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select

from cascadewatch.settings import Settings
from cascadewatch.settings.retention import Retention
from cascadewatch.store import alert_tables as alerting
from cascadewatch.store import deletions, dialect, horizons, outbox, tables, totals
from cascadewatch.store.cells import UTC_DAY
from cascadewatch.store.deletions import Deletion, Gone, rows
from cascadewatch.store.engine import Store
from cascadewatch.store.episodes import RESOLVED
from cascadewatch.store.horizons import Horizons
from cascadewatch.store.labelling import WAITING_MS
from cascadewatch.store.replay_tables import replay_baselines, replay_results, replays, reports
from cascadewatch.store.replays import RUNNING
from cascadewatch.store.rollup_tables import ROLLUPS
from cascadewatch.store.state import touch

PRUNED = "pruned"  # in `meta`: when the last prune ended that got to the end
LEAST_REST_S = 0.01  # between two parts: others take their turn meanwhile


@dataclass
class Pruned:
    """Rows that went, by table; `whole` is False for one that was stopped before its end, and `log_emptied`
    where a reader kept deleted rows in SQLite's write-ahead log."""

    horizons: Horizons
    rows: Gone = field(default_factory=dict)
    whole: bool = True
    log_emptied: bool = True

    def add(self, gone: Gone) -> None:
        """Counts rows in."""
        for name, n in gone.items():
            if n:
                self.rows[name] = self.rows.get(name, 0) + n


class Going(NamedTuple):
    """What there is to delete: the horizons, and the moment they are for (epoch ms)."""

    horizons: Horizons
    now: int
    retention: Retention


def preview(store: Store, settings: Settings, now: int) -> Pruned:
    """What `prune` would delete; nothing is."""
    with store.reading() as connection:
        known = horizons.stored(connection)
        going = _going(known, settings, now)
        found = Pruned(going.horizons)
        texts = 0
        for deletion in _deletions(going):
            counted = deletion.due(connection)
            texts = max(texts, counted.pop("texts", 0))  # those of old events are found twice
            found.add(counted)
        found.add({"texts": texts})
    return found


def prune(
    store: Store,
    settings: Settings,
    now: int,
    *,
    told: Callable[[Gone], object] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
    rest: Callable[[float], object] = time.sleep,
) -> Pruned:
    """Deletes what is too old at `now` (epoch ms), part by part.

    `told` hears the rows of each part, `stopped` is asked between two, and `rest` is called with the seconds
    the last one took, so that others may write for as long. Run again after a stop or a kill, it goes on.
    Raises BusyError while the database is out of reach.
    """
    with store.writing() as connection:
        known = horizons.stored(connection)
        going = _going(known, settings, now)
        if going.horizons != known:
            totals.keep_old(connection, known.rollup, going.horizons.rollup)
            horizons.store(connection, going.horizons)
            touch(connection)
    done = Pruned(going.horizons)
    for deletion in _deletions(going):
        parts, gone = deletion.parts(store), None
        while part := _next(parts, gone):
            if stopped():
                done.whole = False
                return done
            began = time.monotonic()
            with store.writing() as connection:
                gone = part(connection)
            done.add(gone)
            told(gone)
            rest(max(LEAST_REST_S if any(gone.values()) else 0, time.monotonic() - began))
    with store.writing() as connection:
        connection.execute(tables.meta.delete().where(tables.meta.c.key == PRUNED))
        dialect.insert(connection, tables.meta, [(PRUNED, str(now))])
    done.log_emptied = store.checkpoint()
    return done


def last(connection: Connection) -> int | None:
    """When the last prune ended that got to the end; None before the first."""
    found = connection.execute(select(tables.meta.c.value).where(tables.meta.c.key == PRUNED)).scalar()
    return None if found is None else int(found)


def _going(known: Horizons, settings: Settings, now: int) -> Going:
    wanted = horizons.wanted(settings.retention, now)
    return Going(horizons.advanced(known, wanted), now, settings.retention)


def _next(parts: deletions.Parts, gone: Gone | None) -> deletions.Part | None:
    try:
        return parts.send(gone)  # type: ignore[arg-type]  # None begins
    except StopIteration:
        return None


def _deletions(going: Going) -> Iterator[Deletion]:
    """Everything, text first. Days of events come last among the sums: from them is known what else is."""
    ends = going.horizons
    yield deletions.old_texts(ends.text)
    yield deletions.texts_aside(ends.text)
    yield deletions.single_events(ends.raw)
    tiers = [(family, tier) for family, r in ROLLUPS.items() for tier in r.tiers]
    for which in sorted(tiers, key=lambda which: which == ("events", "day")):
        yield deletions.sums(which, ends)
    yield deletions.identities(ends.rollup)
    yield deletions.counters(ends.rollup)
    yield deletions.conflicts(ends.raw)
    t = tables.waiting_labels.c
    yield rows(tables.waiting_labels, t.received < going.now - WAITING_MS)
    yield rows(replay_results, replay_results.c.replay.in_(_old_runs(ends.raw)))
    yield from _history(ends.rollup)
    oldest = going.now - going.retention.audit_days * UTC_DAY
    yield rows(tables.audit, tables.audit.c.time < oldest)


def _old_runs(before: int) -> ColumnElement[int]:
    """Runs whose answers nobody asks for any more: ended before that moment, neither the last of their name
    nor the one that later ones are compared with."""
    t = replays.c
    last_ones = select(func.max(t.seq)).group_by(t.name)
    pinned = select(reports.c.replay).join(replay_baselines, replay_baselines.c.report == reports.c.seq)
    ended = (t.state != RUNNING, t.finished < before)
    return select(t.seq).where(*ended, t.seq.not_in(last_ones), t.seq.not_in(pinned))  # type: ignore[return-value]


def _history(before: int) -> Iterator[Deletion]:
    """What happened before a moment and is over."""
    e, d = alerting.episodes.c, alerting.deliveries.c
    untold = select(d.episode).where(d.state.in_(outbox.UNTOLD))
    over = (e.state == RESOLVED) & (e.resolved < before)
    heads = select(e.parent).where(e.parent.is_not(None), ~over)
    gone = over & e.seq.not_in(untold) & e.seq.not_in(heads)
    old = select(e.seq).where(gone)
    alone = (d.episode == 0) & d.state.not_in(outbox.UNTOLD) & (d.created < before)
    yield rows(alerting.transitions, alerting.transitions.c.episode.in_(old))
    yield rows(alerting.deliveries, d.episode.in_(old) | alone)
    yield rows(alerting.episodes, gone)
    s, b = alerting.silences.c, alerting.baselines.c
    yield rows(alerting.silences, s.ends < before)
    in_use = select(alerting.drift_states.c.baseline).where(alerting.drift_states.c.baseline.is_not(None))
    yield rows(alerting.baselines, b.retired < before, b.seq.not_in(in_use))
    yield rows(alerting.drift_states, alerting.drift_states.c.look < before)
    yield rows(alerting.rule_states, alerting.rule_states.c.evaluated < before)
    yield rows(tables.annotations, tables.annotations.c.time < before)
