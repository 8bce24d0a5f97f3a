"""Of what range latencies, scores and labels are: they are kept in wider buckets than sums.

An edge inside a bucket moves outward, so that a short range, or an old one, reads more than was asked.
"""

from datetime import UTC, datetime
from typing import Literal

from cascadewatch.metrics.window import Window

Kept = Literal["sums", "bins", "labels"]


def read(window: Window, kept: Kept) -> tuple[int, int]:
    """From when to when (epoch ms) what a metric rests on was read."""
    wider = {"bins": window.bins_read, "labels": window.labels_read}.get(kept)
    return wider or (window.start, window.end)


def read_note(window: Window, kept: Kept) -> str | None:
    """Says so where it is another range than that of the window.

    >>> from cascadewatch.model import TierOrder
    >>> asked = Window(0, 60_000, {}, TierOrder((), None, None), labels_read=(0, 900_000))
    >>> read_note(asked, "labels"), read_note(asked, "bins")
    ('read from 1970-01-01 00:00 to 1970-01-01 00:15 UTC', None)
    """
    found = read(window, kept)
    if found == (window.start, window.end):
        return None
    start, end = (datetime.fromtimestamp(edge / 1000, UTC) for edge in found)
    return f"read from {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"
