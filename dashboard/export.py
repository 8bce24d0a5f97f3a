"""Tables as CSV, and as what a browser may save. Pure."""

from collections.abc import Mapping, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from cascadewatch.spreadsheet import CsvWriter, defuse

if TYPE_CHECKING:
    import pandas as pd


def csv_bytes(rows: Sequence[Mapping[str, object]]) -> bytes:
    """Rows as CSV (UTF-8 with a byte order mark, which spreadsheets look for)."""
    out = StringIO(newline="")
    if rows:
        writer = CsvWriter(out)
        writer.write([list(rows[0])])
        writer.write(row.values() for row in rows)
    return out.getvalue().encode("utf-8-sig")


def defused(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The same table with every text defused, in heads too: the browser's own export does not do it."""
    return frame.map(defuse).rename(columns=defuse)
