"""Replays that somebody wants run now, until a worker takes them up; in `meta`, one for each name."""

import json
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from cascadewatch.store.tables import meta

KEY = "replay-wish:"
KEPT_MS = 86_400_000  # who asked longer ago does not expect a run any more


class Wish(NamedTuple):
    """Who wants which replay, and since when (epoch ms)."""

    name: str
    author: str
    time: int

    def is_stale(self, now: int) -> bool:
        """Whether nobody has taken it up within a day, so that nobody shall."""
        return self.time < now - KEPT_MS


def ask(connection: Connection, wish: Wish) -> bool:
    """Leaves a wish for the worker; False when the same one waits already, and is not stale."""
    if any(one.name == wish.name and not one.is_stale(wish.time) for one in waiting(connection)):
        return False
    take(connection, wish.name)
    value = json.dumps({"author": wish.author, "time": wish.time})
    connection.execute(insert(meta).values(key=KEY + wish.name, value=value))
    return True


def waiting(connection: Connection) -> list[Wish]:
    """The wishes that nobody has taken up, oldest first."""
    rows = connection.execute(select(meta).where(meta.c.key.startswith(KEY, autoescape=True)))
    found = [Wish(row.key.removeprefix(KEY), **json.loads(row.value)) for row in rows]
    return sorted(found, key=lambda wish: wish.time)


def take(connection: Connection, name: str) -> bool:
    """Takes a wish away, to fulfil or to drop it; False when another did."""
    return connection.execute(delete(meta).where(meta.c.key == KEY + name)).rowcount == 1
