"""CSV that spreadsheets open without running anything in it. Pure."""

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\0", "\n")  # a field that starts so may become a formula


def defuse(value: object) -> object:
    """A text that a spreadsheet would run gets a leading apostrophe; numbers stay numbers.

    >>> defuse("=1+1"), defuse(-1.5), defuse("small")
    ("'=1+1", -1.5, 'small')
    """
    if isinstance(value, str) and value.lstrip(" ").startswith(TRIGGERS):
        return f"'{value}"
    return value


def csv_bytes(rows: Sequence[Mapping[str, object]]) -> bytes:
    """Rows as CSV (RFC 4180, UTF-8 with a byte order mark, which spreadsheets look for); None is empty."""
    out = StringIO(newline="")
    if rows:
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow([defuse(name) for name in rows[0]])
        writer.writerows([[_cell(value) for value in row.values()] for row in rows])
    return out.getvalue().encode("utf-8-sig")


def defused(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The same table with every text cell defused: the browser's own export does not do it."""
    return frame.map(defuse)


def _cell(value: object) -> object:
    return "" if value is None else defuse(value)
