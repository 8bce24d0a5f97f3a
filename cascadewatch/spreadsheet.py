"""Cells that a spreadsheet opens without running anything in them, and lines of CSV made of them.

The only way to CSV in this project: commands and pages both write through here.
"""

import csv
from collections.abc import Iterable
from typing import Protocol

# A text that starts so may become a formula (OWASP, CSV injection; ASVS 5.0, 1.2.10). Spaces before it do
# not help, and the full-width forms are taken for the plain ones by some.
TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\0", "\n", "＝", "＋", "－", "＠")
SKIPPED = " \u00a0\u200b\ufeff"


class Sink(Protocol):
    """Where text goes."""

    def write(self, text: str, /) -> object:
        """Takes some more."""


def defuse(value: object) -> object:
    """A text that a spreadsheet would run gets a leading apostrophe; numbers stay numbers.

    >>> defuse("=1+1"), defuse(-1.5), defuse("small")
    ("'=1+1", -1.5, 'small')
    """
    if isinstance(value, str) and value.lstrip(SKIPPED).startswith(TRIGGERS):
        return f"'{value}"
    return value


class CsvWriter:
    """Writes rows as CSV (RFC 4180: CRLF, quotes doubled); None is an empty field."""

    def __init__(self, out: Sink) -> None:
        self._rows = csv.writer(out, lineterminator="\r\n")

    def write(self, rows: Iterable[Iterable[object]]) -> None:
        """Every cell defused."""
        self._rows.writerows([["" if cell is None else defuse(cell) for cell in row] for row in rows])
