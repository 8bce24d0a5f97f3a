"""Of what range latencies, scores and labels are: they are kept in wider buckets than sums.

An edge inside a bucket moves outward, so that a short range, or an old one, reads more than was asked.
"""

from collections.abc import Callable
from typing import Literal

from cascadewatch.metrics.window import Window

Kept = Literal["sums", "bins", "labels"]


def read(window: Window, kept: Kept) -> tuple[int, int]:
    """From when to when (epoch ms) what a metric rests on was read."""
    wider = {"bins": window.bins_read, "labels": window.labels_read}.get(kept)
    return wider or (window.start, window.end)


def read_note(window: Window, kept: Kept, moment: Callable[[int], str]) -> str | None:
    """Says so where it is another range than that of the window; `moment` words an epoch ms.

    >>> from cascadewatch.model import TierOrder
    >>> asked = Window(0, 60_000, {}, TierOrder((), None, None), labels_read=(0, 900_000))
    >>> read_note(asked, "labels", "{:,} ms".format), read_note(asked, "bins", str)
    ('read from 0 ms to 900,000 ms', None)
    """
    start, end = read(window, kept)
    if (start, end) == (window.start, window.end):
        return None
    return f"read from {moment(start)} to {moment(end)}"
