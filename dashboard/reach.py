"""What is said where latencies, scores or labels are of a longer time than the range on show. Pure."""

from functools import partial

from cascadewatch.metrics import reach
from cascadewatch.metrics.window import Window
from dashboard.formats import moment

NOTED = 0.05  # by so much of the range it is longer: every range moves outward to the quarter-hour


def wider(window: Window, kept: reach.Kept, zone: str) -> str | None:
    """From when to when was read; None where that is the range on show, or hardly longer."""
    start, end = reach.read(window, kept)
    asked = window.end - window.start
    if end - start <= (1 + NOTED) * asked:
        return None
    return reach.read_note(window, kept, partial(moment, zone=zone))
