"""A large file of events is decoded by a second process while the first one stores.

Both see the same open file. The second hands over, portion by portion and in the order of the file, the
lines it found good with their digests, and the refused ones with the reasons. What it found good is
decoded once more, all lines of a portion in one call: that costs less than any way to hand over events.
It waits while nobody takes what it has, and ends when the first process does.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from itertools import islice
from pathlib import Path

import msgspec
from msgspec import Struct

from cascadewatch.model import Event, digest
from cascadewatch.store.receipt import Rejection
from collectors import jsonl
from collectors.decode import as_it_stands
from collectors.formats import Options
from collectors.portions import Portion, portion
from collectors.reading import Reading, is_gzip, opened_again, size

LARGE = 8 * 1024 * 1024  # bytes; a smaller file is stored before a second process could help
HOME = Path(__file__).resolve().parent.parent
_LENGTH = 8  # bytes that say how long the message after them is


class Task(Struct):
    """What the second process is to decode: an open file from a place on."""

    path: str
    file: int  # its descriptor
    position: int  # bytes
    after: int  # lines before that place
    portion: int  # records
    now: int  # epoch ms; as in `Job`
    oldest: int


class Sent(Struct, array_like=True):
    """One portion on its way between the processes; the one with `last` holds no records."""

    lines: list[int] = []  # of the events
    raws: list[bytes] = []
    digests: list[bytes] = []
    instead: dict[int, bytes] = {}  # by place among the events: JSON of those not decoded as they stand
    refused: list[tuple[Rejection, bytes]] = []
    position: int = 0
    last: bool = False
    failure: str | None = None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Sent).decode
_events = msgspec.json.Decoder(list[Event]).decode
_json = msgspec.json.Encoder().encode


# --- the first process


class Ahead:
    """The second process as the first one sees it."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._tasks, self._results = process, process.stdin, process.stdout

    def begin(self, task: Task) -> None:
        """Tells it what to do, once."""
        with suppress(BrokenPipeError):  # it has died, as the first look at its results will tell
            self._tasks.write(_json(task))
            self._tasks.close()

    def portions(self, reading: Reading, after: int) -> Iterator[Portion]:
        """All records after that line; `reading.failure` says why they end early."""
        while (sent := self._next()) is not None:
            if sent.last:
                reading.failure = sent.failure
                return
            taken = _portion(sent)
            after = taken.raws[-1][0]
            yield taken
        reading.failure = (
            f"{reading.path}: the process that decodes it ended ({self._process.wait()}) after line {after}; "
            "what came before was stored, and the whole file can be sent again without counting twice"
        )

    def _next(self) -> Sent | None:
        """None: there is nobody left to send more."""
        length = int.from_bytes(self._results.read(_LENGTH), "big")
        message = self._results.read(length)
        return _decode(message) if length and len(message) == length else None


def _portion(sent: Sent) -> Portion:
    known = sent.raws
    if sent.instead:
        known = [sent.instead.get(place, raw) for place, raw in enumerate(sent.raws)]
    events = _events(b"[" + b",".join(known) + b"]")
    raws = list(zip(sent.lines, sent.raws, strict=True))
    if sent.refused:
        raws = sorted([*raws, *((refused.index, raw) for refused, raw in sent.refused)])
    refused = [rejection for rejection, _ in sent.refused]
    numbered = list(zip(sent.lines, events, strict=True))
    return Portion(raws, numbered, refused, [], sent.position, sent.digests)


@contextmanager
def started(path: str, raw: BufferedReader) -> Iterator[Ahead | None]:
    """A second process, which starts up meanwhile; None where it would not pay or cannot be had."""
    if os.name != "posix" or (os.cpu_count() or 1) < 2 or (size(path) or 0) < LARGE or is_gzip(raw.fileno()):
        yield None
        return
    try:
        process = _process(raw.fileno())
    except OSError:  # no room for another process
        yield None
        return
    with process:
        try:
            yield Ahead(process)
        finally:
            process.kill()


def _process(file: int) -> "subprocess.Popen[bytes]":
    """It imports this project from where it lies and nothing from the current folder; Ctrl+C is for the
    first process alone."""
    path = os.pathsep.join(filter(None, (str(HOME), os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "collectors.ahead"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": path},
        pass_fds=(file,),
        process_group=0,
    )


# --- the second process


def main() -> None:
    """Decodes as the task on standard input says; the portions go to standard output."""
    import gc

    gc.set_threshold(500_000, 20, 1_000)  # as in the first process
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # ends without a word when the first process is gone
    message = sys.stdin.buffer.read()
    if message:
        for sent in _work(msgspec.json.decode(message, type=Task)):
            encoded = _encode(sent)
            sys.stdout.buffer.write(len(encoded).to_bytes(_LENGTH, "big"))
            sys.stdout.buffer.write(encoded)
            sys.stdout.buffer.flush()


def _work(task: Task) -> Iterator[Sent]:
    with opened_again(task.file, task.position) as raw:
        reading = Reading(task.path, raw, task.after)
        records = jsonl.decode(iter(reading), Options(), task.now, task.oldest)
        while batch := list(islice(records, task.portion)):
            yield _sent(portion(batch, reading.position))
        yield Sent(last=True, failure=reading.failure)


def _sent(decoded: Portion) -> Sent:
    raws = dict(decoded.raws)
    good = [raws[line] for line, _ in decoded.events]
    instead = {
        place: _json(event)
        for place, (raw, (_, event)) in enumerate(zip(good, decoded.events, strict=True))
        if not as_it_stands(raw)
    }
    return Sent(
        [line for line, _ in decoded.events],
        good,
        [digest(event) for _, event in decoded.events],
        instead,
        [(rejection, raws[rejection.index]) for rejection in decoded.refused],
        decoded.position,
    )


if __name__ == "__main__":
    main()
