"""Tracebacks that may stand in a log: where an error came from, and nothing of what was being stored.

A server's words about a statement quote the row that it failed on. Of these its SQLSTATE is told instead.
"""

from collections.abc import Iterator
from traceback import format_exception_only, format_tb

LED_TO = "\n\nThis led to:\n\n"


def told(error: BaseException) -> str:
    """The traceback, that of its cause first."""
    return LED_TO.join(reversed([_of_one(one) for one in _back_from(error)]))


def _back_from(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it."""
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def _of_one(error: BaseException) -> str:
    frames = "".join(format_tb(error.__traceback__))
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    if state is None:
        named = "".join(format_exception_only(error)).rstrip()
    else:
        named = f"{type(error).__module__}.{type(error).__qualname__}: SQLSTATE {state}"
    return f"Traceback (most recent call last):\n{frames}{named}"
