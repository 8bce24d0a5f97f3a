"""The rows of a CSV file. A quote that is left open costs the line it stands in, and no other.

The csv module reads on over line ends until a quote is closed. Where that ends in an error, the first
line alone is refused and reading goes on with the second. What is read again costs time, so there is
an allowance for it: a file in which every line opens a quote is still read in linear time.
"""

import csv
from codecs import BOM_UTF8
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from cascadewatch.errors import InputError
from collectors.formats import Lines
from collectors.reading import MAX_LINE, TOO_LONG, LongLine

MAX_ROW = MAX_LINE  # bytes of all its lines
MAX_ROW_LINES = 100_000  # short lines take more memory than they have bytes
ALLOWANCE = MAX_ROW  # bytes that may be read again, beside as many as the file has


class Row(NamedTuple):
    """One row: its first and last line, counted from 1, and its cells, or why it cannot be taken apart."""

    line: int
    last: int
    raw: bytes
    cells: list[str]
    broken: str | None = None


class Rows:
    """The rows of a file, of which the first is the header."""

    def __init__(self, lines: Lines) -> None:
        self._lines = iter(lines)
        self._again: deque[tuple[int, bytes]] = deque()
        self._row: list[tuple[int, bytes]] = []
        self._size = 0  # bytes of the row so far
        self._allowed = ALLOWANCE

    def header(self) -> str | None:
        """The first line; None where there is none. `InputError` where it cannot be read."""
        try:
            return next(self, None)
        except csv.Error as error:
            raise InputError(f"the header is {error}") from None

    def read(self, delimiter: str) -> Iterator[Row]:
        """Every row after the header that is not blank."""
        csv.field_size_limit(MAX_ROW)
        reader = csv.reader(self, delimiter=delimiter, strict=True)
        while True:
            self._row.clear()
            self._size = 0
            try:
                cells = next(reader, None)
            except csv.Error as error:
                yield from self._refused(error)
                continue
            if cells is None:
                return
            if any(cell.strip() for cell in cells):
                raw = b"".join(raw for _, raw in self._row)
                yield Row(self._row[0][0], self._row[-1][0], raw, cells)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """One more line of the row, as the csv module asks for it."""
        number, raw = self._again.popleft() if self._again else self._new()
        self._row.append((number, raw))
        self._size += len(raw)
        if type(raw) is LongLine:
            raise csv.Error(TOO_LONG)
        if self._size > MAX_ROW or len(self._row) > MAX_ROW_LINES:
            raise csv.Error(f"a row of more than 16 MiB or {MAX_ROW_LINES:,} lines")
        if number == 1:
            if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise InputError("the file is UTF-16; save it as CSV in UTF-8")
            raw = raw.removeprefix(BOM_UTF8)
        return raw.decode("utf-8", "surrogateescape")  # what is not UTF-8 is found as the event is encoded

    def _new(self) -> tuple[int, bytes]:
        number, raw = next(self._lines)
        self._allowed += len(raw)
        return number, raw

    def _refused(self, error: csv.Error) -> Iterator[Row]:
        """The first line of a row that cannot be read; the others come again while that is allowed."""
        (line, raw), *rest = self._row
        if not rest:
            told = f"not readable as CSV: {error}; a quote inside a quoted cell is written twice"
            yield Row(line, line, bytes(raw), [], TOO_LONG if type(raw) is LongLine else told)
            return
        told = (
            f"not readable as CSV: a quote opens here, and by line {rest[-1][0]} there is an error ({error})"
        )
        yield Row(line, line, bytes(raw), [], f"{told}; this line is left out, the next ones are read")
        again = self._size - len(raw)
        if again <= self._allowed:
            self._allowed -= again
            self._again.extendleft(reversed(rest))
            return
        for number, raw in rest:
            yield Row(number, number, bytes(raw), [], "not read: too many lines before it leave a quote open")
