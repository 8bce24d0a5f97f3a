"""A message on its way: which rows it carries, taken in one transaction, and its words."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from alerts import cap_notices, disk_notices, grouping, job_notices, notices
from alerts.message import Left, Message
from cascadewatch.settings import Settings
from cascadewatch.store import channel_states, episodes, outbox
from cascadewatch.store.engine import Store
from cascadewatch.store.episodes import RESOLVED, Episode
from cascadewatch.store.outbox import APART_KINDS, CAPS, DIGEST, DISK, JOBS, NOTICE, Waiting

if TYPE_CHECKING:
    from alerts.words.speaking import Told

log = logging.getLogger("cascadewatch.alerts")


@dataclass(frozen=True, slots=True)
class Parcel:
    """Rows that `owner` sends to a channel as one message.

    `told` are the episodes shown, as they were when the rows were taken; `left` are the others.
    `taken` is when that was (epoch ms), and `ticks` the same on the monotonic clock (seconds).
    """

    channel: str
    id: str
    owner: str
    rows: tuple[Waiting, ...]
    told: "tuple[Told, ...]"
    left: tuple[Left, ...]
    taken: int
    ticks: float

    @property
    def kind(self) -> str:
        """`digest`, `notice`, or a kind of what is said of episodes."""
        return self.rows[0].delivery.kind

    def newest(self) -> list[int]:
        """Ids of the rows to note as told: of each episode in the message its last row. A message that is not
        about episodes has all its rows noted."""
        if not self.told:
            return [row.delivery.id for row in self.rows]
        shown = {one.episode.id for one in self.told}
        last = {row.delivery.episode: row.delivery.id for row in self.rows}
        return [last[episode] for episode in last if episode in shown]

    def attempts(self) -> int:
        """How often it was tried, this time included."""
        return 1 + max(row.delivery.attempts for row in self.rows)

    def in_time(self, now: int, limit_ms: int) -> bool:
        """Whether less than `limit_ms` has passed since the rows were taken, so that no other process can
        have taken them over. Both clocks have to agree: `now` may have been set back, and the monotonic
        clock may stand still while the machine sleeps."""
        return now - self.taken < limit_ms and (time.monotonic() - self.ticks) * 1000 < limit_ms


def take(
    connection: Connection, rows: Sequence[Waiting], owner: str, now: int, ticks: float, claim_ms: int,
    shown: int | None = grouping.SHOWN,
) -> Parcel:  # fmt: skip
    """Claims rows of one channel, and reads what they are about in the same transaction. At most `shown`
    episodes are told one by one."""
    rows = _latest_digest(connection, rows, now)
    number = grouping.message_id(rows)
    outbox.claim(connection, rows, owner, number, now + claim_ms)
    order = [] if rows[0].delivery.kind in APART_KINDS else grouping.told_first(rows)
    left = () if shown is None else grouping.left_out(rows, order[shown:])
    told = _told(connection, rows, order[:shown])
    return Parcel(rows[0].delivery.channel, number, owner, tuple(rows), told, left, now, ticks)


def _latest_digest(connection: Connection, rows: Sequence[Waiting], now: int) -> Sequence[Waiting]:
    if rows[0].delivery.kind != DIGEST:
        return rows
    last = max(rows, key=lambda row: row.delivery.transition)
    outbox.cover(connection, [row.delivery.id for row in rows if row is not last], now)
    return [last]


def _told(connection: Connection, rows: Sequence[Waiting], shown: Sequence[int]) -> "tuple[Told, ...]":
    from alerts.words.speaking import Told

    joined: dict[int | None, list[Episode]] = {}
    for child in episodes.children(connection, shown):
        joined.setdefault(child.parent, []).append(child)
    told = []
    said: dict[int, list[str]] = {}
    for row in rows:
        said.setdefault(row.delivery.episode, []).append(row.delivery.kind)
    for number in shown:
        episode = episodes.episode(connection, number)
        if episode is not None:
            ended = None if episode.is_open else _why_closed(connection, number)
            told.append(Told(episode, tuple(said[number]), tuple(joined.get(number, ())), ended))
    return tuple(told)


def _why_closed(connection: Connection, number: int) -> str | None:
    """The reason of the transition that closed an episode; what was noted of it since is none."""
    changes = episodes.transitions(connection, number)
    closing = (change.reason for change in changes if change.state == RESOLVED != change.before)
    return next(closing, None)


def words(parcel: Parcel, store: Store, settings: Settings, now: int) -> Message | None:
    """What the parcel says; None when there is nothing left to say."""
    message = _words(parcel, store, settings, now)
    return None if message is None else replace(message, id=parcel.id)


def _words(parcel: Parcel, store: Store, settings: Settings, now: int) -> Message | None:
    if parcel.kind == NOTICE:
        with store.reading() as connection:
            return notices.off(channel_states.states(connection), settings, now)
    if parcel.kind == DISK:
        return disk_notices.words(parcel.rows, store, settings)
    if parcel.kind == CAPS:
        return cap_notices.words(store, settings)
    if parcel.kind == JOBS:
        return job_notices.words(parcel.rows, store, settings)
    if parcel.kind == DIGEST:
        from alerts import digest

        return digest.words(store, settings, parcel.rows[0].delivery.transition, now)
    from alerts.messages import compose

    try:
        return compose(parcel.told, settings, now, left=parcel.left)
    except Exception:
        log.exception("no words for message %s", parcel.id)
        return notices.plain([one.episode for one in parcel.told], settings, len(parcel.left))
