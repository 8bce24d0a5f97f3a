"""Work on a model's answer that could take forever, done in a child process that ends itself.

A regular expression, a schema or a parser of SQL can be brought by a short text to take hours, or all memory,
and no thread can be stopped in the middle of it.
"""

import atexit
import json
import resource
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from importlib import import_module
from typing import Any

SECONDS = 1.0  # of processor time for one answer, so that a busy machine changes no verdict
BYTES = 1 << 30  # of address space
TRIES = 2  # a child that somebody else ended is no fault of the answer
START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from {0} import serve; serve({1})"


class TooMuchError(Exception):
    """The work would have taken more time or memory than one answer may."""


class Bounded:
    """One child, made when first needed; safe to use from several threads, one call at a time.

    `seconds` of processor time for each.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def call(self, place: str, *words: str) -> Any:
        """What the function at `module:name` returns for the words: plain JSON.

        Raises TooMuchError, and RuntimeError with what the function raised, or why there is no child.
        """
        request = json.dumps([place, words]).encode() + b"\n"
        with self._lock:
            for _ in range(TRIES):
                line = self._exchanged(request)
                if line:
                    return _read(line)
        raise TooMuchError

    def close(self) -> None:
        """Ends the child."""
        with self._lock:
            child, self._child = self._child, None
            if child is not None:
                _ended(child)

    def _exchanged(self, request: bytes) -> bytes:
        """The child's line; empty where it ended before. TooMuchError where its time was up."""
        child = self._child or _started(self._seconds)
        self._child = None  # none is kept whose line was not read
        assert child.stdin is not None
        assert child.stdout is not None
        line = b""
        with suppress(OSError):
            child.stdin.write(request)
            child.stdin.flush()
            line = child.stdout.readline()
        if line.endswith(b"\n"):
            self._child = child
            return line
        code = _ended(child)
        if code == -signal.SIGPROF:
            raise TooMuchError
        if code >= 0:  # of itself, which no answer brings about
            raise RuntimeError(f"the process that checks answers ended with {code}")
        return b""


def serve(seconds: float) -> None:
    """The child: answers a request a line until there are no more, and ends in the middle of one too long."""
    for number in (signal.SIGINT, signal.SIGTERM):  # meant for the parent, whose end is the child's, too
        signal.signal(number, signal.SIG_IGN)
    with suppress(OSError, ValueError):  # not every system has it
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, resource.RLIM_INFINITY))
    for line in sys.stdin.buffer:
        place, words = json.loads(line)
        module, _, name = place.partition(":")
        function = getattr(import_module(module), name)
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            said = {"said": function(*words)}
        except Exception as error:  # noqa: BLE001 - told to the parent, whatever it is
            said = {"raised": type(error).__name__}
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdout.buffer.write(json.dumps(said).encode() + b"\n")
        sys.stdout.buffer.flush()


def _started(seconds: float) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-c", START.format(__name__, seconds), json.dumps(sys.path)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own


def _ended(child: subprocess.Popen[bytes]) -> int:
    assert child.stdin is not None
    assert child.stdout is not None
    with suppress(OSError):  # what was not written yet
        child.stdin.close()  # at which it ends
    child.stdout.close()
    return child.wait()


def _read(line: bytes) -> Any:
    told = json.loads(line)
    if "said" in told:
        return told["said"]
    if told["raised"] == "MemoryError":
        raise TooMuchError
    raise RuntimeError(told["raised"])


CHILD = Bounded()
atexit.register(CHILD.close)
call = CHILD.call
