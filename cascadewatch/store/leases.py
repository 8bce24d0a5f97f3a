"""Who runs the jobs: a lease with a fencing number, and one row for each slot of each job.

A lease is held by one owner at a time and ends by itself when it is not renewed. Every change of
owner raises its fence, so that one who slept through the end of its lease is recognised. A slot is
the time a run was due; the key (job, slot) makes each of them run once, whoever comes first.

Owners on several machines compare their own clocks: keep them within a few seconds of each other.
All times are epoch milliseconds.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from cascadewatch.store.engine import Store
from cascadewatch.store.tables import jobs, leases

RUNNING, DONE, FAILED = "running", "done", "failed"
LOST = "the worker ended before this run did"


class Lease(NamedTuple):
    """A lease as stored; it is held while `expires` is in the future."""

    name: str
    owner: str
    fence: int
    expires: int


def acquire(store: Store, name: str, owner: str, now: int, ttl: int) -> int | None:
    """The fence under which `owner` now holds the lease for `ttl`; None while another holds it.

    An end further away than any lease can last was written by a clock gone wrong and does not count.
    """
    with store.writing() as connection:
        found = held(connection, name)
        if found is None:
            connection.execute(insert(leases).values(name=name, owner=owner, fence=1, expires=now + ttl))
            return 1
        running = now < found.expires <= now + 2 * ttl
        if running and found.owner != owner:
            return None
        fence = found.fence if running else found.fence + 1
        values = {"owner": owner, "fence": fence, "expires": now + ttl}
        connection.execute(update(leases).where(leases.c.name == name).values(values))
        return fence


def renew(store: Store, name: str, owner: str, fence: int, now: int, ttl: int) -> bool:
    """Holds the lease for another `ttl`; False once somebody else has taken it."""
    with store.writing() as connection:
        changed = connection.execute(update(leases).where(_is(name, owner, fence)).values(expires=now + ttl))
        return changed.rowcount == 1


def release(store: Store, name: str, owner: str, fence: int) -> None:
    """Ends the lease now, so that another need not wait for its end. The fence stays."""
    with store.writing() as connection:
        connection.execute(update(leases).where(_is(name, owner, fence)).values(expires=0))


def claim(store: Store, lease: Lease, job: str, slot: int, now: int) -> bool:
    """Takes a slot for the holder of the lease; False when it was taken before.

    False too when the lease is over or has passed to another, whatever the caller believes.
    """
    with store.writing() as connection:
        if not still(connection, lease, now) or is_taken(connection, job, slot):
            return False
        connection.execute(
            insert(jobs).values(
                job=job, slot=slot, owner=lease.owner, fence=lease.fence, state=RUNNING, started=now
            )
        )
        return True


def still(connection: Connection, lease: Lease, now: int) -> bool:
    """Whether the lease is held under this fence: asked in the transaction whose effect depends on it."""
    current = select(leases.c.name).where(_is(lease.name, lease.owner, lease.fence), leases.c.expires > now)
    return connection.execute(current).first() is not None


def went_well(connection: Connection, job: str, start: int, end: int) -> bool:
    """Whether a run of the job ended well between two moments."""
    mine = (jobs.c.job == job, jobs.c.state == DONE, jobs.c.finished.between(start, end))
    return connection.execute(select(jobs.c.slot).where(*mine).limit(1)).first() is not None


def finish(store: Store, lease: Lease, job: str, slot: int, state: str, now: int, message: str) -> bool:
    """Notes the outcome of a slot that was claimed under the lease; False when it was given up for lost
    meanwhile.

    Over an outcome that was noted already (`settle`) only while the lease is held: what another than its
    holder found out stands.
    """
    mine = (jobs.c.job == job) & (jobs.c.slot == slot) & (jobs.c.fence == lease.fence)
    with store.writing() as connection:
        if not still(connection, lease, now):
            mine &= jobs.c.state == RUNNING
        changed = connection.execute(
            update(jobs).where(mine).values(state=state, finished=now, message=message)
        )
        return changed.rowcount == 1


def settle(connection: Connection, job: str, began: int, state: str, now: int, message: str) -> None:
    """Notes how that ended which was begun at `began` for a slot of a job: the last one claimed by then."""
    claimed = select(jobs.c.slot).where(jobs.c.job == job, jobs.c.started <= began)
    slot = connection.execute(claimed.order_by(jobs.c.started.desc(), jobs.c.slot.desc()).limit(1)).scalar()
    mine = (jobs.c.job == job, jobs.c.slot == slot)
    connection.execute(update(jobs).where(*mine).values(state=state, finished=now, message=message))


def give_up(store: Store, fence: int, now: int) -> int:
    """Marks runs of earlier holders that never ended as failed; returns how many."""
    with store.writing() as connection:
        lost = (jobs.c.state == RUNNING, jobs.c.fence < fence)
        changed = connection.execute(
            update(jobs).where(*lost).values(state=FAILED, finished=now, message=LOST)
        )
        return changed.rowcount


def forget(connection: Connection, keep: int, former: Sequence[str] = ()) -> int:
    """Drops all but the newest `keep` slots of each job, and all of the `former` ones; returns how many.

    By number and not by age: were a slot forgotten while the clock is ahead, it would run again
    when the clock is set right.
    """
    dropped = connection.execute(delete(jobs).where(jobs.c.job.in_(former))).rowcount
    for job in connection.execute(select(jobs.c.job).distinct()).scalars().all():
        newest = select(jobs.c.slot).where(jobs.c.job == job).order_by(jobs.c.slot.desc())
        last = connection.execute(newest.offset(keep - 1).limit(1)).scalar()
        if last is not None:
            old = delete(jobs).where(jobs.c.job == job, jobs.c.slot < last)
            dropped += connection.execute(old).rowcount
    return dropped


def held(connection: Connection, name: str) -> Lease | None:
    """The lease as it stands; None before anybody asked for it."""
    row = connection.execute(select(leases).where(leases.c.name == name)).first()
    return None if row is None else Lease(*row)


def is_taken(connection: Connection, job: str, slot: int) -> bool:
    """Whether somebody ran or runs this slot."""
    mine = select(jobs.c.slot).where(jobs.c.job == job, jobs.c.slot == slot)
    return connection.execute(mine).first() is not None


def last_slot(connection: Connection, job: str) -> int | None:
    """The latest slot of a job that somebody ran or runs; None before the first."""
    return connection.execute(select(func.max(jobs.c.slot)).where(jobs.c.job == job)).scalar()


def taken(connection: Connection, job: str) -> set[int]:
    """All slots of a job that somebody ran or runs."""
    return set(connection.execute(select(jobs.c.slot).where(jobs.c.job == job)).scalars())


def _is(name: str, owner: str, fence: int) -> ColumnElement[bool]:
    return (leases.c.name == name) & (leases.c.owner == owner) & (leases.c.fence == fence)
