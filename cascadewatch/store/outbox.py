"""The outbox: what is to be said, by channel, from the transaction that decided it until it was said.

pending -> sending (by an owner, until its claim ends) -> delivered, or covered by another row's message;
dead when it is given up. Rows that belong to no episode have episode 0: digests, and notices of our own.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, case, delete, func, select, update
from sqlalchemy.sql import ColumnElement

from cascadewatch.errors import BusyError
from cascadewatch.store import dialect
from cascadewatch.store.alert_tables import deliveries as table
from cascadewatch.store.alert_tables import episodes

PENDING, SENDING, DELIVERED, COVERED, DEAD = "pending", "sending", "delivered", "covered", "dead"
UNTOLD = (PENDING, SENDING)
DIGEST, NOTICE, DISK, CAPS, JOBS = "digest", "notice", "disk", "caps", "jobs"
APART_KINDS = (DIGEST, NOTICE, DISK, CAPS, JOBS)  # told in messages of their own
GATHER_MS = 8_000  # the first of a group waits so long for others; with the rest, told within ten seconds
# One who heard that it began hears how it ends, whoever the rule names now.
ENDINGS = ("resolved", "steady")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One transition of an episode on its way to one channel.

    `owner` sends it until `claimed`; `message` is the id of the message that carries or carried it.
    Times are epoch ms.
    """

    id: int
    episode: int
    transition: int
    channel: str
    kind: str
    state: str
    created: int
    due: int
    attempts: int
    owner: str | None
    claimed: int | None
    delivered: int | None
    error: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that is not told yet, with what grouping asks of its episode."""

    delivery: Delivery
    cascade: str | None
    severity: str
    opened: int


class Heard(NamedTuple):
    """What a channel hears of a transition: when that was last put in for it (epoch ms), and the same of what
    it was told; None where it was not."""

    created: int
    told: int | None


def enqueue(
    connection: Connection, *, episode: int, transition: int, kind: str, channels: Sequence[str], now: int
) -> None:
    """Puts one transition into the outbox, in the transaction that makes it.

    The end of an episode also goes to channels that stood in for others when it began.
    """
    names = dict.fromkeys(channels)
    if kind in ENDINGS:
        heard = (table.c.episode == episode, table.c.state != DEAD)
        names |= dict.fromkeys(connection.execute(select(table.c.channel).where(*heard)).scalars())
    _insert(connection, (episode, transition), kind, [*names], now)


def _insert(
    connection: Connection, about: tuple[int, int], kind: str, channels: Sequence[str], now: int
) -> None:
    first = dialect.take_sequence(connection, "deliveries", len(channels)) if channels else 0
    rest = (PENDING, now, now + GATHER_MS, 0, None, None, None, None, None)
    rows = [(first + i, *about, name, kind, *rest) for i, name in enumerate(channels)]
    dialect.insert(connection, table, rows)


def copy(connection: Connection, it: Delivery, channel: str, now: int) -> None:
    """The same to another channel, which stands in for this one's; once."""
    same = (table.c.episode == it.episode, table.c.transition == it.transition, table.c.kind == it.kind)
    # News of the installation itself have the same numbers each time: what was said before is another.
    of_now = table.c.created >= (it.created if it.kind in APART_KINDS else 0)
    there = select(table.c.seq).where(*same, table.c.channel == channel, table.c.state != DEAD, of_now)
    if connection.execute(there.limit(1)).first() is None:
        _insert(connection, (it.episode, it.transition), it.kind, [channel], max(now, it.created))


def heard_by(
    connection: Connection, channels: Collection[str]
) -> dict[tuple[int, int, str], dict[str, Heard]]:
    """By (episode, transition, kind), for all episodes of which these channels have something to be told:
    every channel that hears of it, or did."""
    about = select(table.c.episode).where(table.c.state.in_(UNTOLD), table.c.channel.in_(channels))
    same = (table.c.episode, table.c.transition, table.c.kind, table.c.channel)
    told = case((table.c.state.in_((DELIVERED, COVERED)), table.c.created))
    last = func.max(table.c.created), func.max(told)
    rows = select(*same, *last).where(table.c.episode.in_(about)).group_by(*same)
    found: dict[tuple[int, int, str], dict[str, Heard]] = {}
    for *it, name, created, told_of in connection.execute(rows):
        found.setdefault((it[0], it[1], it[2]), {})[name] = Heard(created, told_of)
    return found


def given(connection: Connection, about: Collection[int], *, alive: bool = False) -> dict[int, set[str]]:
    """For some episodes the channels that something of them was ever put in for; if `alive`, without what
    was given up."""
    found: dict[int, set[str]] = {}
    which = (table.c.episode.in_(about), *((table.c.state != DEAD,) if alive else ()))
    if about:
        for episode, name in connection.execute(select(table.c.episode, table.c.channel).where(*which)):
            found.setdefault(episode, set()).add(name)
    return found


def deliveries(connection: Connection, episode: int) -> list[Delivery]:
    """Everything said or to be said of an episode, oldest first."""
    return _all(connection, table.c.episode == episode)


def dead(connection: Connection) -> list[Delivery]:
    """What was given up, oldest first."""
    return _all(connection, table.c.state == DEAD)


def of_kind(connection: Connection, kind: str, start: int, end: int) -> list[Delivery]:
    """Deliveries of a kind whose `transition` lies between two numbers, both included."""
    return _all(connection, (table.c.kind == kind) & table.c.transition.between(start, end))


def _all(connection: Connection, which: ColumnElement[bool]) -> list[Delivery]:
    rows = connection.execute(select(table).where(which).order_by(table.c.seq))
    return [Delivery(*row) for row in rows]


def waiting(connection: Connection, channel: str) -> list[Waiting]:
    """What the channel has still to be told, oldest first."""
    return _waiting(connection, table.c.channel == channel)


def strangers(connection: Connection, known: Collection[str]) -> list[Waiting]:
    """What waits for channels that the settings do not have, oldest first."""
    return _waiting(connection, table.c.channel.not_in(known))


def _waiting(connection: Connection, which: ColumnElement[bool]) -> list[Waiting]:
    about = (episodes.c.cascade, episodes.c.severity, episodes.c.opened)
    joined = select(table, *about).outerjoin(episodes, episodes.c.seq == table.c.episode)
    rows = connection.execute(joined.where(table.c.state.in_(UNTOLD), which).order_by(table.c.seq))
    return [Waiting(Delivery(*row[:-3]), row[-3], row[-2] or "ticket", row[-1] or 0) for row in rows]


def claim(connection: Connection, rows: Sequence[Waiting], owner: str, message: str, until: int) -> None:
    """Takes rows for one message. BusyError, and none is taken, if one of them is not as it was seen."""
    as_seen = (
        table.c.seq == bindparam("row"),
        table.c.state == bindparam("was"),
        table.c.attempts == bindparam("tried"),
        func.coalesce(table.c.owner, "") == bindparam("whose"),
    )
    taken = {"state": SENDING, "owner": owner, "claimed": until, "message": message}
    statement = update(table).where(*as_seen).values(**taken)
    for seen in (row.delivery for row in rows):
        was = {"row": seen.id, "was": seen.state, "tried": seen.attempts, "whose": seen.owner or ""}
        if connection.execute(statement, was).rowcount != 1:
            raise BusyError("another worker has taken this message")


def told(connection: Connection, owner: str, message: str, ids: Collection[int], now: int) -> bool:
    """The message was taken: these rows are delivered, the others it carried are covered by it.

    False, and nothing changes, when its rows have passed to another owner.
    """
    covered = update(table).where(*_mine(owner, message)).values(
        state=COVERED, delivered=now, owner=None, claimed=None, error=None, attempts=table.c.attempts + 1
    )  # fmt: skip
    if connection.execute(covered).rowcount == 0:
        return False
    marked = update(table).where(table.c.seq == bindparam("row")).values(state=DELIVERED)
    if ids:
        connection.execute(marked, [{"row": one} for one in ids])
    return True


def put_back(
    connection: Connection, owner: str, message: str, *, due: int, error: str, dead_before: int
) -> bool:
    """The message failed: its rows wait until `due`, and those created before `dead_before` are given up."""
    back = {"owner": None, "claimed": None, "error": error, "attempts": table.c.attempts + 1}
    old = table.c.created <= dead_before
    mine = _mine(owner, message)
    given_up = connection.execute(update(table).where(*mine, old).values(state=DEAD, **back))
    kept = connection.execute(update(table).where(*mine).values(state=PENDING, due=due, **back))
    return given_up.rowcount + kept.rowcount > 0


def let_go(connection: Connection, owner: str, message: str) -> None:
    """The message was not sent: its claim is over. Its rows stay together, since an earlier owner may
    have sent them: a copy must have the same id."""
    connection.execute(update(table).where(*_mine(owner, message)).values(claimed=0))


def give_up(connection: Connection, owner: str, message: str, reason: str) -> None:
    """The message will never be sent: its rows are dead."""
    values = {"state": DEAD, "owner": None, "claimed": None, "error": reason}
    connection.execute(update(table).where(*_mine(owner, message)).values(**values))


def _mine(owner: str, message: str) -> tuple[ColumnElement[bool], ...]:
    return table.c.owner == owner, table.c.message == message, table.c.state == SENDING


def cover(connection: Connection, ids: Collection[int], now: int) -> None:
    """There is nothing left to say about these rows."""
    done = {"state": COVERED, "delivered": now, "owner": None, "claimed": None, "error": None}
    if ids:
        these = update(table).where(table.c.seq == bindparam("row")).values(**done)
        connection.execute(these, [{"row": one} for one in ids])


def _bury(connection: Connection, which: ColumnElement[bool], reason: str) -> int:
    untold = table.c.state.in_(UNTOLD)
    gone = update(table).where(untold, which).values(state=DEAD, error=reason, owner=None, claimed=None)
    return connection.execute(gone).rowcount


def hand_over(connection: Connection, it: Delivery, channels: Sequence[str], now: int) -> None:
    """What waited for one channel waits for these instead."""
    for name in channels:
        copy(connection, it, name, now)
    connection.execute(delete(table).where(table.c.seq == it.id))


def bury_strangers(connection: Connection, known: Collection[str]) -> int:
    """Gives up what waits for channels that the settings do not have; returns how many."""
    strangers = select(table.c.channel).where(table.c.state.in_(UNTOLD), table.c.channel.not_in(known))
    buried = 0
    for name in connection.execute(strangers.distinct()).scalars().all():
        reason = f"the settings have no [channel.{name}] any more"
        buried += _bury(connection, table.c.channel == name, reason)
    return buried


def bury_old(connection: Connection, channel: str, before: int, reason: str) -> int:
    """Gives up what a channel should have been told before that moment; returns how many."""
    return _bury(connection, (table.c.channel == channel) & (table.c.created <= before), reason)
