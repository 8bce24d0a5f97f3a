"""kill -9 while rows are deleted: the sums stay exact, and the next one goes on."""

import random
import signal
import time

import pytest

from tests.forking import CONTEXT
from tests.model.events import NOON
from tests.store.aging import AGES, KEEPS_TEXT, night, of_every_age, old
from tests.store.conftest import Open
from tests.store.opened import DAY, Opened
from tests.store.pruning import END, POINTS, delete_and_die, delete_slowly


def killed(url: str, now: int, parts: int, delay: float) -> bool:
    """A real process deletes until it is killed, `delay` seconds after so many parts; False if it came to its
    end before."""
    ours, theirs = CONTEXT.Pipe(duplex=False)
    child = CONTEXT.Process(target=delete_slowly, args=(url, now, theirs))
    child.start()
    theirs.close()
    heard = 0
    try:
        while heard < parts:
            if ours.recv() == END:
                child.join()
                return False
            heard += 1
        time.sleep(delay)
    except EOFError:
        pytest.fail("the process ended by itself")
    finally:
        child.kill()
        child.join()
        ours.close()
    return True


def survive(opened: Opened, kills: int, seed: int) -> None:
    """Prunes until so many were killed; between two more of the past comes in."""
    chance, survived, rounds = random.Random(seed), 0, 0
    opened.send(*of_every_age())
    while survived < kills:
        expected = opened.counts()
        parts = chance.randint(1, 12)
        survived += killed(opened.settings.database_url, NOON, parts, chance.uniform(0, 0.03))
        assert opened.broken() == {}
        assert opened.counts() == expected
        rounds += 1
        history = [old(f"{rounds}-{days}", days + 0.1) for days in range(40, 390, 25)]
        assert opened.send(*history).accepted == len(history), "ingest goes on"
    expected = opened.counts()
    night(opened)
    assert opened.broken() == {}
    assert opened.counts() == expected
    assert night(opened).rows == {}


def test_kills_while_rows_are_deleted(opening: Open) -> None:
    survive(opening(timezone="Europe/Berlin", **KEEPS_TEXT), kills=4, seed=1)


@pytest.mark.soak
@pytest.mark.timeout(1_200)
def test_fifty_kills_while_rows_are_deleted(opening: Open) -> None:
    survive(opening(timezone="Europe/Berlin", **KEEPS_TEXT), kills=50, seed=2)


@pytest.mark.soak
@pytest.mark.timeout(1_200)
def test_five_kills_at_each_named_point(opening: Open) -> None:
    """Each on a day of its own, so that there is something to delete at every point."""
    opened = opening(timezone="Europe/Berlin", **KEEPS_TEXT)
    opened.send(*(old(f"old-{days}", days) for days in AGES[:-1]))
    for number in range(5 * len(POINTS)):
        point = [*POINTS][number % len(POINTS)]
        history = [old(f"{number}-{days}", days + 0.1) for days in range(40, 340, 25)]
        assert opened.send(*history).accepted == len(history)
        expected, at = opened.counts(), NOON + number * DAY
        child = CONTEXT.Process(
            target=delete_and_die, args=(opened.settings.database_url, at, point, POINTS[point])
        )
        child.start()
        child.join(60)
        assert child.exitcode == -signal.SIGKILL, point.__name__
        assert opened.broken() == {}
        assert opened.counts() == expected
    expected = opened.counts()
    night(opened, NOON + 5 * len(POINTS) * DAY)
    assert opened.broken() == {}
    assert opened.counts() == expected
