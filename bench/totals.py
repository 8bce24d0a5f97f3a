"""Whether every rollup holds exactly what was sent, bucket by bucket: counted here apart from the product."""

from typing import Any, NamedTuple

import numpy as np
from events import ROUTES
from history import CASCADES, DAY_MS, REPORTED, Array, History, Part, Shape
from sqlalchemy import Connection, Select, Table, func, select

from cascadewatch.metrics.measures import PARTS
from cascadewatch.store import horizons, tables
from cascadewatch.store.cells import ALL
from cascadewatch.store.engine import Store
from cascadewatch.store.rollup_tables import ROLLUPS

MINUTE_MS = 60_000
MINUTES = DAY_MS // MINUTE_MS
WIDTHS = {"minute": 1, "quarter": 15, "hour": 60, "day": MINUTES, "utc_day": MINUTES}  # days are those of UTC
COUNTED = ("events", "judged", "escalated", "attempts", "labels")
PLACES = {(c, r): i for i, (c, r) in enumerate((c, r) for c in CASCADES for r in ROUTES)}
Json = dict[str, Any]


class Kept(NamedTuple):
    """A family of rollups: its tiers, which of COUNTED its measures are, and which of its rows count."""

    tiers: tuple[str, ...]
    measures: dict[str, str]
    where: dict[str, str]


RATES = {name: name for name in ("events", "judged", "escalated")}
KEPT = {
    "events": Kept(("minute", "quarter", "day"), RATES, {}),
    "attempts": Kept(("minute", "quarter", "day"), {"attempts": "attempts"}, {}),
    "bins": Kept(("quarter", "day"), {"events": "n"}, {"family": "latency"}),
    "labels": Kept(("quarter", "day"), {"labels": "labels"}, {"role": "cheap"}),
    "callers": Kept(("hour", "utc_day"), RATES, {}),
}


class Sent:
    """What was sent, per minute, cascade and route; money where the events said it, of REPORTED alone."""

    def __init__(self, history: History, shapes: list[Shape]) -> None:
        self.start = history.start - history.start % DAY_MS
        days = -(-(history.end - self.start) // DAY_MS)
        self.counts = np.zeros((days * MINUTES, len(PLACES), len(COUNTED)), np.int32)
        self.counts.fill(0)  # so that its memory is taken at once, not while the writer's is watched
        self.cost = 0
        self._place = np.array([PLACES[s.cascade, s.route] for s in shapes])
        self._facts = np.array([(1, s.judged, s.escalated, s.attempts, s.labels) for s in shapes], np.int32)
        self._cost = np.array([s.cost or 0 for s in shapes], np.int64)

    def add(self, part: Part) -> None:
        """Counts one body in."""
        minutes = (part.times - self.start) // MINUTE_MS
        np.add.at(self.counts, (minutes, self._place[part.shapes]), self._facts[part.shapes])
        self.cost += int(self._cost[part.shapes].sum())

    def by(self, minutes: int, measure: str) -> Array:
        """A measure in buckets of so many minutes: (bucket, place)."""
        one = self.counts[:, :, COUNTED.index(measure)].astype(np.int64)
        padded = np.pad(one, ((0, -len(one) % minutes), (0, 0)))
        return np.asarray(padded.reshape(-1, minutes, len(PLACES)).sum(axis=1))


def compared(store: Store, sent: Sent) -> Json:
    """By table: `sent`, `held`, and in how many buckets the two differ; then the rows and the money."""
    found: Json = {}
    with store.reading() as connection:
        known = horizons.stored(connection)
        for family, kept in KEPT.items():
            for tier in kept.tiers:
                first = max(sent.start, horizons.floor(known, tier))
                for whole in (False, True) if family != "callers" else (True,):
                    name = f"{family} by {tier}" + (", all routes" if whole else "")
                    found[name] = _table(connection, sent, (family, tier), first, whole)
        found |= _rows(connection, sent)
    return found


def _table(connection: Connection, sent: Sent, which: tuple[str, str], first: int, whole: bool) -> Json:
    (family, tier), kept = which, KEPT[which[0]]
    width, skipped = WIDTHS[tier], (first - sent.start) // MINUTE_MS // WIDTHS[tier]
    t = ROLLUPS[family].tiers[tier].c
    by = [t.cascade, *([] if family == "callers" else [t.route]), t.bucket]
    statement = select(*by, *(func.sum(t[m]) for m in kept.measures.values())).group_by(*by)
    statement = statement.where(t.bucket >= first, *(t[name] == value for name, value in kept.where.items()))
    if family != "callers":
        statement = statement.where(t.route == ALL if whole else t.route != ALL)
    expected = np.stack([sent.by(width, m) for m in kept.measures], axis=2)[skipped:]
    if whole:
        expected = expected.reshape(len(expected), len(CASCADES), len(ROUTES), -1).sum(axis=2)
    held = np.zeros_like(expected)
    for row in connection.execute(statement):
        place = CASCADES.index(row.cascade) if whole else PLACES[row.cascade, row.route]
        held[(row.bucket - first) // MINUTE_MS // width, place] += np.array(row[len(by) :], np.int64)
    return {"sent": expected.sum(axis=(0, 1)).tolist(), "held": held.sum(axis=(0, 1)).tolist(),
            "different": int((held != expected).sum())}  # fmt: skip


def _rows(connection: Connection, sent: Sent) -> Json:
    totals = dict(zip(COUNTED, sent.counts.sum(axis=(0, 1), dtype=np.int64).tolist(), strict=True))
    questions = {
        "event rows": (totals["events"], select(func.count()).select_from(tables.events)),
        "identities": (totals["events"], select(func.count()).select_from(tables.event_keys)),
        "attempt rows": (totals["attempts"], select(func.count()).select_from(tables.attempts)),
        "label rows": (totals["labels"], select(func.count()).select_from(tables.labels)),
        "nano-dollars of events": (sent.cost, _cost(tables.events)),
        "nano-dollars by quarter": (sent.cost, _cost(ROLLUPS["events"].tiers["quarter"])),
        "nano-dollars by day": (sent.cost, _cost(ROLLUPS["events"].tiers["day"])),
    }
    found = {}
    for name, (expected, question) in questions.items():
        held = int(connection.execute(question).scalar() or 0)
        found[name] = {"sent": expected, "held": held, "different": int(held != expected)}
    return found


def _cost(table: Table) -> Select[Any]:
    """What the events of REPORTED cost, each once."""
    statement = select(*(func.sum(table.c[f"cost_{part}"]) for part in PARTS))
    parts = statement.where(table.c.cascade == REPORTED)
    if table is not tables.events:
        parts = parts.where(table.c.route == ALL)
    sums = parts.subquery()
    total: Any = sum(sums.c, 0)
    return select(total)
