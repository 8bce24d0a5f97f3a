"""kill -9 at any moment: nothing acknowledged is lost, nothing counts twice, the sums stay exact."""

import random
import time
from multiprocessing.connection import Connection

import pytest

from tests.forking import CONTEXT
from tests.store.conftest import Open
from tests.store.ingesting import BATCH, batch, ingest
from tests.store.opened import Opened


def acknowledged_until_killed(url: str, first: int, delay: float, working: bool) -> list[int]:
    """Batches a real process had acknowledged when it was killed without warning, `delay` seconds
    after its start, or, if it is to be `working` by then, after its first batch."""
    ours: Connection
    ours, theirs = CONTEXT.Pipe(duplex=False)
    child = CONTEXT.Process(target=ingest, args=(url, first, theirs))
    child.start()
    theirs.close()
    numbers = [ours.recv()] if working else []
    time.sleep(delay)
    child.kill()
    child.join()
    try:
        while ours.poll():
            numbers.append(ours.recv())
    except EOFError:
        pass
    ours.close()
    return numbers


def stored_ids(opened: Opened) -> set[str]:
    return {row["id"] for row in opened.rows("events")}


def ids(numbers: range | list[int]) -> set[str]:
    """Of all events of these batches."""
    return {f"event-{number * BATCH + i}" for number in numbers for i in range(BATCH)}


def survive(opened: Opened, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    following = 0
    for _ in range(kills):
        working = chance.random() < 0.7
        delay = chance.uniform(0, 0.06 if working else 0.3)
        numbers = acknowledged_until_killed(opened.settings.database_url, following, delay, working)
        assert numbers == list(range(following, following + len(numbers)))
        following += len(numbers)
        assert opened.broken() == {}
        assert ids(range(following)) <= stored_ids(opened) <= ids(range(following + 1))
    send_everything_again(opened, following)


def send_everything_again(opened: Opened, acknowledged: int) -> None:
    """What was stored is a duplicate, whatever else there is comes in, and that is all."""
    held = len(stored_ids(opened))
    receipts = [opened.send(*batch(number)) for number in range(acknowledged + 3)]
    assert sum(r.duplicate for r in receipts) == held
    assert sum(r.accepted for r in receipts) == (acknowledged + 3) * BATCH - held
    assert sum(r.conflict for r in receipts) == 0
    assert opened.counts()["events"] == (acknowledged + 3) * BATCH
    assert opened.broken() == {}


def test_twenty_kills_during_ingest(opening: Open) -> None:
    survive(opening(), kills=20, seed=1)


@pytest.mark.soak
@pytest.mark.timeout(1_200)
def test_two_hundred_kills_during_ingest(opening: Open) -> None:
    survive(opening(), kills=200, seed=2)
