"""Three workers on one database, whose leaders die and sleep: each slot runs once, each alert is told."""

import os
import random
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tests.alerts.delivering_process import LONG_CLAIM_MS, SPEED, deliver, sleep_with_a_message, work
from tests.alerts.delivery_scene import Scene, scene_at, wait_for
from tests.soaking import Record, note

TAKEOVER_S = 30 / SPEED  # of a lease of 15 s, on a clock that runs fast
ROUNDS = {"sqlite": 10, "postgresql": 3}
SLOW_S = 20.0  # what a machine with more to do may need on top


@pytest.fixture
def scene(store_url: str, now: int) -> Iterator[Scene]:
    with scene_at(store_url, now) as scene:
        yield scene


@dataclass
class Workers:
    """Workers by name, and the slots they ran as they wrote them down."""

    scene: Scene
    effects: Path
    claim_ms: int  # after which a message that was taken, and not told, is taken by another
    running: dict[str, BaseProcess] = field(default_factory=dict)
    started: int = 0

    def start(self) -> None:
        name = f"worker-{self.started}"
        self.started += 1
        self.running[name] = self.scene.start(work, str(self.effects), name, self.claim_ms)

    def slots(self) -> list[tuple[int, str]]:
        if not self.effects.exists():
            return []
        return [(int(slot), name) for slot, name in map(str.split, self.effects.read_text().splitlines())]

    def leader(self) -> str:
        return self.slots()[-1][1]

    def stop(self, name: str) -> None:
        pid = self.running[name].pid or 0
        os.kill(pid, signal.SIGSTOP)
        wait_for(lambda: is_stopped(pid))  # a commit under way is finished first
        self.scene.note_half_sent()

    def wake(self, name: str) -> None:
        os.kill(self.running[name].pid or 0, signal.SIGCONT)

    def stop_leader(self) -> str:
        """Stops the leader until another works in its place. One that is stopped in the middle of a write
        holds the database, for others' slots or, where it led no more, for ours: it is woken, and stopped
        again a little later."""
        for _ in range(20):
            leader = self.leader()
            self.stop(leader)
            if self._taken_over(leader, TAKEOVER_S) and not self.scene.is_held():
                return leader
            self.wake(leader)
            time.sleep(0.3)
        raise AssertionError("nobody took over")

    def kill_leader(self) -> None:
        leader = self.leader()
        self.running[leader].kill()
        self.running.pop(leader).join()
        self.scene.note_half_sent()
        assert self._taken_over(leader, TAKEOVER_S + SLOW_S)

    def _taken_over(self, leader: str, seconds: float) -> bool:
        before, deadline = len(self.slots()), time.monotonic() + seconds
        while time.monotonic() < deadline:
            if any(name != leader for _, name in self.slots()[before:]):
                return True
            time.sleep(0.01)
        return False

    def end(self) -> None:
        for process in self.running.values():
            process.kill()
            process.join()


@pytest.fixture
def workers(scene: Scene, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Workers]:
    workers = Workers(scene, tmp_path / "slots", getattr(request, "param", LONG_CLAIM_MS))
    for _ in range(3):
        workers.start()
    yield workers
    workers.end()


def trouble(workers: Workers, rounds: int, seed: int) -> None:
    """In each round a leader sleeps past its lease and is woken, and the one after it is killed, while
    episodes begin before, meanwhile, and after."""
    chance, scene = random.Random(seed), workers.scene
    for _ in range(rounds):
        scene.fire()
        time.sleep(chance.uniform(0.15, 0.35))
        asleep = workers.stop_leader()
        scene.fire()
        time.sleep(1.2 * workers.claim_ms / SPEED / 1000)  # longer than a claim
        workers.wake(asleep)
        scene.fire()
        time.sleep(chance.uniform(0.15, 0.35))
        workers.kill_leader()
        workers.start()


def check(workers: Workers, slots: int, seconds: float = 60) -> None:
    scene = workers.scene
    wait_for(lambda: len(workers.slots()) >= slots and scene.all_told(), seconds)
    workers.end()
    ran = [slot for slot, _ in workers.slots()]
    assert len(ran) == len(set(ran))
    assert len({name for _, name in workers.slots()}) >= 3
    assert scene.copies() <= scene.half_sent.total()


def test_each_slot_runs_once_and_each_alert_is_told(workers: Workers) -> None:
    wait_for(lambda: len(workers.slots()) >= 20)
    trouble(workers, ROUNDS[workers.scene.store.dialect], seed=1)
    check(workers, slots=500)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("workers", [4 * LONG_CLAIM_MS], indirect=True)
def test_the_same_in_thirty_rounds(workers: Workers, record_property: Record) -> None:
    wait_for(lambda: len(workers.slots()) >= 20)
    trouble(workers, 30, seed=2)
    check(workers, slots=2_000, seconds=600)
    scene = workers.scene
    seen = {"slots": len(workers.slots()), "half sent": scene.half_sent.total(), "copies": scene.copies()}
    note(record_property, seen)


def test_what_a_worker_took_before_it_slept_it_does_not_send_when_it_wakes(scene: Scene) -> None:
    for number in range(1, 5):
        scene.fire("hook")
        sleeper = scene.start(sleep_with_a_message)
        wait_for(lambda pid=sleeper.pid: is_stopped(pid or 0))  # type: ignore[misc]
        other = scene.start(deliver)
        wait_for(scene.all_told)
        assert len(scene.hook.received) == number
        os.kill(sleeper.pid or 0, signal.SIGCONT)
        sleeper.join(10)
        assert sleeper.exitcode == 0
        other.kill()
        other.join()
        assert len(scene.hook.received) == number


def is_stopped(pid: int) -> bool:
    """Whether every thread of the process stands still."""
    states = (task.joinpath("stat").read_text() for task in Path(f"/proc/{pid}/task").iterdir())
    return all(state.rpartition(")")[2].split()[0] == "T" for state in states)
