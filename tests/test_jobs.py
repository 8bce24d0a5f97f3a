"""What the jobs do, and how the worker goes about it."""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from cascadewatch.errors import BusyError
from cascadewatch.job import Context, Job
from cascadewatch.jobs import DAY_MS, JOBS, forget_runs
from cascadewatch.pricing import PriceBook
from cascadewatch.settings import Settings
from cascadewatch.store import leases, tables
from cascadewatch.store.engine import Store
from cascadewatch.store.receipt import LabelRequest
from cascadewatch.store.writes import LabelBatch, Writer
from cascadewatch.worker import Worker
from tests.job_runs import Run, runs


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = Store(store_url)
    yield opened
    opened.close()


def rows(store: Store, name: str) -> int:
    with store.reading() as connection:
        return int(
            connection.execute(select(func.count()).select_from(tables.metadata.tables[name])).scalar() or 0
        )


def label_waits(store: Store, event_id: str, now: int) -> None:
    settings = Settings(caller_ids="off")
    writer = Writer(store, settings, PriceBook((), bundled=False), lambda: now)
    request = LabelRequest(event_id, 0, True, "human", time=datetime(2026, 11, 1, tzinfo=UTC))
    writer.write([LabelBatch("local", [(0, request)], [], now)])
    writer.close()


def test_no_job_deletes_what_came_in_while_the_clock_is_days_ahead(store: Store, now: int) -> None:
    label_waits(store, "early", now)
    idle = Job("idle", 60_000, lambda *_: "")
    one = worker(store, now, (idle,))
    one.tick(now)
    assert one.run_due(idle, now)
    for job in JOBS:
        if job.name != "back-up":
            job.run(Context(store, Settings()), now + 500 * DAY_MS)
    assert (rows(store, "waiting_labels"), rows(store, "ingest_counters")) == (1, 1)


def test_runs_of_jobs_that_are_no_more_are_forgotten(store: Store, now: int) -> None:
    jobs = tuple(Job(name, 60_000, lambda *_: "") for name in ("expire-waiting-labels", "prune"))
    one = worker(store, now, jobs)
    one.tick(now)
    assert all(one.run_due(job, now) for job in jobs)
    assert forget_runs(Context(store, Settings()), now) == "1 runs dropped"
    assert last_run(store).job == "prune"


def worker(store: Store, now: int, jobs: tuple[Job, ...], owner: str = "a") -> Worker:
    return Worker(Context(store, Settings()), lambda: now, owner, jobs)


def last_run(store: Store) -> Run:
    return runs(store)[0]


def test_a_job_runs_once_in_its_slot_and_again_in_the_next(store: Store, now: int) -> None:
    ran: list[int] = []

    def count(_: Context, at: int) -> str:
        ran.append(at)
        return f"{len(ran)} times"

    job = Job("count", 60_000, count)
    one = worker(store, now, (job,))
    for at in (now, now + 59_999, now + 60_000):
        one.tick(at)
        one.run_due(job, at)
    assert ran == [now, now + 60_000]
    assert (last_run(store).state, last_run(store).slot) == ("done", now + 60_000)


def test_who_does_not_lead_runs_nothing(store: Store, now: int) -> None:
    job = Job("count", 60_000, lambda *_: "ran")
    first, second = worker(store, now, (job,)), worker(store, now, (job,), "b")
    assert (first.tick(now), second.tick(now)) == (1, None)
    assert not second.run_due(job, now)


def test_a_failing_job_is_noted_with_its_reason_and_tried_in_the_next_slot(store: Store, now: int) -> None:
    def fail(*_: object) -> str:
        raise BusyError("no room")

    job = Job("fail", 60_000, fail)
    one = worker(store, now, (job,))
    one.tick(now)
    assert one.run_due(job, now)
    assert (last_run(store).state, last_run(store).message) == ("failed", "BusyError: no room")
    assert not one.run_due(job, now + 1)
    one.tick(now + 60_000)
    assert one.run_due(job, now + 60_000)


def test_a_new_leader_notes_what_the_old_one_left_running(store: Store, now: int) -> None:
    leases.acquire(store, "worker", "gone", now, 15_000)
    leases.claim(store, leases.Lease("worker", "gone", 1, 0), "job", now, now)
    worker(store, now, ()).tick(now + 15_000)
    assert (last_run(store).state, last_run(store).message) == ("failed", leases.LOST)


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_every_job_runs_on_an_empty_database(job: Job, store: Store, now: int) -> None:
    one = worker(store, now, JOBS)
    one.tick(now)
    assert one.run_due(job._replace(slot=None), now), "as if its schedule said so"
    assert last_run(store).state == "done"


class Noted:
    """A duty that writes down what becomes of it."""

    def __init__(self, notes: list[str], lease: leases.Lease | None) -> None:
        assert lease is not None
        self._notes, self._fence = notes, lease.fence

    def start(self) -> None:
        self._notes.append(f"start {self._fence}")

    def stop(self, wait: bool = True) -> None:
        self._notes.append(f"stop {self._fence}")


class TestDuties:
    """What a worker does as long as it leads."""

    def with_duty(self, store: Store, now: int, owner: str, notes: list[str]) -> Worker:
        return Worker(
            Context(store, Settings()), lambda: now, owner, (), duties=lambda c, _: [Noted(notes, c.lease)]
        )

    def test_they_begin_with_the_lease_and_end_when_it_is_given_back(self, store: Store, now: int) -> None:
        notes: list[str] = []
        one = self.with_duty(store, now, "a", notes)
        one.tick(now)
        one.tick(now + 5_000)
        assert notes == ["start 1"]
        one.stop()
        assert notes == ["start 1", "stop 1"]

    def test_who_does_not_lead_has_none(self, store: Store, now: int) -> None:
        notes: list[str] = []
        self.with_duty(store, now, "a", []).tick(now)
        self.with_duty(store, now, "b", notes).tick(now)
        assert notes == []

    def test_who_loses_the_lease_lays_them_down_and_takes_up_new_ones(self, store: Store, now: int) -> None:
        notes: list[str] = []
        one = self.with_duty(store, now, "a", notes)
        one.tick(now)
        assert leases.acquire(store, "worker", "b", now + 15_000, 15_000) == 2
        one.tick(now + 16_000)
        assert notes == ["start 1", "stop 1"]
        one.tick(now + 30_000)
        assert notes == ["start 1", "stop 1", "start 3"]

    def test_those_that_could_not_begin_begin_at_the_next_tick(self, store: Store, now: int) -> None:
        notes: list[str] = []
        failures = [BusyError("not now")]

        def make(context: Context, _: object) -> list[Noted]:
            if failures:
                raise failures.pop()
            return [Noted(notes, context.lease)]

        one = Worker(Context(store, Settings()), lambda: now, "a", (), duties=make)
        with pytest.raises(BusyError):
            one.tick(now)
        assert one.tick(now + 5_000) == 1
        assert notes == ["start 1"]

    def test_a_job_knows_the_lease_it_runs_under(self, store: Store, now: int) -> None:
        seen: list[leases.Lease | None] = []

        def look(context: Context, _: int) -> str:
            seen.append(context.lease)
            return "seen"

        job = Job("look", 60_000, look)
        one = worker(store, now, (job,))
        one.tick(now)
        one.run_due(job, now)
        assert [(lease.name, lease.owner, lease.fence) for lease in seen if lease] == [("worker", "a", 1)]


def test_started_it_works_by_itself_and_gives_the_lease_back(store: Store, now: int) -> None:
    one = worker(store, now, ())
    one.start()
    wait_until(lambda: one.fence is not None)
    one.stop()
    assert leases.acquire(store, "worker", "b", now + 1, 15_000) == 2


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_worker_that_finds_another_at_work_says_so_once(
    store: Store, now: int, caplog: pytest.LogCaptureFixture
) -> None:
    workers = [Worker(Context(store, Settings()), lambda: now, name, ()) for name in ("first", "second")]
    with caplog.at_level(logging.INFO, "cascadewatch.worker"):
        for at in (now, now + 1000, now + 2000):
            for one in workers:
                one.tick(at)
    assert [record.message for record in caplog.records] == ["leading", "following"]
