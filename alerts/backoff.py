"""How long to wait before a message is tried again, and when to stop trying. Pure; times in ms."""

from random import Random

FIRST_MS = 5_000
LONGEST_MS = 300_000
ASKED_LEAST_MS = 30_000  # one who asks to wait a moment is not asked again sooner than this
GIVE_UP_MS = 72 * 3_600_000


def wait(attempts: int, message: str) -> int:
    """The wait (ms) after so many failures in a row: 5 s, doubled each time up to 5 minutes, and then
    shortened by up to a third.

    By how much depends on the message's id, so that messages which failed together are not tried again
    together. Shortened by more they would spread wider, but be tried more often: this way it is at most 25
    times an hour.
    """
    cap = min(LONGEST_MS, FIRST_MS << min(attempts - 1, 10))
    return round(cap * (1 - Random(f"{message} {attempts}").random() / 3))


def asked(attempts: int, retry_after: int) -> int:
    """The wait (ms) for a channel that asked to be called again after `retry_after` seconds: as long as it
    asked, without a random part, but at least 5 s after the first failure and 30 s after the fourth."""
    return max(retry_after * 1000, min(ASKED_LEAST_MS, FIRST_MS << min(attempts - 1, 10)))


def too_old(now: int) -> int:
    """A message created at this moment (epoch ms) or before is given up when it fails once more."""
    return now - GIVE_UP_MS
