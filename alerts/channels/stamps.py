"""Times as JSON carries them."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339(millis: int) -> str:
    """
    >>> rfc3339(1_795_262_400_120)
    '2026-11-21T12:00:00.120Z'
    """
    moment = EPOCH + timedelta(milliseconds=millis)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
