"""Reads answers of providers, in which anything may stand."""

from typing import Any

from cascadewatch.model import MOST_TOKENS, NAME_LENGTH
from cascadewatch.replay.answer import CallError


def object_in(value: Any) -> dict[str, Any]:
    """The object; CallError where it is something else."""
    if not isinstance(value, dict):
        raise CallError("not_json", "the answer has another shape than expected", again=False, sent=True)
    return value


def text_in(value: Any) -> str:
    """The text; "" where it is none. What no database keeps, NUL and half characters, is shown as a sign."""
    if not isinstance(value, str):
        return ""
    return value.replace("\0", "\u2400").encode("utf-8", "replace").decode()


def name_in(value: Any) -> str | None:
    """A name of reasonable length; None where there is none."""
    return text_in(value)[:NAME_LENGTH] or None


def count(value: Any) -> int | None:
    """A count of tokens; None where it is none that can be."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= MOST_TOKENS else None
