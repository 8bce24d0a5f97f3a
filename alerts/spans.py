"""Which moments have been looked at already, whatever the clock did in between. Pure; times in epoch ms.

A clock that jumps ahead and is set right again must neither evaluate a moment twice nor stop evaluating
until the time it had jumped to. So not one "evaluated until" is kept but the spans looked at.
"""

from collections.abc import Sequence
from itertools import pairwise

Span = tuple[int, int]  # both ends were looked at

GAP_MS = 600_000  # looks further apart than this leave a gap that may still be looked at
MOST = 16


def is_new(spans: Sequence[Span], now: int) -> bool:
    """Whether this moment lies in none of the spans.

    >>> is_new([(0, 10)], 10), is_new([(0, 10)], 11)
    (False, True)
    """
    return not any(start <= now <= end for start, end in spans)


def with_look(spans: Sequence[Span], now: int) -> list[Span]:
    """The spans after a look at a new moment, in time order."""
    found = sorted((*spans, (now, now)))
    place = found.index((now, now))
    if place and now - found[place - 1][1] <= GAP_MS:
        found[place - 1 : place + 1] = [(found[place - 1][0], now)]
    while len(found) > MOST:
        gaps = [later[0] - earlier[1] for earlier, later in pairwise(found)]
        narrow = gaps.index(min(gaps))
        found[narrow : narrow + 2] = [(found[narrow][0], found[narrow + 1][1])]
    return found
