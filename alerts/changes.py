"""What changed in the events themselves, as marks on the time line: models, verifiers, thresholds, revisions
and prices, each with the moment from which the events say so.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from cascadewatch.drift.diagnosis.material import Change, What
from cascadewatch.drift.diagnosis.spoken import shown
from cascadewatch.drift.hours import HOUR_MS
from cascadewatch.settings import Settings
from cascadewatch.store import dialect, in_use, ingest, probes, tables
from cascadewatch.store.cells import ALL, QUARTER
from cascadewatch.store.engine import Store
from cascadewatch.store.reads import known
from cascadewatch.store.rollup_tables import ROLLUPS

AUTHOR = "cascadewatch"
KINDS: Mapping[What, str] = {
    "model": "model",
    "verifier": "verifier",
    "verifier model": "verifier",
    "threshold": "threshold",
    "revision": "revision",
    "price": "price",
}
_SENTENCES: Mapping[What, str] = {
    "model": "{}: model {}",
    "verifier": "{}: verifier {}",
    "verifier model": "{}: model of the verifier {}",
    "threshold": "{}: threshold {}",
    "revision": "revision {1}",
    "price": "{}: price of a million tokens (in / out) {}",
}
STATE = "changes:"  # prefix of the keys in `meta`
DAY_MS = 24 * HOUR_MS
HISTORY_MS = 28 * DAY_MS  # looked at when a cascade is new, or older events of it came in
AGAIN_MS = 3 * DAY_MS  # looked at again: what was in use must be known, and some events come late
SETTLED_MS = QUARTER  # after that one can tell what was replaced
SAME_MS = 2 * HOUR_MS  # late events move a change that was told already by less
COARSE_MS, FINE_MS = 6 * HOUR_MS, HOUR_MS  # between probes of history, and of what came since


@dataclass(frozen=True, slots=True)
class _Looked:
    """What the last run left behind for one cascade: the time of its first event then (`first`), up to when
    it was examined (`until`, both epoch ms), and the changes that were marked, not to be marked again."""

    first: int | None = None
    until: int = 0
    told: tuple[tuple[str, str, str, int], ...] = ()

    @classmethod
    def read(cls, value: str | None) -> "_Looked":
        if value is None:
            return cls()
        held = json.loads(value)
        return cls(held["first"], held["until"], tuple((w, s, a, t) for w, s, a, t in held["told"]))

    def written(self) -> str:
        return json.dumps({"first": self.first, "until": self.until, "told": self.told})

    def knows(self, change: Change) -> bool:
        about = (change.what, change.subject, change.after)
        return any((w, s, a) == about and abs(t - change.time) < SAME_MS for w, s, a, t in self.told)


def run(store: Store, settings: Settings, now: int) -> str:
    """Marks on the time line what changed since the last run. The first run for a cascade examines four weeks
    of history. Returns how many changes were marked, in words.

    A change is marked once, even if this runs twice or in two processes.
    """
    with store.reading() as connection:
        found = {
            cascade: _found(connection, cascade, now) for cascade in known(connection, settings).cascades
        }
    news = {cascade: one for cascade, one in found.items() if one is not None}
    if not news:
        return "nothing new"
    with store.writing() as connection:
        marked = sum(_mark(connection, cascade, *one, now) for cascade, one in sorted(news.items()))
    return f"{marked} changes marked in {len(news)} cascades"


def sentence(change: Change) -> str:
    """What changed, in one line.

    >>> sentence(Change("threshold", "judge-v2", "0.5", "0.4", 0))
    'judge-v2: threshold 0.5 → 0.4'
    """
    after = shown(change.after)
    moved = f"{after} (new)" if change.before is None else f"{shown(change.before)} → {after}"
    return _SENTENCES[change.what].format(shown(change.subject), moved)


def _found(connection: Connection, cascade: str, now: int) -> tuple[int, int, list[Change]] | None:
    """First and last quarter-hour with events, and what changed; None where nothing came since."""
    t = ROLLUPS["events"].tiers["quarter"].c
    mine = (t.cascade == cascade, t.origin == "live", t.route == ALL)
    first, last = connection.execute(select(func.min(t.bucket), func.max(t.bucket)).where(*mine)).one()
    looked = _looked(connection, cascade)
    if first is None or (last + QUARTER <= looked.until and looked.first == first):
        return None
    fresh = looked.first is None or first < looked.first
    start = max(first, now - HISTORY_MS if fresh else looked.until - AGAIN_MS)
    changes = in_use.appeared(connection, cascade, start, now)
    changes += probes.changed(connection, cascade, _moments(start, looked.until, now, fresh))
    return first, last, [change for change in changes if change.time <= now - SETTLED_MS]


def _moments(start: int, until: int, now: int, fresh: bool) -> Iterable[int]:
    if fresh:
        yield from range(start + COARSE_MS, now, COARSE_MS)
    else:
        yield from range(max(start, until - COARSE_MS), now, FINE_MS)
    yield now


def _mark(
    connection: Connection, cascade: str, first: int, last: int, changes: Iterable[Change], now: int
) -> int:
    """Marks the changes that are not marked yet. What was marked is read in the same transaction, since
    another process may have been here meanwhile."""
    looked = _looked(connection, cascade)
    news = [change for change in changes if not looked.knows(change)]
    for change in news:
        kind, text = KINDS[change.what], sentence(change)
        ingest.annotate(connection, change.time, cascade, None, kind, text, AUTHOR)
    told = [one for one in looked.told if one[3] > now - HISTORY_MS - AGAIN_MS]
    told += [(change.what, change.subject, change.after, change.time) for change in news]
    until = max(looked.until, min(last + QUARTER, now - SETTLED_MS))
    _keep(connection, cascade, _Looked(first, until, tuple(told)))
    return len(news)


def _looked(connection: Connection, cascade: str) -> _Looked:
    meta = tables.meta.c
    kept: Any = connection.execute(select(meta.value).where(meta.key == STATE + cascade)).scalar()
    return _Looked.read(kept)


def _keep(connection: Connection, cascade: str, looked: _Looked) -> None:
    connection.execute(tables.meta.delete().where(tables.meta.c.key == STATE + cascade))
    dialect.insert(connection, tables.meta, [(STATE + cascade, looked.written())])
