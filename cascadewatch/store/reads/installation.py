"""The database itself, and the jobs that ran on it."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from cascadewatch.store import dialect, migrate, tables


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


def jobs(connection: Connection, limit: int = 50) -> list[Job]:
    """The latest runs, newest first."""
    t = tables.jobs
    columns = (t.c.job, t.c.slot, t.c.owner, t.c.state, t.c.started, t.c.finished, t.c.message)
    statement = select(*columns).order_by(t.c.started.desc(), t.c.job).limit(limit)
    return [Job(*row) for row in connection.execute(statement)]
