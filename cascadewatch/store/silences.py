"""Silences as rows: for a while nobody hears of some rules or scopes. What happens is kept all the same."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from cascadewatch.errors import NotFoundError, UsageError
from cascadewatch.store import dialect
from cascadewatch.store.alert_tables import silences as table


@dataclass(frozen=True, slots=True)
class Silence:
    """Quiet from `starts` up to `ends` (epoch ms); a rule, cascade or route of None means every one."""

    id: int
    rule: str | None
    cascade: str | None
    route: str | None
    starts: int
    ends: int
    author: str
    comment: str | None
    created: int


def create(  # noqa: PLR0913 - one for each column
    connection: Connection,
    *,
    rule: str | None,
    cascade: str | None,
    route: str | None,
    starts: int,
    ends: int,
    author: str,
    comment: str | None,
    now: int,
) -> Silence:
    """Begins a silence. UsageError for one that is over, or that names a route without its cascade."""
    if ends <= max(starts, now):
        raise UsageError("a silence ends after it starts, and not in the past")
    if route is not None and cascade is None:
        raise UsageError("a silence that names a route also names its cascade")
    made = Silence(
        dialect.take_sequence(connection, "silences", 1),
        rule, cascade, route, starts, ends, author, comment, now,
    )  # fmt: skip
    row = (made.id, rule, cascade, route, starts, ends, author, comment, now)
    connection.execute(insert(table).values(dict(zip(table.c.keys(), row, strict=True))))
    return made


def end(connection: Connection, id: int, now: int) -> Silence | None:  # noqa: A002 - as the column is shown
    """Ends a silence now and gives it as it was; None for one that was over, which stays as it is.
    NotFoundError if there is no such silence."""
    mine = table.c.seq == id
    row = connection.execute(select(table).where(mine)).first()
    if row is None:
        raise NotFoundError(f"there is no silence {id}")
    ended = connection.execute(update(table).where(mine, table.c.ends > now).values(ends=now)).rowcount
    return Silence(*row) if ended else None


def active(connection: Connection, now: int) -> list[Silence]:
    """The silences in force, those that end first in front."""
    inside = (table.c.starts <= now, table.c.ends > now)
    rows = connection.execute(select(table).where(*inside).order_by(table.c.ends, table.c.seq))
    return [Silence(*row) for row in rows]


def covers(silence: Silence, rule: str, cascade: str, route: str) -> bool:
    """Whether it is about this rule and scope: a silence of a cascade is one of its routes too."""
    return (
        silence.rule in (None, rule) and silence.cascade in (None, cascade) and silence.route in (None, route)
    )
