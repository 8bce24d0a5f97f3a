"""What `Retry-After` asks for."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import ceil

LONGEST_WAIT = 24 * 3600  # seconds; who asks for more may be wrong, and silence is worse


def retry_after(headers: Mapping[str, str], now: float) -> int | None:
    """Seconds to wait by `Retry-After`, a number or a date, at most a day; None without a usable one.

    A date counts from the other side's own `Date`, if there is one: its clock may not be ours. Names of
    headers are in lower case; `now` in epoch seconds.

    >>> retry_after({"retry-after": "30"}, 0.0)
    30
    """
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,18}", text):
        return min(int(text), LONGEST_WAIT)
    until = _moment(text)
    if until is None:
        return None
    start = _moment(headers.get("date", ""))
    return max(0, min(ceil(until - (now if start is None else start)), LONGEST_WAIT))


def _moment(text: str) -> float | None:
    """Epoch seconds of an HTTP date, which is GMT whether it says so or not (RFC 9110, 5.6.7)."""
    try:
        found: datetime = parsedate_to_datetime(text)
        return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
