"""Episodes as rows: opened, changed by compare-and-set, told apart by what they are about."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Select, insert, or_, select, update

from cascadewatch.errors import BusyError, NotFoundError
from cascadewatch.store import dialect
from cascadewatch.store.alert_tables import episodes as table
from cascadewatch.store.alert_tables import transitions as changes

RESOLVED = "resolved"
EVERY = "*"  # the cascade of what is about all of them together
_GROUP = 500  # numbers in one IN list


@dataclass(frozen=True, slots=True)
class Episode:
    """One continuous breach of a rule for one scope. Times are epoch ms.

    `opened` is when the rule fired, `since` when the change began as estimated. `parent` is the episode that
    speaks for this one in messages. `detail` is JSON: `estimate` (value, baseline, low, high, n, effective,
    since), `peak` (value, time), `message`, `diagnosis` (docs/alerts.md has all keys). `version` rises by one
    with every change. `cascade` may be EVERY.
    """

    id: int
    rule: str
    kind: str
    metric: str | None
    cascade: str
    route: str
    direction: str
    severity: str
    state: str
    opened: int
    since: int
    easing: int | None
    resolved: int | None
    parent: int | None
    acknowledged: int | None
    acknowledged_by: str | None
    updated: int
    version: int
    detail: Mapping[str, Any]

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.state != RESOLVED

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is about: of these at most one is open at a time."""
        return self.rule, self.cascade, self.route, self.direction


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of an episode's state at `time` (epoch ms), or a word about it (then both states are one)."""

    id: int
    episode: int
    time: int
    before: str
    state: str
    reason: str


def page(
    connection: Connection,
    *,
    open_only: bool = False,
    cascade: str | None = None,
    start: int | None = None,
    end: int | None = None,
    limit: int = 50,
    before: int | None = None,
) -> list[Episode]:
    """Episodes of which any part lies in [start, end), the last opened first.

    `before` is the number of the last episode of the page before this one; one that is not there gives
    the first page.
    """
    where = []
    if open_only:
        where.append(table.c.state != RESOLVED)
    if cascade is not None:
        where.append(table.c.cascade == cascade)
    if start is not None:
        where.append(or_(table.c.resolved.is_(None), table.c.resolved >= start))
    if end is not None:
        where.append(table.c.since < end)
    last = None if before is None else episode(connection, before)
    if last is not None:
        older = (table.c.opened == last.opened) & (table.c.seq < last.id)
        where.append(or_(table.c.opened < last.opened, older))
    found = select(table).where(*where).order_by(table.c.opened.desc(), table.c.seq.desc()).limit(limit)
    return _all(connection, found)


def episode(connection: Connection, id: int) -> Episode | None:  # noqa: A002 - as the column is shown
    """One episode."""
    found = _all(connection, select(table).where(table.c.seq == id))
    return found[0] if found else None


def opened_or_open(connection: Connection, since: int) -> list[Episode]:
    """Those that are open, and those opened from `since` on, in the order they opened."""
    which = or_(table.c.open_key.is_not(None), table.c.opened >= since)
    return _all(connection, select(table).where(which).order_by(table.c.opened, table.c.seq))


def children(connection: Connection, parents: Iterable[int]) -> list[Episode]:
    """The episodes that these speak for, in the order they opened."""
    wanted = list(parents)
    found = [
        child
        for at in range(0, len(wanted), _GROUP)
        for child in _all(connection, select(table).where(table.c.parent.in_(wanted[at : at + _GROUP])))
    ]
    return sorted(found, key=lambda child: (child.opened, child.id))


def transitions(connection: Connection, id: int) -> list[Transition]:  # noqa: A002
    """Its changes of state, the oldest first."""
    rows = connection.execute(select(changes).where(changes.c.episode == id).order_by(changes.c.seq))
    return [Transition(*row) for row in rows]


def acknowledge(connection: Connection, id: int, author: str, now: int) -> Episode:  # noqa: A002
    """Notes that a person knows of it; who was first stays. NotFoundError if there is no such episode."""
    found = episode(connection, id)
    if found is None:
        raise NotFoundError(f"there is no episode {id}")
    if found.acknowledged is not None:
        return found
    at = max(now, found.opened)
    changed = change(connection, found, at, acknowledged=at, acknowledged_by=author)
    note(connection, changed.id, at, changed.state, changed.state, f"acknowledged by {author}")
    return changed


def add(connection: Connection, values: Mapping[str, Any]) -> Episode:
    """A new episode from its columns but `seq` and `version`; open unless its state says otherwise."""
    about = tuple(str(values[name]) for name in ("rule", "cascade", "route", "direction"))
    seq = dialect.take_sequence(connection, "episodes", 1)
    row = {"easing": None, "resolved": None, "parent": None, **values, "seq": seq, "version": 1}
    row["open_key"] = None if row["state"] == RESOLVED else json.dumps(about)
    row["detail"] = _written(row["detail"])
    connection.execute(insert(table).values(row))
    made = episode(connection, seq)
    assert made is not None
    return made


def change(connection: Connection, known: Episode, now: int, **values: Any) -> Episode:
    """The episode with new values. BusyError if it was changed since it was read: decide again."""
    after = replace(known, **values, updated=now, version=known.version + 1)
    row: dict[str, Any] = {**values, "updated": now, "version": after.version}
    if not after.is_open:
        row["open_key"] = None
    if "detail" in row:
        row["detail"] = _written(after.detail)
    as_known = (table.c.seq == known.id, table.c.version == known.version)
    if connection.execute(update(table).where(*as_known).values(row)).rowcount != 1:
        raise BusyError(f"episode {known.id} was changed by another at the same time")
    return after


def note(connection: Connection, id: int, now: int, before: str, state: str, reason: str) -> int:  # noqa: A002
    """Writes a transition down; its number."""
    seq = dialect.take_sequence(connection, "transitions", 1)
    connection.execute(
        insert(changes).values(seq=seq, episode=id, time=now, before=before, state=state, reason=reason)
    )
    return seq


def _all(connection: Connection, statement: Select[Any]) -> list[Episode]:
    return [_episode(row) for row in connection.execute(statement)]


def _episode(row: Any) -> Episode:
    *values, detail, _ = row
    return Episode(*(*values, json.loads(detail)))


def _written(detail: Mapping[str, Any]) -> str:
    return json.dumps(detail, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
