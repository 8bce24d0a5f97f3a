"""Why a record was refused, in a sentence for the person who sent it.

msgspec names the place of a mistake; what was expected there is read from the type itself, so
that every constraint of cascadewatch/model.py has its words without a second list of them.
"""

import re
from difflib import get_close_matches
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

REASON_LENGTH = 300
SHOWN = 40  # characters of a value that are repeated in a reason
LOOKED_INTO = 65_536  # bytes; a longer record is not decoded again only to show its value

_STEP = re.compile(r"\.([A-Za-z_]\w*)|\[(\d+)\]")
_UNKNOWN = "Object contains unknown field `"
_MISSING = "Object missing required field `"


def explain(error: msgspec.ValidationError, raw: bytes, kind: type) -> tuple[str | None, str]:
    """The path of the field and what is wrong with it; the path is None for the record itself."""
    text, _, place = str(error).rpartition(" - at `")
    if not text:
        text, place = place, "$"
    steps = _steps(place)
    here = _type_at(type_of(kind), steps)
    if text.startswith(_UNKNOWN):
        key = text[len(_UNKNOWN) : -1]
        return _path([*steps, key[:SHOWN]]), cut(_unknown(key, here))
    if text.startswith(_MISSING):
        key = text[len(_MISSING) : -1]
        return _path([*steps, key]), f"missing; it must be {expected(_type_at(here, [key]))}"
    if text.endswith("out of range"):
        return _path(steps), "not finite: a number as large as this cannot be kept"
    if place.endswith("[...]`"):
        return _path(steps), "every value must be a string"
    return _path(steps), cut(f"expected {expected(here)}{_got(raw, steps)}")


def cut(text: str, length: int = REASON_LENGTH) -> str:
    """At most `length` characters, with a mark where something was left out."""
    return text if len(text) <= length else text[: length - 1] + "…"


@cache
def type_of(kind: type) -> inspect.Type:
    """What msgspec knows of a type."""
    return inspect.type_info(kind)


def _steps(place: str) -> list[str | int]:
    return [name if name else int(index) for name, index in _STEP.findall(place)]


def _path(steps: list[str | int]) -> str | None:
    parts = [f"[{s}]" if isinstance(s, int) else f".{s}" for s in steps]
    return "".join(parts).removeprefix(".") or None


def _type_at(here: inspect.Type | None, steps: list[str | int]) -> inspect.Type | None:
    for step in steps:
        here = _inner(here)
        if isinstance(here, inspect.StructType):
            here = next((f.type for f in here.fields if f.encode_name == step), None)
        elif isinstance(here, inspect.ListType):
            here = here.item_type
        elif isinstance(here, inspect.DictType):
            here = here.value_type
    return _inner(here)


def _inner(here: inspect.Type | None) -> inspect.Type | None:
    """The type without `| None`: that null is allowed too helps nobody who sent something."""
    if isinstance(here, inspect.UnionType):
        return next(t for t in here.types if not isinstance(t, inspect.NoneType))
    return here


def _unknown(key: str, here: inspect.Type | None) -> str:
    if isinstance(here, inspect.DictType):  # in one of its values: their keys are the sender's own
        here = _inner(here.value_type)
    known = [f.encode_name for f in here.fields] if isinstance(here, inspect.StructType) else []
    near = get_close_matches(key[:128], known, 1, 0.5)
    hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
    if not near and "tags" in known:
        hint += "; free data goes into tags"
    return f"unknown key {show(key)}; {hint}"


def expected(here: inspect.Type | None) -> str:
    """What a value of this type must be, in words."""
    words = "an object"
    match here:
        case inspect.IntType(ge=low, le=high, lt=below):
            words = f"a whole number{_range(low, high if below is None else below - 1)}"
        case inspect.FloatType(gt=above, ge=low, le=high):
            words = f"a number{_range(low, high) if above is None else f' above {_number(above)}'}"
        case inspect.StrType(min_length=low, max_length=high):
            words = f"a string{_length(low, high, 'characters')}"
        case inspect.LiteralType(values=values):
            words = f"one of {', '.join(map(str, values))}"
        case inspect.DateTimeType():
            words = "an RFC 3339 time with a zone, such as 2026-11-21T12:00:00Z"
        case inspect.BoolType():
            words = "true or false"
        case inspect.ListType(min_length=low, max_length=high):
            words = f"a list{_length(low, high, 'items')}"
        case inspect.DictType(max_length=high):
            words = f"an object of strings{_length(None, high, 'entries')}"
    return words


def _range(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return ""
    return f" from {_number(low)} to {_number(high)}"


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else str(value)


def _length(low: int | None, high: int | None, what: str) -> str:
    if high is None:
        return " that is not empty" if low else ""
    return f" of {low} to {high} {what}" if low else f" of at most {high} {what}"


def _got(raw: bytes, steps: list[str | int]) -> str:
    """What was sent there, when that can be told without reading a huge record again."""
    if len(raw) > LOOKED_INTO:
        return ""
    try:
        value = msgspec.json.decode(raw)
        for step in steps:
            value = value[step]
    except (msgspec.DecodeError, ValueError, RecursionError, LookupError, TypeError):
        return ""
    return f", got {show(value)}"


def show(value: Any) -> str:
    """A sent value, short enough to be repeated."""
    if isinstance(value, dict):
        return f"an object of {len(value)} entries"
    if isinstance(value, list):
        return f"a list of {len(value)} items"
    text = msgspec.json.encode(value).decode()
    if len(text) <= SHOWN:
        return text
    if isinstance(value, str):
        part = msgspec.json.encode(value[:SHOWN]).decode()
        if len(part) > 2 * SHOWN:  # escapes are long
            part = msgspec.json.encode(value[: SHOWN // 6]).decode()
        return f'{part[:-1]}…" ({len(value)} characters)'
    return cut(text, SHOWN)
