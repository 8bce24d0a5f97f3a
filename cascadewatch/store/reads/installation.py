"""The database itself, and the jobs that ran on it."""

from dataclasses import dataclass

from sqlalchemy import Connection, case, func, or_, select, tuple_

from cascadewatch.store import dialect, migrate, tables
from cascadewatch.store.leases import FAILED


@dataclass(frozen=True, slots=True)
class Database:
    """`size` is in bytes, without SQLite's write-ahead log; `events` is every event ever stored,
    `oldest` the time (epoch ms) of the oldest one still held singly."""

    kind: str
    schema: str | None
    size: int
    events: int
    oldest: int | None
    labels_waiting: int


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a background job; times in epoch ms, `slot` is when it was due."""

    job: str
    slot: int
    owner: str
    state: str
    started: int
    finished: int | None
    message: str | None


def database(connection: Connection) -> Database:
    """Kind, schema, size and how far back single events go."""
    return Database(
        kind=connection.dialect.name,
        schema=migrate.revision(connection),
        size=dialect.size(connection),
        events=int(connection.execute(select(func.sum(tables.sources.c.events))).scalar() or 0),
        oldest=connection.execute(select(func.min(tables.events.c.time))).scalar(),
        labels_waiting=connection.execute(select(func.count()).select_from(tables.waiting_labels)).scalar()
        or 0,
    )


def jobs(connection: Connection) -> list[Job]:
    """Of each job its last run, and the last that failed; failed ones first, then the newest.

    Runs of all jobs by time alone would show the last minutes, and no backup that failed at night.
    """
    t = tables.jobs
    slots = select(t.c.job, func.max(t.c.slot)).group_by(t.c.job)
    wanted = (slots, slots.where(t.c.state == FAILED))
    chosen = or_(*(tuple_(t.c.job, t.c.slot).in_(those) for those in wanted))
    columns = (t.c.job, t.c.slot, t.c.owner, t.c.state, t.c.started, t.c.finished, t.c.message)
    failed_first = case((t.c.state == FAILED, 0), else_=1)
    statement = select(*columns).where(chosen).order_by(failed_first, t.c.started.desc(), t.c.job)
    return [Job(*row) for row in connection.execute(statement)]
