"""How each channel fares: when it last took a message, since when it fails, until when it asked to wait."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from cascadewatch.store.alert_tables import channel_states as table

OFF_MS = 24 * 3_600_000  # so long a channel that refused for good is not called
LONGEST_WAIT_MS = 24 * 3_600_000  # a channel that asks for more is called after a day all the same


@dataclass(frozen=True, slots=True)
class ChannelState:
    """One channel as the last call left it. Times are epoch ms.

    `off` is when it refused for good (not called for a day from then), `failing` the first failure of the
    present row of failures, `not_before` until when it asked to be left alone, `sent` its last success,
    `error` what the last failure was, free of secrets.
    """

    channel: str
    off: int | None = None
    failing: int | None = None
    not_before: int | None = None
    sent: int | None = None
    error: str | None = None

    def is_off(self, now: int) -> bool:
        """Whether it is not called because it refused for good."""
        return self.off is not None and abs(now - self.off) < OFF_MS

    def wait_until(self, now: int) -> int | None:
        """The end of the wait it asked for; None where there is none.

        One further away than any wait can be was written by a clock gone wrong and does not count.
        """
        if self.not_before is None or not now < self.not_before <= now + 2 * LONGEST_WAIT_MS:
            return None
        return self.not_before

    def works(self, now: int) -> bool:
        """Whether nothing speaks against sending to it."""
        return self.failing is None and not self.is_off(now)


def states(connection: Connection) -> list[ChannelState]:
    """Every channel that was ever called, by name."""
    return [ChannelState(*row) for row in connection.execute(select(table).order_by(table.c.channel))]


def state(connection: Connection, channel: str) -> ChannelState:
    """One channel's; without anything in it before the first call."""
    row = connection.execute(select(table).where(table.c.channel == channel)).first()
    return ChannelState(channel) if row is None else ChannelState(*row)


def worked(connection: Connection, channel: str, now: int) -> None:
    """It took a message: whatever was wrong is over, also for one that had been off."""
    fine = {"off": None, "failing": None, "not_before": None, "error": None}
    _set(connection, channel, sent=now, **fine)


def failed(connection: Connection, channel: str, now: int, error: str, not_before: int | None) -> None:
    """It failed and may be tried again, if it said so not before then."""
    before = state(connection, channel)
    since = now if before.failing is None else min(before.failing, now)
    wait = None if not_before is None else min(not_before, now + LONGEST_WAIT_MS)
    _set(connection, channel, off=None, failing=since, not_before=wait, error=error)


def refused(connection: Connection, channel: str, now: int, error: str) -> None:
    """It failed in a way that trying again does not mend: it is off for a day."""
    before = state(connection, channel)
    since = now if before.failing is None else min(before.failing, now)
    _set(connection, channel, off=now, failing=since, not_before=None, error=error)


def forget(connection: Connection, known: Collection[str]) -> None:
    """Drops what is kept of channels that the settings do not have any more."""
    connection.execute(delete(table).where(table.c.channel.not_in(known)))


def _set(connection: Connection, channel: str, **values: Any) -> None:
    changed = connection.execute(update(table).where(table.c.channel == channel).values(**values))
    if changed.rowcount == 0:
        connection.execute(insert(table).values(channel=channel, **values))
