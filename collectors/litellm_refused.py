"""What is kept of a call that cannot be read: its names and what is wrong, no messages and no answers."""

import re
from typing import Any

import msgspec

from cascadewatch.reasons import SHOWN, show

NAMES = (
    "call_type", "id", "litellm_call_id", "request_id", "trace_id", "session_id", "startTime", "model_group"
)  # fmt: skip

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def without_texts(raw: bytes, field: str | None) -> bytes:
    """A call's names and the value at `field`; what is no JSON, or no call, as it is."""
    try:
        fields = _fields(raw)
        if "call_type" not in fields:
            return raw
        wanted = dict.fromkeys((*NAMES, re.split(r"[.\[]", field or "")[0]))
        return msgspec.json.encode({name: _short(fields[name]) for name in wanted if name in fields})
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return raw


def _short(value: msgspec.Raw) -> Any:
    """A value that is as long as a name at most, else how it begins or what it is."""
    told = msgspec.json.decode(value)
    return show(told) if isinstance(told, dict | list) or len(value) > 4 * SHOWN else told
