"""The backup on a schedule: when it is due, and what a worker makes of it."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import insert

from cascadewatch import jobs, nightly
from cascadewatch.job import Context
from cascadewatch.settings import Settings
from cascadewatch.settings.backup import Backup
from cascadewatch.store import leases, tables
from cascadewatch.store.engine import Store
from cascadewatch.store.opening import open_store
from cascadewatch.worker import Worker
from tests.job_runs import Run, runs

DAY, HOUR = 86_400_000, 3_600_000
JOB = next(job for job in jobs.JOBS if job.name == "back-up")


@pytest.fixture
def context(
    tmp_path: Path, sqlite_template: Path, now: int, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Context]:
    (tmp_path / "cascadewatch.db").write_bytes(sqlite_template.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CASCADEWATCH_CONFIG", raising=False)
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'cascadewatch.db'}")
    store = open_store(settings, now)
    yield Context(store, settings)
    store.close()


def with_backup(context: Context, **said: object) -> Context:
    settings = context.settings.model_copy(update={"backup": Backup(**said)})  # type: ignore[arg-type]
    return Context(context.store, settings)


def looked_at(store: Store, at: int) -> None:
    """A worker was there once."""
    with store.writing() as connection:
        connection.execute(
            insert(tables.jobs).values(job="any", slot=at, owner="o", fence=1, state="done", started=at)
        )


def last_run(store: Store) -> Run:
    return runs(store, "back-up")[0]


def test_it_is_due_nightly_at_three_for_sqlite_in_the_zone_of_the_settings(
    context: Context, now: int
) -> None:
    assert nightly.slot(context, now) == now - 9 * HOUR
    berlin = Context(context.store, context.settings.model_copy(update={"timezone": "Europe/Berlin"}))
    assert nightly.slot(berlin, now) == now - 10 * HOUR


def test_the_schedule_may_be_another_or_none(context: Context, now: int) -> None:
    assert nightly.slot(with_backup(context, schedule="0 */6 * * *"), now) == now
    assert nightly.slot(with_backup(context, schedule="off"), now) is None


def test_postgres_is_left_alone_unless_told(now: int) -> None:
    settings = Settings(database_url="postgresql://me@db.invalid/cw")
    context = Context(Store(settings.database_url), settings)
    assert nightly.slot(context, now) is None
    assert nightly.slot(with_backup(context, schedule="0 4 * * *"), now) == now - 8 * HOUR
    context.store.close()


def test_a_new_database_waits_for_its_first_night(context: Context, tmp_path: Path, now: int) -> None:
    worker = Worker(context, lambda: now, "w", jobs=(JOB,))
    worker.tick(now)
    assert worker.run_due(JOB, now)
    assert last_run(context.store).message == "the schedule counts from now on"
    assert not (tmp_path / "backups").exists()


def test_a_slot_is_backed_up_once_and_made_up_for(context: Context, tmp_path: Path, now: int) -> None:
    looked_at(context.store, now - DAY)
    worker = Worker(context, lambda: now, "w", jobs=(JOB,))
    worker.tick(now)  # at noon: the worker was off at three
    assert worker.run_due(JOB, now)
    assert not worker.run_due(JOB, now + 1_000)
    run = last_run(context.store)
    assert run.state == leases.DONE, run.message
    assert run.message is not None
    assert run.message.endswith("verified; 0 deleted")
    assert len(list((tmp_path / "backups").glob("cascadewatch-*Z-*.db"))) == 1


def test_a_failure_is_the_sentence_of_the_command(context: Context, tmp_path: Path, now: int) -> None:
    looked_at(context.store, now - DAY)
    (tmp_path / "cascadewatch.toml").write_text("[backup]\nkep = 3\n")
    worker = Worker(context, lambda: now, "w", jobs=(JOB,))
    worker.tick(now)
    worker.run_due(JOB, now)
    run = last_run(context.store)
    assert run.state == leases.FAILED
    assert "`backup.kep` is not a setting" in str(run.message)


def test_the_end_of_the_worker_ends_it_too(
    context: Context, tmp_path: Path, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at(context.store, now - DAY)
    begun = tmp_path / "begun"
    code = (
        f"import pathlib, os, time; pathlib.Path({str(begun)!r}).write_text(str(os.getpid())); time.sleep(60)"
    )
    monkeypatch.setattr(nightly, "CALL", code)
    worker = Worker(context, lambda: now, "w", jobs=(JOB,))
    worker.tick(now)
    thread = Thread(target=worker.run_due, args=(JOB, now))
    thread.start()
    while not (begun.exists() and begun.read_text()):
        time.sleep(0.02)
    worker.stop()
    thread.join(20)
    assert not thread.is_alive()
    with pytest.raises(ProcessLookupError):
        os.kill(int(begun.read_text()), 0)
    assert "the worker ended before the backup was done" in str(last_run(context.store).message)
