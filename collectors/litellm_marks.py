"""What a user says of a call of LiteLLM: in its metadata, or as `name:value` among its tags.

The proxy keeps what a client sends under `requester_metadata`, and in its table only what came as
`spend_logs_metadata`; of a call made from Python without the proxy, only tags are logged.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

MARKS = frozenset(
    {"request", "cascade", "route", "revision", "caller", "session", "tier",
     "role", "verdict", "verifier", "mechanism", "score", "threshold", "reason"}
)  # fmt: skip
JUDGING = ("mechanism", "score", "threshold", "reason")
OUTCOMES = ("accept", "reject", "error", "timeout", "unparseable", "skipped")
SYNONYMS = {"accepted": "accept", "rejected": "reject"}


class FaultError(Exception):
    """Something in a call that cannot be taken: where and why."""

    def __init__(self, field: str | None, reason: str) -> None:
        super().__init__(reason)
        self.field, self.reason = field, reason


def marks_of(metadata: Mapping[str, Any], tags: Iterable[Any]) -> dict[str, str]:
    """The marks of a call; metadata come before tags. What is no text, number or truth value is no mark."""
    found: dict[str, str] = {}
    for tag in tags:
        name, colon, value = str(tag).partition(":")
        if colon and name in MARKS and value.strip():
            found[name] = value.strip()
    for part in (metadata.get("spend_logs_metadata"), metadata.get("requester_metadata"), metadata):
        if isinstance(part, dict):
            found |= {name: text for name in MARKS & part.keys() if (text := _text(part[name]))}
    return found


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


def verdict_of(marks: Mapping[str, str]) -> dict[str, Any]:
    """The marks of a verdict as fields of one, `outcome` first where it is said. Raises FaultError."""
    found: dict[str, Any] = {}
    if said := marks.get("verdict"):
        found["outcome"] = SYNONYMS.get(said.lower(), said.lower())
        if found["outcome"] not in OUTCOMES:
            raise FaultError("verdict", f"expected one of {', '.join(OUTCOMES)}, got {said[:40]!r}")
    for name in JUDGING:
        if name in marks:
            number = name in ("score", "threshold")
            found[name] = _number(name, marks[name]) if number else marks[name]
    return found


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise FaultError(name, f"expected a number, got {text[:40]!r}") from None
    if not math.isfinite(number):
        raise FaultError(name, f"not_finite: {text[:40]} is no number; leave the mark out for unknown")
    return number
