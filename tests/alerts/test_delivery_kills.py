"""kill -9 at any moment of delivery: nothing is missed, and copies come only of kills in the one moment
that nobody can close: the receiver has the message, and we have not noted it yet."""

import random
import time
from collections.abc import Iterator
from multiprocessing.process import BaseProcess

import pytest

from tests.alerts.delivering_process import deliver
from tests.alerts.delivery_scene import Scene, scene_at, wait_for
from tests.soaking import Record, note

EPISODES = 20


@pytest.fixture
def scene(store_url: str, now: int) -> Iterator[Scene]:
    with scene_at(store_url, now) as scene:
        yield scene


def kill(scene: Scene, child: BaseProcess) -> None:
    child.kill()
    child.join()
    scene.note_half_sent()


def survive(scene: Scene, kills: int, seed: int) -> int:
    """How many copies came of it that processes were killed so often, while and after episodes began."""
    chance = random.Random(seed)
    child = scene.start(deliver)
    for number in range(max(kills, EPISODES)):
        before = scene.taken()
        if number < EPISODES:
            scene.fire()
        if number >= EPISODES or chance.random() < 0.3:
            time.sleep(chance.uniform(0, 0.5))
        else:
            wait_for(lambda before=before: scene.taken() > before)  # type: ignore[misc]
            time.sleep(chance.choice([0, 0, 0.001, 0.003]))
        if number < kills:
            kill(scene, child)
            child = scene.start(deliver)
    wait_for(scene.all_told)
    time.sleep(0.2)  # nothing comes late
    child.kill()
    child.join()
    return scene.copies()


def test_nothing_is_missed_in_twenty_kills(scene: Scene) -> None:
    copies = survive(scene, kills=20, seed=1)
    assert copies <= scene.half_sent.total()
    assert scene.half_sent.total() > 0, "no kill came at a moment that matters"


def test_without_kills_there_are_no_copies(scene: Scene) -> None:
    assert survive(scene, kills=0, seed=2) == 0


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_nothing_is_missed_in_sixty_kills(scene: Scene, record_property: Record) -> None:
    copies = survive(scene, kills=60, seed=3)
    note(record_property, {"half sent": scene.half_sent.total(), "copies": copies})
    assert copies <= scene.half_sent.total()
