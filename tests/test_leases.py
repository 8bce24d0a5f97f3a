"""Who runs the jobs, and that each slot runs once: decided by rows, on both databases."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascadewatch.jobs import JOBS, Context, Job, Worker
from cascadewatch.settings import Settings
from cascadewatch.store import leases
from cascadewatch.store.engine import Store
from cascadewatch.store.leases import Lease

ROOT = Path(__file__).parent.parent
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
        leases.acquire(store, "worker", "a", now, TTL)
        leases.claim(store, Lease("worker", "a", 1, 0), "job", now, now)
        assert leases.finish(store, ("job", now, 1), leases.DONE, now + 5, "fine")
        with store.reading() as connection:
            assert leases.runs(connection) == [leases.Run("job", now, "a", 1, "done", now, now + 5, "fine")]

    def test_a_run_lost_with_its_worker_is_failed_and_stays_so(self, store: Store, now: int) -> None:
        leases.acquire(store, "worker", "a", now, TTL)
        leases.claim(store, Lease("worker", "a", 1, 0), "job", now, now)
        leases.acquire(store, "worker", "b", now + TTL, TTL)
        assert leases.give_up(store, 2, now + TTL) == 1
        assert not leases.finish(store, ("job", now, 1), leases.DONE, now + TTL, "late")
        with store.reading() as connection:
            assert [(run.state, run.message) for run in leases.runs(connection)] == [("failed", leases.LOST)]

    def test_only_the_newest_of_each_job_are_kept(self, store: Store, now: int) -> None:
        leases.acquire(store, "worker", "a", now, TTL)
        for job in ("one", "two"):
            for slot in range(5):
                leases.claim(store, Lease("worker", "a", 1, 0), job, slot, now)
        with store.writing() as connection:
            assert leases.forget(connection, 3) == 4
        with store.reading() as connection:
            assert sorted((run.job, run.slot) for run in leases.runs(connection)) == [
                (job, slot) for job in ("one", "two") for slot in (2, 3, 4)
            ]


JUMPS = st.lists(
    st.sampled_from([1_000, 5_000, 20_000, 60_000, 3_600_000, 86_400_000, -3_600_000, -86_400_000, -1_000,
                     10 * 365 * 86_400_000, -10 * 365 * 86_400_000]),
    max_size=12,
)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(jumps=JUMPS)
def test_no_slot_runs_twice_however_the_clock_jumps(
    sqlite_template: Path, now: int, jumps: list[int]
) -> None:
    ran: list[tuple[str, int]] = []

    def seen(job: Job) -> Job:
        def run(context: Context, at: int) -> str:
            ran.append((job.name, at - at % job.every))
            return job.run(context, at)

        return job._replace(run=run)

    with tempfile.TemporaryDirectory() as folder:
        copy(sqlite_template, f"{folder}/test.db")
        store = Store(f"sqlite:///{folder}/test.db")
        jobs = tuple(seen(job) for job in JOBS)
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
    assert len(ran) >= len(JOBS)


HAMMER = """
import os, sys, time
from cascadewatch.errors import BusyError
from cascadewatch.jobs import Context, Job, Worker
from cascadewatch.settings import Settings
from cascadewatch.store.engine import Store

url, effects, owner = sys.argv[1:]
EVERY, TTL = 25, 600

def now(): return time.time_ns() // 1_000_000

def effect(context, at):
    handle = os.open(effects, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{at - at % EVERY} {owner}\\n".encode())
    os.close(handle)
    return "done"

job = Job("hammer", EVERY, effect)
worker = Worker(Context(Store(url), Settings()), now, owner, (job,), TTL)
print("ready", flush=True)
ticked = 0
while True:
    at = now()
    try:
        if at - ticked > TTL / 4:
            worker.tick(at)
            ticked = at
        worker.run_due(job, now())
    except BusyError:
        pass
    time.sleep(0.005)
"""


def test_three_processes_run_each_slot_once_while_leaders_die_and_sleep(
    store_url: str, tmp_path: Path
) -> None:
    effects = tmp_path / "effects"
    processes = {name: hammer(store_url, effects, name) for name in ("a", "b", "c")}
    try:
        wait(lambda: len(lines(effects)) >= 40)
        asleep = fall_asleep(processes, effects)
        wait(lambda: len(lines(effects)) >= 80)
        asleep.send_signal(signal.SIGCONT)  # it comes back with a stale fence
        wait(lambda: len(lines(effects)) >= 120)
        leader = lines(effects)[-1][1]
        processes[leader].kill()
        assert took_over(effects, leader, 30)
        wait(lambda: len(lines(effects)) >= 160)
    finally:
        for process in processes.values():
            process.kill()
            process.wait()
    slots = [slot for slot, _ in lines(effects)]
    assert len(slots) == len(set(slots))
    assert len({owner for _, owner in lines(effects)}) >= 2


def hammer(url: str, effects: Path, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HAMMER, url, str(effects), name]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.stdout.close()
    return process


def lines(effects: Path) -> list[tuple[int, str]]:
    if not effects.exists():
        return []
    return [(int(slot), owner) for slot, owner in map(str.split, effects.read_text().splitlines())]


def fall_asleep(processes: dict[str, subprocess.Popen[str]], effects: Path) -> subprocess.Popen[str]:
    """Stops the leader until another has taken over.

    One that is stopped in the middle of a write holds the database: it is woken, and stopped again.
    """
    for _ in range(20):
        leader = lines(effects)[-1][1]
        processes[leader].send_signal(signal.SIGSTOP)
        if took_over(effects, leader, 4):
            return processes[leader]
        processes[leader].send_signal(signal.SIGCONT)
        time.sleep(1)
    raise AssertionError("nobody took over")


def took_over(effects: Path, from_whom: str, seconds: float) -> bool:
    """Whether another works within that time; the lease is 0.6 s, the rest is a slow machine's."""
    deadline = time.monotonic() + seconds
    before = len(lines(effects))
    while time.monotonic() < deadline:
        if any(owner != from_whom for _, owner in lines(effects)[before:]):
            return True
        time.sleep(0.02)
    return False


def wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 40
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.02)
