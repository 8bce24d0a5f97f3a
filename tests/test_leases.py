"""Who runs the jobs, and that each slot runs once: decided by rows, on both databases.

tests/alerts/test_three_workers.py has real processes whose leaders die and sleep.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from cascadewatch.job import Context, Job
from cascadewatch.jobs import JOBS
from cascadewatch.settings import Settings
from cascadewatch.store import leases
from cascadewatch.store.engine import Store
from cascadewatch.store.leases import Lease
from cascadewatch.worker import Worker
from tests.job_runs import Run, runs

TTL = 15_000


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = Store(store_url)
    yield opened
    opened.close()


class TestLease:
    def test_one_owner_at_a_time(self, store: Store, now: int) -> None:
        assert leases.acquire(store, "worker", "a", now, TTL) == 1
        assert leases.acquire(store, "worker", "b", now + TTL - 1, TTL) is None

    def test_it_ends_by_itself_and_the_fence_rises(self, store: Store, now: int) -> None:
        leases.acquire(store, "worker", "a", now, TTL)
        assert leases.acquire(store, "worker", "b", now + TTL, TTL) == 2

    def test_renewed_in_time_it_stays(self, store: Store, now: int) -> None:
        leases.acquire(store, "worker", "a", now, TTL)
        assert leases.renew(store, "worker", "a", 1, now + 10_000, TTL)
        assert leases.acquire(store, "worker", "b", now + TTL + 1, TTL) is None

    def test_it_cannot_be_renewed_after_another_took_it(self, store: Store, now: int) -> None:
        leases.acquire(store, "worker", "a", now, TTL)
        leases.acquire(store, "worker", "b", now + TTL, TTL)
        assert not leases.renew(store, "worker", "a", 1, now + TTL + 1, TTL)

    def test_given_back_it_is_free_at_once(self, store: Store, now: int) -> None:
        leases.acquire(store, "worker", "a", now, TTL)
        leases.release(store, "worker", "a", 1)
        assert leases.acquire(store, "worker", "b", now + 1, TTL) == 2

    def test_only_its_holder_gives_it_back(self, store: Store, now: int) -> None:
        leases.acquire(store, "worker", "a", now, TTL)
        leases.release(store, "worker", "b", 1)
        assert leases.acquire(store, "worker", "b", now + 1, TTL) is None

    def test_an_end_ten_years_away_blocks_nobody(self, store: Store, now: int) -> None:
        leases.acquire(store, "worker", "a", now + 10 * 365 * 86_400_000, TTL)
        assert leases.acquire(store, "worker", "b", now, TTL) == 2


def claimed(store: Store, now: int) -> Lease:
    """The lease under which the slot of now is claimed."""
    lease = Lease("worker", "a", leases.acquire(store, "worker", "a", now, TTL) or 0, 0)
    assert leases.claim(store, lease, "job", now, now)
    return lease


def settled(store: Store, began: int, message: str) -> None:
    with store.writing() as connection:
        leases.settle(connection, "job", began, leases.DONE, began + 1, message)


class TestSlots:
    def test_a_slot_is_claimed_once(self, store: Store, now: int) -> None:
        lease = Lease("worker", "a", leases.acquire(store, "worker", "a", now, TTL) or 0, 0)
        assert leases.claim(store, lease, "job", now, now)
        assert not leases.claim(store, lease, "job", now, now + 1)
        assert leases.claim(store, lease, "job", now + 60_000, now + 1)
        assert leases.claim(store, lease, "other", now, now + 1)

    def test_a_stale_fence_claims_nothing(self, store: Store, now: int) -> None:
        leases.acquire(store, "worker", "a", now, TTL)
        leases.acquire(store, "worker", "b", now + TTL, TTL)
        assert not leases.claim(store, Lease("worker", "a", 1, 0), "job", now, now + 1)
        assert leases.claim(store, Lease("worker", "b", 2, 0), "job", now, now + TTL + 1)

    def test_a_lease_that_is_over_claims_nothing(self, store: Store, now: int) -> None:
        leases.acquire(store, "worker", "a", now, TTL)
        assert not leases.claim(store, Lease("worker", "a", 1, 0), "job", now, now + TTL)

    def test_the_outcome_is_noted(self, store: Store, now: int) -> None:
        lease = claimed(store, now)
        assert leases.finish(store, lease, "job", now, leases.DONE, now + 5, "fine")
        assert runs(store) == [Run("job", now, "a", 1, "done", now, now + 5, "fine")]

    def test_a_run_lost_with_its_worker_is_failed_and_stays_so(self, store: Store, now: int) -> None:
        lease = claimed(store, now)
        leases.acquire(store, "worker", "b", now + TTL, TTL)
        assert leases.give_up(store, 2, now + TTL) == 1
        assert not leases.finish(store, lease, "job", now, leases.DONE, now + TTL, "late")
        assert [(run.state, run.message) for run in runs(store)] == [("failed", leases.LOST)]

    def test_an_outcome_that_the_work_itself_noted_is_told_better_by_the_holder(
        self, store: Store, now: int
    ) -> None:
        lease = claimed(store, now)
        settled(store, now + 1, "report 1")
        assert leases.finish(store, lease, "job", now, leases.DONE, now + 5, "late; report 1")
        assert [(run.state, run.message) for run in runs(store)] == [("done", "late; report 1")]

    def test_what_another_brought_to_its_end_stays_so(self, store: Store, now: int) -> None:
        lease = claimed(store, now)
        leases.acquire(store, "worker", "b", now + TTL, TTL)
        leases.give_up(store, 2, now + TTL)
        settled(store, now + 1, "report 1")
        assert not leases.finish(store, lease, "job", now, leases.FAILED, now + TTL, "taken over")
        assert [(run.state, run.message) for run in runs(store)] == [("done", "report 1")]

    def test_work_is_noted_in_the_slot_it_was_begun_for(self, store: Store, now: int) -> None:
        lease = claimed(store, now)
        assert leases.claim(store, lease, "job", now + 60, now + 60)
        settled(store, now + 59, "report 1")
        settled(store, now - 1, "before any")
        assert [run.message for run in runs(store)] == [None, "report 1"], "newest first"

    def test_only_the_newest_of_each_job_are_kept(self, store: Store, now: int) -> None:
        leases.acquire(store, "worker", "a", now, TTL)
        for job in ("one", "two"):
            for slot in range(5):
                leases.claim(store, Lease("worker", "a", 1, 0), job, slot, now)
        with store.writing() as connection:
            assert leases.forget(connection, 3) == 4
        assert sorted((run.job, run.slot) for run in runs(store)) == [
            (job, slot) for job in ("one", "two") for slot in (2, 3, 4)
        ]


JUMPS = st.lists(
    st.sampled_from([1_000, 5_000, 20_000, 60_000, 3_600_000, 86_400_000, -3_600_000, -86_400_000, -1_000,
                     10 * 365 * 86_400_000, -10 * 365 * 86_400_000]),
    max_size=12,
)  # fmt: skip


def without_flushing(connection: Any, _: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")  # no power is cut here, and a thousand databases are many


@settings(max_examples=50)
@given(jumps=JUMPS)
def test_no_slot_runs_twice_however_the_clock_jumps(
    sqlite_template: Path, now: int, jumps: list[int]
) -> None:
    assert_each_once(sqlite_template, now, jumps)


@pytest.mark.soak
@settings(max_examples=1000)
@given(jumps=JUMPS)
def test_so_it_is_for_a_thousand_journeys(sqlite_template: Path, now: int, jumps: list[int]) -> None:
    assert_each_once(sqlite_template, now, jumps)


def assert_each_once(sqlite_template: Path, now: int, jumps: list[int]) -> None:
    """Two workers live through the jumps, and each slot runs once."""
    ran: list[tuple[str, int]] = []

    def noting(job: Job) -> Job:
        def run(_: Context, at: int) -> str:
            ran.append((job.name, at - at % job.every))
            return "noted"

        return job._replace(run=run)

    jobs = (noting(JOBS[0]), noting(JOBS[-1]))  # of a minute and of a day: what matters is when they run
    with tempfile.TemporaryDirectory() as folder:
        copy(sqlite_template, f"{folder}/test.db")
        store = Store(f"sqlite:///{folder}/test.db")
        event.listen(store.engine, "connect", without_flushing)
        workers = [Worker(Context(store, Settings()), lambda: now, name, jobs) for name in "ab"]
        time_of = now
        for jump in [0, *jumps]:
            time_of = max(0, time_of + jump)
            for worker in workers:
                worker.tick(time_of)
                for job in jobs:
                    worker.run_due(job, time_of)
        store.close()
    assert len(ran) == len(set(ran))
    assert len(ran) >= len(jobs)
