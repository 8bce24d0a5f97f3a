"""The slot that a run was begun for: it tells how the run ended, whoever brought it to its end."""

from sqlalchemy import Connection

from cascadewatch.replay.planned import drift_job, job_of, wish_job
from cascadewatch.settings import Settings
from cascadewatch.store import leases, replays, reports
from cascadewatch.store.replays import Run
from cascadewatch.store.reports import Report


def came_of(report: Report, first: Report | None = None) -> str:
    """What came of a slot; `first` is the report whose regression the other was to confirm."""
    if first is None:
        return f"{report.verdict}: report {report.id}"
    word = "confirmed" if report.verdict == "regressed" else f"not confirmed ({report.verdict})"
    return f"{came_of(first)}, {word}: report {report.id}"


def settle(connection: Connection, settings: Settings, run: Run, report: Report, now: int) -> None:
    """Notes the report of a run, in the transaction that ends the run."""
    _note(connection, settings, run, leases.DONE, came_of(report, _first(connection, run)), now)


def give_up(connection: Connection, settings: Settings, run: Run, message: str, now: int) -> None:
    """Notes why a run was given up, in the transaction that does so."""
    _note(connection, settings, run, leases.FAILED, message, now)


def _note(connection: Connection, settings: Settings, run: Run, state: str, message: str, now: int) -> None:
    """A run that confirms another was begun for the slot of that one; one begun by hand has none."""
    first = _first(connection, run)
    begun = run if first is None else replays.run_of(connection, first.replay)
    job = _job(settings, begun)
    if job is not None:
        leases.settle(connection, job, begun.started, state, now, message[:500])


def _first(connection: Connection, run: Run) -> Report | None:
    confirms = run.config.get("confirms")
    return None if confirms is None else reports.report(connection, confirms)


def _job(settings: Settings, run: Run) -> str | None:
    """Under what its slot was claimed, by its cause."""
    table = settings.replay.get(run.name)
    if run.cause == "schedule" and table is not None and table.schedule is not None:
        return job_of(run.name, table.schedule)
    return {"alert": drift_job(run.name), "api": wish_job(run.name)}.get(run.cause)
