"""A clock that is set back: no slot runs twice, and it does not stay unseen that nothing is evaluated."""

import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from alerts.heartbeat import Beat, Heartbeat
from cascadewatch.job import Context
from cascadewatch.jobs import JOBS
from cascadewatch.settings import Settings
from cascadewatch.store.engine import Store
from cascadewatch.worker import Worker

MINUTE, HOUR = 60_000, 3_600_000
EVALUATE = next(job for job in JOBS if job.name == "evaluate-rules")


@dataclass
class Machine:
    """A worker and its heartbeat, by a clock that somebody sets and one that nobody does."""

    store: Store
    now: int
    passed: int = 0

    def __post_init__(self) -> None:
        settings = Settings()
        self.worker = Worker(Context(self.store, settings), lambda: self.now, "a")
        self.heart = Heartbeat(
            self.store, settings, lambda: self.now, lambda _: True, ticks=lambda: self.passed / 1000
        )

    def go_on(self, minutes: int) -> tuple[int, list[Beat]]:
        """How often rules were evaluated, and the heartbeat after each minute."""
        runs, beats = 0, []
        for _ in range(minutes):
            self.worker.tick(self.now)
            runs += self.worker.run_due(EVALUATE, self.now)
            self.now, self.passed = self.now + MINUTE, self.passed + MINUTE
            beats.append(self.heart.beat(self.now))
        return runs, beats


@pytest.fixture
def machine(sqlite_template: Path, tmp_path: Path, now: int) -> Iterator[Machine]:
    shutil.copy(sqlite_template, tmp_path / "test.db")
    store = Store(f"sqlite:///{tmp_path / 'test.db'}")
    yield Machine(store, now)
    store.close()


def warned(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.__dict__["fields"]["job"] for one in caplog.records if one.message == "clock set back"]


def test_the_heartbeat_stops_until_something_is_evaluated_again(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    assert machine.go_on(60) == (60, ["sent"] * 60)
    machine.now -= 30 * MINUTE
    runs, beats = machine.go_on(30)
    assert runs == 0
    assert beats == ["sent"] * 5 + ["rules not evaluated"] * 25
    assert warned(caplog) == ["evaluate-rules"], "once, not every minute"
    assert machine.go_on(10) == (10, ["sent"] * 10)


def test_a_jump_ahead_and_back_keeps_it_beating(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    machine.go_on(10)
    machine.now += 3 * HOUR
    machine.go_on(10)
    machine.now -= 3 * HOUR
    runs, beats = machine.go_on(30)
    assert (runs, beats) == (30, ["sent"] * 30)
    assert warned(caplog) == []


def test_one_who_takes_over_warns_of_nothing(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    machine.go_on(3)
    machine.worker.stop()
    machine.now -= MINUTE
    machine.worker = Worker(Context(machine.store, Settings()), lambda: machine.now, "b")
    assert machine.go_on(3)[0] == 2
    assert warned(caplog) == []
