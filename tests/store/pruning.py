"""What a process does until it is killed: delete what is too old, in very small parts."""

import os
import signal
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from sqlalchemy import event

from cascadewatch.store import deletions
from cascadewatch.store.engine import Store
from cascadewatch.store.opening import open_store
from cascadewatch.store.retention import PRUNED, prune
from tests.store.aging import KEEPS_TEXT
from tests.store.opened import settings_for

END = -1


def delete_slowly(url: str, now: int, told: Connection) -> None:
    """Prunes, and sends a number after each part and END at the end."""
    deletions.EVENTS = deletions.ROWS = deletions.SERIES = 2
    settings = settings_for(url, timezone="Europe/Berlin", **KEEPS_TEXT)
    store = open_store(settings, now)
    prune(store, settings, now, told=lambda gone: told.send(sum(gone.values())), rest=lambda _: None)
    store.close()
    told.send(END)


Die = Callable[..., None]
Point = Callable[[Store, Die], dict[str, Any]]  # gives `prune` more arguments


def before_the_horizons_move(store: Store, die: Die) -> dict[str, Any]:
    return _before("DELETE FROM meta", store, die)


def after_the_horizons_moved(store: Store, die: Die) -> dict[str, Any]:
    return {"stopped": die}


def between_two_statements(store: Store, die: Die) -> dict[str, Any]:
    return _before("DELETE FROM attempts", store, die)


def before_the_commit_of_a_part(store: Store, die: Die) -> dict[str, Any]:
    event.listen(store.engine, "commit", die)
    return {}


def between_two_parts(store: Store, die: Die) -> dict[str, Any]:
    return {"rest": die}


def before_the_mark_of_the_end(store: Store, die: Die) -> dict[str, Any]:
    return _before("DELETE FROM meta", store, lambda *said: die() if PRUNED in str(said[3]) else None)


def before_the_log_is_emptied(store: Store, die: Die) -> dict[str, Any]:
    store.checkpoint = die  # type: ignore[method-assign, assignment]
    return {}


# How often a point is reached in a night varies: some are passed by a few times first.
POINTS: dict[Point, int] = {
    before_the_horizons_move: 1,
    after_the_horizons_moved: 1,
    between_two_statements: 3,
    before_the_commit_of_a_part: 5,
    between_two_parts: 7,
    before_the_mark_of_the_end: 1,
    before_the_log_is_emptied: 1,
}


def _before(words: str, store: Store, die: Die) -> dict[str, Any]:
    def look(*said: Any) -> None:
        if words in said[2].replace('"', ""):
            die(*said)

    event.listen(store.engine, "before_cursor_execute", look)
    return {}


def delete_and_die(url: str, now: int, point: Point, times: int) -> None:
    """Prunes, and is killed when it comes to the point for so many times."""
    left = [times]
    deletions.EVENTS = deletions.ROWS = deletions.SERIES = 2
    settings = settings_for(url, timezone="Europe/Berlin", **KEEPS_TEXT)
    store = open_store(settings, now)
    prune(store, settings, now, **{"rest": lambda _: None, **point(store, partial(_die, left))})


def _die(left: list[int], *_: object) -> None:
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)


def write_until_full(url: str, now: int, most: int, told: Connection) -> None:
    """Stores event after event in files that may not pass `most` bytes; sends the number of each that was
    acknowledged, then the words of the refusal. Given room again, stores once more."""
    import resource

    from cascadewatch.errors import FullError
    from cascadewatch.pricing import PriceBook
    from cascadewatch.store.receipt import Batch
    from cascadewatch.store.writes import Writer
    from tests.store.aging import old

    settings = settings_for(url, **KEEPS_TEXT)
    store = open_store(settings, now)
    writer = Writer(store, settings, PriceBook(settings.price, bundled=False), lambda: now)

    def send(number: int) -> None:
        writer.write(
            [Batch("local", [(0, old(f"event-{number}", 0.01 * number, route=f"route-{number}"))], [], now)]
        )

    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    number = 0
    try:
        while True:
            send(number)
            told.send(number)
            number += 1
    except FullError as error:
        told.send(str(error))
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    send(number)
    told.send(number)
    writer.close()
    store.close()
