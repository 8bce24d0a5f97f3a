"""Jobs that keep the database small, and people warned before the disk is full."""

from sqlalchemy import func, select

from cascadewatch.job import Context
from cascadewatch.store import dialect
from cascadewatch.store.cells import HOUR, UTC_DAY
from cascadewatch.store.tables import jobs, meta

NIGHTLY = "0 2 * * *"  # before the backup: what went is not in it
PATIENCE_MS = UTC_DAY
GAP_MS = 3 * UTC_DAY
SETTLED_MS = 30 * UTC_DAY  # a machine that is often off waits once in so long
WAIT = "prune_waits_until"  # in `meta`


def slot(context: Context, now: int) -> int | None:
    """Start of the current hour if a prune is due, else None. One is due each night, and hourly until an
    interrupted one completes. If none ever ran, the first job ever started counts as the last prune."""
    from cascadewatch.replay.schedule import previous
    from cascadewatch.store import retention

    due = previous(NIGHTLY, context.settings.timezone, now)
    with context.store.reading() as connection:
        last = retention.last(connection)
        if last is None or last > now:  # never, or by a clock that was ahead
            last = connection.execute(select(func.min(jobs.c.started))).scalar()
    if due is None or last is None or last >= due:
        return None
    return now - now % HOUR


def prune(context: Context, now: int) -> str:
    """Deletes what is older than the settings keep; goes on where the last one was stopped."""
    from cascadewatch.store.retention import prune

    until = _patience(context, now)
    if until is not None:
        return "the clock is days ahead of the last job: nothing is deleted unless it still says so in a day"
    done = prune(context.store, context.settings, now, stopped=context.stopping.is_set)
    events, texts = done.rows.get("events", 0), done.rows.get("texts", 0)
    rest = sum(done.rows.values()) - events - texts
    gone = f"{events:,} events, {texts:,} texts and {rest:,} other rows deleted"
    return gone if done.whole else f"stopped, goes on later: {gone}"


def _patience(context: Context, now: int) -> int | None:
    """Until when nothing is deleted, after no job ran for days. That may be a machine that was off, or a
    clock gone wrong: what it takes for too old cannot be brought back, so it has a day to be set right."""
    with context.store.writing() as connection:
        ran = select(func.max(jobs.c.started)).where(jobs.c.started < now - HOUR)
        last = connection.execute(ran).scalar()
        kept = connection.execute(select(meta.c.value).where(meta.c.key == WAIT)).scalar()
        until = patient_until(last, None if kept is None else int(kept), now)
        if until is not None and (kept is None or until != int(kept)):
            connection.execute(meta.delete().where(meta.c.key == WAIT))
            dialect.insert(connection, meta, [(WAIT, str(until))])
        return None if until is None or until <= now else until


def patient_until(last: int | None, waited: int | None, now: int) -> int | None:
    """Time before which pruning must not delete (past: the wait is over), or None for no wait. `last`: start
    of the latest job over an hour ago; `waited`: the time stored by an earlier call.

    >>> day = UTC_DAY
    >>> patient_until(9 * day, None, 10 * day), patient_until(2 * day, None, 10 * day) == 11 * day
    (None, True)
    """
    if waited is not None and now - SETTLED_MS <= waited <= now + PATIENCE_MS:
        return waited
    if last is not None and now - last > GAP_MS:
        return now + PATIENCE_MS
    return None


def watch_disk(context: Context, now: int) -> str:
    """Tells people once that the disk fills up, that it is full, and that there is room again."""
    from alerts import disk_notices
    from cascadewatch.store import ballast
    from cascadewatch.store.disk import look

    ballast.keep(context.store.path, look(context.store.path, context.settings.disk).level)
    return disk_notices.run(context.store, context.settings, now, context.lease)


def watch_caps(context: Context, now: int) -> str:
    """Tells people once when names run over a cap of [limits]."""
    from alerts import cap_notices

    return cap_notices.run(context.store, context.settings, now, context.lease)


def watch_jobs(context: Context, now: int) -> str:
    """Tells people once that a job of the night failed, and once that it works again."""
    from alerts import job_notices

    return job_notices.run(context.store, context.settings, now, context.lease)
