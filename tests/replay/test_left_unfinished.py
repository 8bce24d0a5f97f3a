"""Runs that a worker left unfinished, and a worker that has to end while a replay runs."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from alerts import job_notices
from cascadewatch.job import Context
from cascadewatch.replay import unattended
from cascadewatch.replay.planned import job_of, wish_job
from cascadewatch.settings import Settings
from cascadewatch.store import leases, replays
from cascadewatch.store.engine import Store
from cascadewatch.store.replay_tables import replays as table
from cascadewatch.store.replays import Run
from cascadewatch.store.tables import jobs
from cascadewatch.worker import Worker, everything, replaying
from tests.replay.looked_after import NOON, Watched
from tests.replay.paid import paid_settings, play, start
from tests.replay.provider import Provider, providing

MINUTE = 60_000
DAILY = 'budget_usd = 1.0\nschedule = "1d"'
JOB = {"schedule": job_of("paid", "1d"), "api": wish_job("paid")}

Configured = Callable[[str], Settings]


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing(seconds=0.02) as provider:
        yield provider


def marked(store: Store, cause: str) -> Run:
    """The crashed run, as if a worker of another machine had begun it."""
    ago = time.time_ns() // 1_000_000 - 1
    with store.writing() as connection:
        connection.execute(update(table).values(cause=cause, owner="elsewhere:1:x", claimed=ago))
        return replays.run_of(connection, 1)


def crashed(folder: Path, provider: Provider) -> None:
    process = start(folder)
    while len(provider.calls) < 6:
        time.sleep(0.002)
    process.kill()
    process.join()


def looker(store: Store, settings: Settings) -> Watched:
    one = Watched(store, settings)
    one.now = time.time_ns() // 1_000_000
    return one


@pytest.mark.parametrize("cause", ["schedule", "api"])
def test_the_next_worker_goes_on_with_a_run_that_was_left(
    store: Store, store_url: str, tmp_path: Path, provider: Provider, cause: str
) -> None:
    settings = paid_settings(tmp_path, store_url, provider, 40, more=DAILY, concurrency=2)
    crashed(tmp_path, provider)
    run = marked(store, cause)
    lost(store, JOB[cause], run.started)
    one = looker(store, settings)
    one.look(one.now)
    (only,) = one.runs()
    assert (only.state, only.done, only.cause) == ("finished", 40, cause)
    assert ("done", "inconclusive: report 1") in one.notes(), "the slot it was begun for tells how it ended"
    assert "failed" not in [state for state, _ in one.notes()]


def lost(store: Store, job: str, slot: int) -> None:
    """The slot of the crashed run, as the next leader marks it."""
    run = {"job": job, "slot": slot, "owner": "a", "fence": 1, "state": "failed", "message": leases.LOST}
    with store.writing() as connection:
        connection.execute(insert(jobs).values(**run, started=slot, finished=slot + 1))


def test_a_slot_whose_run_is_ended_by_hand_is_done(
    store: Store, store_url: str, tmp_path: Path, provider: Provider
) -> None:
    settings = paid_settings(tmp_path, store_url, provider, 40, more=DAILY, concurrency=2)
    crashed(tmp_path, provider)
    run = marked(store, "schedule")
    lost(store, JOB["schedule"], run.started)
    lost(store, JOB["schedule"], run.started + 1)
    lost(store, JOB["api"], run.started)
    play(store, settings)
    one = looker(store, settings)
    (only,) = one.runs()
    assert (only.state, only.done, only.cause) == ("finished", 40, "schedule")
    with store.reading() as connection:
        ended = select(jobs.c.job, jobs.c.slot).where(jobs.c.state == "done")
        assert list(connection.execute(ended)) == [(JOB["schedule"], run.started)], "and no other slot is"
        job, of = JOB["schedule"], jobs.c.slot > run.started
    with store.writing() as connection:
        connection.execute(delete(jobs).where(jobs.c.job == job, of))
    assert one.planned(one.now).slot == (run.started, "done", "inconclusive: report 1")
    assert job_notices.run(store, settings, one.now, None) == "nothing failed"


def test_a_run_begun_by_hand_is_left_to_that_hand(
    store: Store, store_url: str, tmp_path: Path, provider: Provider
) -> None:
    settings = paid_settings(tmp_path, store_url, provider, 40, concurrency=2)
    crashed(tmp_path, provider)
    marked(store, "cli")
    one = looker(store, settings)
    one.look(one.now)
    assert one.runs()[0].state == "running"


def test_a_run_begun_with_other_settings_is_given_up_and_costs_nothing_more(
    store: Store, store_url: str, tmp_path: Path, provider: Provider
) -> None:
    paid_settings(tmp_path, store_url, provider, 40, concurrency=2)
    crashed(tmp_path, provider)
    lost(store, JOB["schedule"], marked(store, "schedule").started)
    settings = paid_settings(tmp_path, store_url, provider, 39, more=DAILY)
    calls = len(provider.calls)
    one = looker(store, settings)
    for later in (0, 5_000):
        one.look(one.now + later)
    (only,) = one.runs()
    assert (only.state, only.message) == ("failed", "given up: it was begun with other settings")
    assert one.notes()[0] == ("failed", "given up: it was begun with other settings")
    assert len(provider.calls) == calls


def test_alerting_goes_on_and_the_worker_ends_soon_while_a_replay_runs(
    store: Store, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unattended, "LOOK_S", 0.05)
    with providing(seconds=0.5) as slow:
        more = 'budget_usd = 1.0\nschedule = "1m"'
        settings = paid_settings(tmp_path, store_url, slow, 200, more=more, concurrency=2)
        ahead = [0]

        def clock() -> int:
            return time.time_ns() // 1_000_000 + ahead[0]

        worker = Worker(Context(store, settings), clock, "a", (), duties=everything)
        worker.tick(clock())
        wait_for(lambda: len(notes(store)) == 1)
        ahead[0] = MINUTE
        worker.tick(clock())
        wait_for(lambda: len(slow.calls) > 2)
        assert "run-replays" in {thread.name for thread in threading.enumerate()}
        began = time.monotonic()
        worker.tick(clock())
        assert time.monotonic() - began < 5
        worker.stop()
        assert time.monotonic() - began < 15
    with store.reading() as connection:
        (only,) = replays.runs(connection)
        slots = connection.execute(select(jobs.c.state).where(jobs.c.job.startswith("replay"))).scalars()
        assert list(slots) == ["done", "running"], "it has not failed: the next worker goes on with it"
    assert (only.state, only.owner) == ("running", None)
    assert 0 < only.done < 200


def notes(store: Store) -> list[Any]:
    with store.reading() as connection:
        return list(connection.execute(select(jobs.c.message)))


def wait_for(true: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.01)


def test_without_replays_no_thread_is_started(store: Store, configured: Configured) -> None:
    lease = leases.Lease("w", "a", 1, 0)
    assert replaying(Context(store, configured(""), lease), lambda: NOON) == ()
