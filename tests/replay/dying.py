"""A process that plays a paid run until it comes to a certain point of a call, and is killed there."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from cascadewatch.replay.calling import Endpoint
from cascadewatch.replay.holding import Holds
from cascadewatch.store import replay_money
from cascadewatch.store.engine import Store
from tests.replay.paid import child

Die = Callable[[], None]


def before(owner: Any, name: str, die: Die) -> None:
    do: Callable[..., Any] = getattr(owner, name)

    def dying(*arguments: Any, **named: Any) -> Any:
        die()
        return do(*arguments, **named)

    setattr(owner, name, dying)


def after(owner: Any, name: str, die: Die) -> None:
    do: Callable[..., Any] = getattr(owner, name)

    def dying(*arguments: Any, **named: Any) -> Any:
        result = do(*arguments, **named)
        die()
        return result

    setattr(owner, name, dying)


def after_the_commit(die: Die) -> None:
    """Of an answer; the thread that waits for it has not heard of it yet."""
    recorded: list[bool] = []
    after(replay_money, "record", lambda: recorded.append(True))
    writing = Store.writing

    @contextmanager
    def dying(store: Store) -> Iterator[Connection]:
        with writing(store) as connection:
            yield connection
        if recorded:
            recorded.clear()
            die()

    Store.writing = dying  # type: ignore[method-assign, assignment]


# By name, with the number of the call that dies. The first is the first of its process: what the call before
# it cost is written in the same transaction.
POINTS: dict[str, tuple[Callable[[Die], None], int]] = {
    "before the money is held": (partial(before, replay_money, "reserve"), 1),
    "after the money is held": (partial(after, Holds, "take"), 2),
    "after the answer": (partial(after, Endpoint, "_once"), 2),
    "before the commit of the answer": (partial(after, replay_money, "record"), 2),
    "after the commit of the answer": (after_the_commit, 2),
}


def die_at(folder: Path, point: str) -> None:
    """Plays [replay.paid], and is killed at that point."""
    prepare, number = POINTS[point]
    left = [number]

    def die() -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    prepare(die)
    child(folder)
