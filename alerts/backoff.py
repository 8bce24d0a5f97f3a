"""How long to wait before a message is tried again, and when to stop trying. Pure; times in ms."""

from random import Random

FIRST_MS = 5_000
LONGEST_MS = 300_000
ASKED_LEAST_MS = 30_000  # one who asks to wait a moment is not asked again sooner than this
GIVE_UP_MS = 72 * 3_600_000


def wait(attempts: int, message: str) -> int:
    """After so many failures in a row: 5 s, doubled each time up to 5 minutes, less a random third.

    The third, which depends on the message's id, spreads messages that failed together. A random share
    of the whole would spread them more, but allow twice as many calls: so an hour holds 25 at the most.
    """
    cap = min(LONGEST_MS, FIRST_MS << min(attempts - 1, 10))
    return round(cap * (1 - Random(f"{message} {attempts}").random() / 3))


def asked(attempts: int, retry_after: int) -> int:
    """The same for a channel that said after how many seconds to come back: then, and not later, so
    that what waits is told soon after the channel takes messages again."""
    return max(retry_after * 1000, min(ASKED_LEAST_MS, FIRST_MS << min(attempts - 1, 10)))


def too_old(now: int) -> int:
    """What was created at that moment or before is given up when it fails once more."""
    return now - GIVE_UP_MS
