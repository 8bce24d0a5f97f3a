"""The lines of a file: plain, gzip or standard input, with the position for a progress bar."""

import errno
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from io import BufferedReader
from pathlib import Path
from typing import cast

from collectors.gunzip import Unpacked

STDIN = "-"
MAX_LINE = 16 * 1024 * 1024
MAX_RECORD = 10_000  # bytes of a line, or characters of a record, that are kept to show it
UNPACKED = 128 * 1024  # bytes of a packed file that are unpacked at a time
PIECE = 64 * 1024  # bytes of a line that are read at a time to leave them out
TOO_LONG = "longer than 16 MiB; is it one event a line?"
GZIP_MAGIC = b"\x1f\x8b"


class LongLine(bytes):
    """The beginning of a line that is longer than any event; the rest of it was left out."""


class Reading:
    """Numbered lines of one opened file; `after`: how many lie before, in a plain file begun in its
    midst.

    Of a line of 16 MiB or more a `LongLine` is given, and the next one is read. Where the data are
    damaged the lines end, and `failure` says why: what came before is whole and can be used.
    """

    def __init__(self, path: str, raw: BufferedReader, after: int = 0) -> None:
        self.path = path
        self._raw = raw
        self._after = after
        self.failure: str | None = None

    @property
    def position(self) -> int:
        """Bytes of the file read so far; 0 where the input has no positions."""
        return self._raw.tell() if self._raw.seekable() else 0

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        number = self._after
        try:
            stream = self._decompressed()
            while line := stream.readline(MAX_LINE):
                number += 1
                if len(line) == MAX_LINE and not line.endswith(b"\n"):
                    line = LongLine(line[:MAX_RECORD] + b"\n")
                    _leave_out(stream)
                yield number, line
        except (EOFError, zlib.error, OSError) as error:
            self.failure = (
                f"{self.path}: damaged or cut off after line {number} ({error}); what came before was "
                "read, and the whole file can be sent again without counting twice"
            )

    def _decompressed(self) -> BufferedReader:
        if self._after or self._raw.peek(2)[:2] != GZIP_MAGIC:
            return self._raw
        return BufferedReader(Unpacked(self._raw), UNPACKED)


def _leave_out(stream: BufferedReader) -> None:
    """Reads to the end of the line, and holds a piece of it at a time."""
    while (piece := stream.readline(PIECE)) and not piece.endswith(b"\n"):
        pass


def opened(path: str) -> AbstractContextManager[BufferedReader]:
    """The bytes of a file or of standard input; `OSError` where there is none."""
    if path == STDIN:
        if sys.stdin is None:  # as under some schedulers, or after `<&-`
            raise OSError(errno.EBADF, "standard input is closed", path)
        return nullcontext(cast("BufferedReader", sys.stdin.buffer))
    if "\0" in path:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    return Path(path).open("rb")


def opened_again(file: int, position: int) -> BufferedReader:
    """The bytes of an open file from a place on; the caller's own place in it moves along."""
    os.lseek(file, position, os.SEEK_SET)
    return open(file, "rb")


def is_gzip(file: int) -> bool:
    """Whether an open file, not read any further for it, begins as gzip does."""
    return os.pread(file, 2, 0) == GZIP_MAGIC


def size(path: str) -> int | None:
    """Bytes on disk; None for standard input, pipes and what does not exist."""
    try:
        return os.path.getsize(path) or None if path != STDIN else None
    except (OSError, ValueError):
        return None
