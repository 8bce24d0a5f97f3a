"""The nightly prune: when it is due, what it waits for, and that ingest goes on meanwhile."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from cascadewatch import jobs, upkeep
from cascadewatch.job import Context
from cascadewatch.settings import Settings
from cascadewatch.store import retention, tables
from cascadewatch.store.engine import Store
from cascadewatch.store.opening import open_store
from cascadewatch.upkeep import patient_until
from cascadewatch.worker import Worker
from tests.job_runs import runs
from tests.model.events import accepted
from tests.store.opened import DAY, Opened

HOUR = 3_600_000
JOB = next(job for job in jobs.JOBS if job.name == "prune")


@pytest.fixture
def context(tmp_path: Path, sqlite_template: Path, now: int) -> Iterator[Context]:
    (tmp_path / "cascadewatch.db").write_bytes(sqlite_template.read_bytes())
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'cascadewatch.db'}", caller_ids="off")
    store = open_store(settings, now)
    yield Context(store, settings)
    store.close()


def looked_at(store: Store, at: int) -> None:
    """A worker was there."""
    with store.writing() as connection:
        connection.execute(
            insert(tables.jobs).values(job="any", slot=at, owner="o", fence=1, state="done", started=at)
        )


def events(context: Context) -> int:
    with context.store.reading() as connection:
        return connection.execute(select(func.count()).select_from(tables.events)).scalar_one()


def stored(context: Context, now: int, *ages: int) -> None:
    opened = Opened(context.settings, now)
    opened.send(*(accepted(f"e-{age}", at=now - age * DAY) for age in ages))
    opened.close()


def test_the_nights_count_from_the_first_look_of_a_worker(context: Context, now: int) -> None:
    assert upkeep.slot(context, now) is None
    looked_at(context.store, now)
    assert upkeep.slot(context, now) is None
    assert upkeep.slot(context, now + 13 * HOUR) is None, "01:00"
    assert upkeep.slot(context, now + 14 * HOUR) == now + 14 * HOUR, "02:00"


def test_the_night_is_that_of_the_settings(context: Context, now: int) -> None:
    looked_at(context.store, now)
    berlin = Context(context.store, context.settings.model_copy(update={"timezone": "Europe/Berlin"}))
    assert upkeep.slot(berlin, now + 13 * HOUR) == now + 13 * HOUR


def test_it_runs_once_a_night(context: Context, now: int) -> None:
    looked_at(context.store, now)
    stored(context, now, 1, 50)
    night = now + 14 * HOUR
    worker = Worker(context, lambda: night, "a", (JOB,))
    worker.tick(night)
    assert worker.run_due(JOB, night)
    assert events(context) == 1
    run = runs(context.store, "prune")[0]
    assert (run.state, run.message) == ("done", "1 events, 0 texts and 2 other rows deleted")
    assert upkeep.slot(context, night + HOUR) is None
    assert upkeep.slot(context, night + 24 * HOUR) == night + 24 * HOUR


def test_one_that_was_stopped_goes_on_in_the_next_hour(context: Context, now: int) -> None:
    looked_at(context.store, now)
    stored(context, now, 50)
    night = now + 14 * HOUR
    context.stopping.set()
    assert upkeep.prune(context, night).startswith("stopped, goes on later")
    assert events(context) == 1
    assert upkeep.slot(context, night + 20) == night
    assert upkeep.slot(context, night + HOUR) == night + HOUR
    context.stopping.clear()
    upkeep.prune(context, night + HOUR)
    assert events(context) == 0


def test_a_clock_that_jumps_ahead_deletes_nothing_for_a_day(context: Context, now: int) -> None:
    looked_at(context.store, now)
    stored(context, now, 1)
    wrong = now + 3_650 * DAY
    assert "nothing is deleted" in upkeep.prune(context, wrong)
    assert "nothing is deleted" in upkeep.prune(context, wrong + 20 * HOUR)
    assert events(context) == 1
    assert upkeep.prune(context, now + DAY).startswith("0 events"), "it was set right"
    assert events(context) == 1


def test_a_machine_that_was_off_for_weeks_deletes_a_day_later(context: Context, now: int) -> None:
    looked_at(context.store, now)
    stored(context, now, 1)
    later = now + 60 * DAY
    assert "nothing is deleted" in upkeep.prune(context, later)
    looked_at(context.store, later)
    assert upkeep.prune(context, later + 25 * HOUR).startswith("1 events")


def test_patience_ends_and_is_not_begun_again_soon() -> None:
    ten = 10 * DAY
    assert patient_until(ten - HOUR, None, ten) is None
    assert patient_until(ten - 4 * DAY, None, ten) == ten + DAY
    assert patient_until(ten - 4 * DAY, ten + DAY, ten + HOUR) == ten + DAY
    assert patient_until(ten + 2 * DAY, ten + DAY, ten + 9 * DAY) == ten + DAY, "often off: it was patient"
    assert patient_until(ten - HOUR, ten + 400 * DAY, ten) is None, "written by a clock gone wrong"


def test_ingest_takes_its_turns_while_much_is_deleted(context: Context, now: int) -> None:
    opened = Opened(context.settings, now)
    opened.send(*(accepted(f"old-{n}", at=now - 60 * DAY - n) for n in range(4_000)))
    answered: list[dict[str, int]] = []

    def between(gone: dict[str, int]) -> None:
        """A part was committed; another process would write now."""
        assert opened.writer.submit(opened.batch([accepted(f"new-{len(answered)}")])).result(30).accepted == 1
        answered.append(gone)

    retention.prune(context.store, context.settings, now, told=between, rest=lambda _: None)
    assert len(answered) >= 4
    assert max(gone.get("events", 0) for gone in answered) <= 1_000
    assert opened.broken() == {}
    opened.close()
