"""The one place where commands and processes read the time."""

import time


def clock() -> int:
    """The present in epoch milliseconds."""
    return time.time_ns() // 1_000_000
