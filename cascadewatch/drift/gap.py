"""When silence means that events are missing."""

from cascadewatch.drift.hours import HOUR_MS

SPACINGS = 20


def longest_silence(per_hour: float) -> int | None:
    """Milliseconds without events after which a stream of so many an hour counts as silent.

    20 times the expected spacing, at least an hour. None for a stream that expects nothing.
    """
    return max(HOUR_MS, round(SPACINGS * HOUR_MS / per_hour)) if per_hour > 0 else None
