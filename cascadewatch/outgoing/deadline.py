"""One end for a whole call. Time-outs of single reads never end a peer that drips a byte now and then."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from time import monotonic
from typing import NoReturn, Self, TypeVar

Answer = TypeVar("Answer")


class Deadline:
    """Cuts the connection it holds when the seconds are over.

    with Deadline(30) as deadline:
        deadline.hold(socket)
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.over = False
        self._end = monotonic() + seconds
        self._held: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def left(self, at_most: float) -> float:
        """Seconds left, at most so many; never 0, which sockets take for "do not wait at all"."""
        return max(0.001, min(at_most, self._end - monotonic()))

    def hold(self, connection: socket.socket) -> None:
        """Takes a connection before it is encrypted: cutting a duplicate of it ends what is on top too."""
        self._held.append(connection.dup())
        if self.over:
            self._cut()

    def _cut(self) -> None:
        self.over = True
        for held in self._held:
            with suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._timer.join()
        for held in self._held:
            held.close()


def within(seconds: float, call: Callable[[], Answer]) -> Answer:
    """What `call` returns or raises; TimeoutError when it takes longer.

    For calls that know no time-out of their own: such a one goes on in a thread that nobody waits for.
    """
    outcome: SimpleQueue[Callable[[], Answer]] = SimpleQueue()

    def run() -> None:
        try:
            answer = call()
        except Exception as error:  # noqa: BLE001 - handed over to the one who waits
            outcome.put(partial(_throw, error))
        else:
            outcome.put(lambda: answer)

    threading.Thread(target=run, daemon=True).start()
    try:
        result = outcome.get(timeout=seconds)
    except Empty:
        raise TimeoutError from None
    return result()


def _throw(error: Exception) -> NoReturn:
    raise error
