"""What jobs did, as tests look it up."""

from typing import NamedTuple

from sqlalchemy import select

from cascadewatch.store.engine import Store
from cascadewatch.store.tables import jobs


class Run(NamedTuple):
    """One slot of a job and what came of it."""

    job: str
    slot: int
    owner: str
    fence: int
    state: str
    started: int
    finished: int | None
    message: str | None


def runs(store: Store, job: str | None = None) -> list[Run]:
    """The runs of all jobs, or of one, newest first."""
    found = select(jobs) if job is None else select(jobs).where(jobs.c.job == job)
    with store.reading() as connection:
        return [Run(*row) for row in connection.execute(found.order_by(jobs.c.slot.desc(), jobs.c.job))]
