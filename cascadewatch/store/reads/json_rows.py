"""Rows of alerting as the API and `--json` show them: times in RFC 3339, null for what does not apply."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from cascadewatch.moments import rfc3339

# Names under which rows and their details keep a moment.
MOMENTS = frozenset(
    (
        *("opened", "since", "easing", "resolved", "acknowledged", "updated", "evaluated", "time", "at"),
        *("started", "finished", "seen"),
        *("expires", "revoked", "next", "late_since"),
        *("created", "due", "claimed", "delivered", "sent", "failing", "off", "not_before"),
        *("start", "end", "starts", "ends", "until", "pinned", "retired", "first", "last", "first_seen"),
    )
)
EARLIEST = 10**11  # 1973 in epoch ms; below, a number under such a name is a count
EMPTY_IS_NULL = frozenset({"cascade", "direction", "route"})  # "" is the whole of them, or none


def row_json(row: Any) -> dict[str, Any]:
    """A dataclass, a named tuple or a mapping as a JSON object, and so whatever is inside."""
    return {
        name: None if value == "" and name in EMPTY_IS_NULL else _value(name, value)
        for name, value in _items(row).items()
    }


def _items(row: Any) -> Mapping[str, Any]:
    if is_dataclass(row):
        return {field.name: getattr(row, field.name) for field in fields(row)}
    return row if isinstance(row, Mapping) else dict(row._asdict())


def _value(name: str, value: Any) -> Any:
    if name in MOMENTS and type(value) is int and value >= EARLIEST:
        return rfc3339(value)
    if isinstance(value, Mapping) or is_dataclass(value) or hasattr(value, "_asdict"):
        return row_json(value)
    if isinstance(value, list | tuple):
        return [_value(name, one) for one in value]
    return value
