"""What a worker runs by itself: schedules, drift alarms, and what another left unfinished."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cascadewatch.jobs import Context, Worker, everything
from cascadewatch.replay.planned import planned
from cascadewatch.replay.unattended import Unattended
from cascadewatch.settings import Settings
from cascadewatch.store import episodes, leases, replays, reports
from cascadewatch.store.engine import Store
from cascadewatch.store.replays import Run
from cascadewatch.store.tables import jobs
from tests.alerts.delivering import values
from tests.replay.conftest import prime_cases, write
from tests.replay.paid import paid_settings, start
from tests.replay.provider import Provider, providing

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
NOON = 1_795_262_400_000  # 2026-11-21 12:00 UTC
THREE = NOON + 15 * HOUR  # the next day's slot
SETTINGS = """
timezone = "UTC"
[cascade.primes]
tiers = ["small", "flagship"]
[model.before]
kind = "recorded"
answer = "flagship_before"
[model.after]
kind = "recorded"
answer = "flagship_after"
[replay.nightly]
cascade = "primes"
eval_set = "prime.jsonl"
target = "{target}"
{when}
"""
NIGHTLY = 'schedule = "0 3 * * *"'

Configured = Callable[[str], Settings]


class Watched:
    """A leading worker's replays, looked after by hand at any time."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store, self.settings, self.now, self.lease = store, settings, NOON, leases.Lease("w", "a", 1, 0)

    def look(self, now: int) -> None:
        self.now = now
        assert leases.acquire(self.store, "w", "a", now, 15_000) is not None
        with self.store.reading() as connection:
            held = leases.held(connection, "w")
        assert held is not None
        Unattended(self.store, self.settings, lambda: self.now, held).look()

    def runs(self) -> list[Run]:
        with self.store.reading() as connection:
            return replays.runs(connection)[::-1]

    def notes(self) -> list[tuple[str, str | None]]:
        with self.store.reading() as connection:
            rows = connection.execute(select(jobs.c.state, jobs.c.message).order_by(jobs.c.slot))
            return [(row.state, row.message) for row in rows]

    def planned(self, now: int) -> Any:
        with self.store.reading() as connection:
            (found,) = planned(connection, self.settings, now)
        return found


@pytest.fixture
def watched(store: Store, configured: Configured, tmp_path: Path) -> Callable[..., Watched]:
    def make(when: str = NIGHTLY, target: str = "before", size: int = 200) -> Watched:
        write(tmp_path / "prime.jsonl", prime_cases()[:size])
        return Watched(store, configured(SETTINGS.format(target=target, when=when)))

    return make


def pinned(one: Watched, target: str = "before") -> None:
    from cascadewatch.replay.running import Asked, run

    run(one.store, one.settings, "nightly", Asked(pin=True, target=target), lambda: one.now)


def test_it_runs_once_in_its_slot(watched: Callable[..., Watched]) -> None:
    one = watched()
    for now in (NOON, NOON + HOUR, THREE - 1, THREE + 4_000, THREE + 9_000, THREE + HOUR):
        one.look(now)
    (only,) = one.runs()
    assert (only.cause, only.author, only.started) == ("schedule", "worker", THREE + 4_000)
    assert one.notes() == [
        ("done", "first seen: its slots count from here on"), ("done", "inconclusive: report 1"),
    ]  # fmt: skip


def test_one_run_makes_up_for_nights_without_a_worker(watched: Callable[..., Watched]) -> None:
    one = watched()
    one.look(NOON)
    after = THREE + 4 * DAY + 90 * MINUTE
    found = one.planned(after)
    assert (found.due.reason, found.missed, found.late) == ("late", 4, THREE + 4 * DAY + 5 * MINUTE)
    one.look(after)
    one.look(after + 5_000)
    assert len(one.runs()) == 1
    assert one.notes()[-1][1] == "late by 90 min; 4 earlier slots missed; inconclusive: report 1"
    found = one.planned(after + HOUR)
    assert (found.late, found.missed, found.next) == (None, 0, THREE + 5 * DAY)
    assert found.last.id == 1


def test_a_slot_in_the_time_of_another_run_is_left_out_and_noted(watched: Callable[..., Watched]) -> None:
    one = watched()
    one.look(NOON)
    with one.store.writing() as connection:
        running: dict[str, Any] = {
            "name": "nightly", "cascade": None, "eval_set": "x", "cause": "cli", "author": "me", "cases": 1,
            "limit": None, "config": {}, "config_hash": "x", "owner": "me", "claimed": THREE + HOUR,
        }  # fmt: skip
        replays.start(connection, running, THREE - HOUR)
    one.look(THREE + 1)
    assert [run.cause for run in one.runs()] == ["cli"]
    assert one.notes()[-1] == ("done", "overlapping: left out, for another run of it went on")


def test_a_regression_is_confirmed_by_an_independent_run_before_it_stands(
    watched: Callable[..., Watched],
) -> None:
    one = watched(target="after")
    pinned(one)
    one.look(NOON)
    one.look(THREE)
    first, second = one.runs()[1:]
    assert (first.cause, second.cause) == ("schedule", "confirmation")
    assert first.config["seed"] != second.config["seed"]
    with one.store.reading() as connection:
        newest, before = reports.history(connection, name="nightly")[:2]
        assert reports.standing(connection, "nightly") == newest
    assert (before.body["awaits_confirmation"], newest.body["awaits_confirmation"]) == (True, False)
    assert (newest.verdict, newest.body["confirms"]) == ("regressed", before.id)
    assert newest.body["alpha"] == before.body["alpha"] == 0.01
    assert one.notes()[-1][1] == "regressed: report 2, confirmed: report 3"
    one.look(THREE + DAY)
    assert [run.cause for run in one.runs()][3:] == ["schedule"], "what stands needs no confirmation"


def test_a_regression_nobody_confirmed_does_not_stand(watched: Callable[..., Watched]) -> None:
    one = watched(target="after")
    pinned(one)
    from cascadewatch.replay.running import Asked, run

    run(one.store, one.settings, "nightly", Asked(cause="schedule"), lambda: NOON + 1)
    with one.store.reading() as connection:
        standing = reports.standing(connection, "nightly")
    assert standing is not None
    assert standing.id == 1


def test_what_cannot_run_is_noted_and_tried_in_the_next_slot(
    watched: Callable[..., Watched], tmp_path: Path
) -> None:
    one = watched()
    one.look(NOON)
    (tmp_path / "prime.jsonl").unlink()
    one.look(THREE)
    one.look(THREE + MINUTE)
    ((_, _), (state, message)) = one.notes()
    assert state == "failed"
    assert message is not None
    assert "prime.jsonl" in message


DRIFT = "on_drift = true"


def alarm(one: Watched, opened: int, **changes: Any) -> int:
    row = values(opened) | {
        "kind": "drift", "metric": "escalation_rate", "cascade": "primes", "direction": "down", **changes
    }  # fmt: skip
    with one.store.writing() as connection:
        return episodes.add(connection, row).id


def test_a_falling_rate_starts_a_check_once_for_an_episode(watched: Callable[..., Watched]) -> None:
    one = watched(DRIFT)
    one.look(NOON)
    alarm(one, NOON + 1)
    for now in (NOON + 5_000, NOON + 10_000, NOON + 2 * DAY):
        one.look(now)
    assert [run.cause for run in one.runs()] == ["alert"]


@pytest.mark.parametrize(
    "changes",
    [
        {"direction": "up"}, {"cascade": "another"}, {"kind": "threshold"}, {"metric": "judge_failure_rate"},
        {"opened": NOON - 2 * DAY, "since": NOON - 2 * DAY},
    ],
)  # fmt: skip
def test_no_other_alarm_does(watched: Callable[..., Watched], changes: dict[str, Any]) -> None:
    one = watched(DRIFT)
    alarm(one, changes.pop("opened", NOON), **changes)
    one.look(NOON + 5_000)
    assert one.runs() == []


def test_who_does_not_allow_it_is_not_started(watched: Callable[..., Watched]) -> None:
    one = watched("")
    alarm(one, NOON)
    one.look(NOON + 5_000)
    assert one.runs() == []


def test_a_thousand_alarms_start_one_run_a_day(watched: Callable[..., Watched]) -> None:
    one = watched(DRIFT, size=20)
    for number in range(30):
        alarm(one, NOON + number, route=f"r{number}")
    one.look(NOON + HOUR)
    assert len(one.runs()) == 1
    assert one.notes()[-1][1] == "left out: run 1 answered an alarm within the last day"
    alarm(one, NOON + 26 * HOUR, route="new")
    one.look(NOON + 26 * HOUR + 1)
    assert len(one.runs()) == 2


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing(seconds=0.02) as provider:
        yield provider


def marked(store: Store, cause: str) -> Run:
    """The crashed run, as if a worker of another machine had begun it."""
    from sqlalchemy import update

    from cascadewatch.store.replay_tables import replays as table

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


def test_the_next_worker_goes_on_with_a_run_that_was_left(
    store: Store, store_url: str, tmp_path: Path, provider: Provider
) -> None:
    settings = paid_settings(tmp_path, store_url, provider, 40, concurrency=2)
    crashed(tmp_path, provider)
    marked(store, "schedule")
    one = looker(store, settings)
    one.look(one.now)
    (only,) = one.runs()
    assert (only.state, only.done) == ("finished", 40)


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
    marked(store, "schedule")
    settings = paid_settings(tmp_path, store_url, provider, 39)
    calls = len(provider.calls)
    one = looker(store, settings)
    for later in (0, 5_000):
        one.look(one.now + later)
    (only,) = one.runs()
    assert (only.state, only.message) == ("failed", "given up: it was begun with other settings")
    assert len(provider.calls) == calls


def test_alerting_goes_on_and_the_worker_ends_soon_while_a_replay_runs(
    store: Store, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cascadewatch.replay import unattended

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


def test_without_schedules_no_thread_is_started(store: Store, configured: Configured) -> None:
    from cascadewatch.jobs import replaying

    lease = leases.Lease("w", "a", 1, 0)
    assert replaying(Context(store, configured(""), lease), lambda: NOON) == ()
