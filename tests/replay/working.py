"""Work for the child process of `bounded`, good and bad."""

import os
import signal
import time
from pathlib import Path


def echo(text: str) -> str:
    return text


def pid() -> int:
    return os.getpid()


def spin() -> None:
    while True:
        pass


def fill() -> int:
    return len(bytearray(1 << 34))


def fail() -> None:
    raise KeyError("the answer")


def die_once(mark: str) -> str:
    """Is killed the first time, as by somebody who needs its memory."""
    if not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(60)
    return "done"
