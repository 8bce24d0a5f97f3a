"""The bytes that gzip packed; where they are damaged, all that came before the damage."""

import io
import zlib

CHUNK = 32 * 1024  # bytes read at a time
GZIP = 31  # zlib's word for a gzip member: header, checksum and length are held against the data


class Unpacked(io.RawIOBase):
    """What the members hold, one after the other; zeros between and after them are padding.

    Reading raises `EOFError` or `zlib.error` once everything before the damage has been read.
    """

    def __init__(self, packed: io.BufferedReader) -> None:
        self._packed = packed
        self._tail = b""  # read and not yet unpacked
        self._member: zlib._Decompress | None = zlib.decompressobj(GZIP)
        self._careful = False  # byte by byte, since the damage is near

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fills a part of the buffer; 0 at the end."""
        while True:
            self._tail = self._tail or self._packed.read1(CHUNK)
            ended = not self._tail
            if self._member is None:
                self._tail = self._tail.lstrip(b"\0")
                if self._tail:
                    self._member = zlib.decompressobj(GZIP)
            if self._member is not None:
                got = self._unpacked(self._member, len(buffer))
                buffer[: len(got)] = got
                if got:
                    return len(got)
            if ended:
                if self._member is not None:
                    raise EOFError("the packed data end too early")
                return 0

    def _unpacked(self, member: "zlib._Decompress", most: int) -> bytes:
        """The next bytes of a member, or none yet. Of a call that meets damage zlib gives nothing: the
        bytes before the damage are those of calls that end before it."""
        part = self._tail[:1] if self._careful else self._tail
        before = None if self._careful else member.copy()
        try:
            got = member.decompress(part, most)
        except zlib.error:
            if self._careful:
                raise
            self._member, self._careful = before, True
            return b""
        if member.eof:
            self._member = None
        self._tail = (member.unused_data if member.eof else member.unconsumed_tail) + self._tail[len(part) :]
        return got
