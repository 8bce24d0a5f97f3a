"""A leading worker's replays, looked after by hand."""

from typing import Any

from sqlalchemy import select

from cascadewatch.replay.planned import planned
from cascadewatch.replay.unattended import Unattended
from cascadewatch.settings import Settings
from cascadewatch.store import leases, replays
from cascadewatch.store.engine import Store
from cascadewatch.store.replays import Run
from cascadewatch.store.tables import jobs

NOON = 1_795_262_400_000  # 2026-11-21 12:00 UTC


class Watched:
    """A leading worker's replays, looked after by hand at any time."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store, self.settings, self.now, self.lease = store, settings, NOON, leases.Lease("w", "a", 1, 0)

    def look(self, now: int) -> None:
        self.now = now
        assert leases.acquire(self.store, "w", "a", now, 15_000) is not None
        with self.store.reading() as connection:
            held = leases.held(connection, "w")
        assert held is not None
        Unattended(self.store, self.settings, lambda: self.now, held).look()

    def runs(self) -> list[Run]:
        with self.store.reading() as connection:
            return replays.runs(connection)[::-1]

    def notes(self) -> list[tuple[str, str | None]]:
        with self.store.reading() as connection:
            rows = connection.execute(select(jobs.c.state, jobs.c.message).order_by(jobs.c.slot))
            return [(row.state, row.message) for row in rows]

    def planned(self, now: int) -> Any:
        with self.store.reading() as connection:
            (found,) = planned(connection, self.settings, now)
        return found
