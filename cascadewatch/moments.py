"""Moments: epoch milliseconds inside, datetimes where there is a calendar, RFC 3339 where there is JSON."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def epoch_ms(time: datetime) -> int:
    """UTC epoch milliseconds of an aware datetime, finer digits cut."""
    return (time - EPOCH) // MILLISECOND


def utc(millis: int) -> datetime:
    """The aware UTC datetime of epoch milliseconds. OverflowError beyond the year 9999."""
    return EPOCH + millis * MILLISECOND


def rfc3339(millis: int) -> str:
    """In UTC, with milliseconds.

    >>> rfc3339(1_795_262_400_120)
    '2026-11-21T12:00:00.120Z'
    """
    return utc(millis).isoformat(timespec="milliseconds").replace("+00:00", "Z")
