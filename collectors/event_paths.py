"""The places in an event by dotted path, such as `attempts.0.verdict.score`, and their types.

Read from the types of cascadewatch/model.py, so that a field added there can be a CSV column too.
"""

import math
import re
from functools import cache
from typing import Any, NamedTuple

from msgspec import inspect

from cascadewatch.errors import InputError
from cascadewatch.model import MAX_ATTEMPTS, Event
from cascadewatch.reasons import cut, expected, show, type_of
from collectors.formats import meant

Steps = tuple[str | int, ...]

_PLACE = re.compile(r"0|[1-9][0-9]{0,3}")  # one spelling: no two columns mean the same
_INTEGER = re.compile(r"[+-]?\d{1,19}(\.0+)?", re.ASCII)  # spreadsheets write 51 as 51.0
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_TRUE = frozenset({"true", "yes", "1"})
_FALSE = frozenset({"false", "no", "0"})


class Place(NamedTuple):
    """One leaf of an event: its path as written, the steps to it, and what may stand there."""

    path: str
    steps: Steps
    type: inspect.Type


def place(path: str) -> Place:
    """The leaf at `path`; `InputError` names the nearest known path."""
    parts = path.split(".")
    if len(parts) == 2 and parts[0] == "tags" and parts[1]:
        return Place(path, ("tags", parts[1]), inspect.StrType())
    steps = tuple(int(s) if _PLACE.fullmatch(s) else s for s in parts)
    if any(isinstance(s, int) and s >= MAX_ATTEMPTS for s in steps):
        raise InputError(f"{path}: places are counted from 0 to {MAX_ATTEMPTS - 1}")
    general = ".".join("N" if isinstance(s, int) else s for s in steps)
    leaf = leaves().get(general)
    if leaf is None or "N" in parts:
        raise InputError(
            f"{cut(path, 80)!r} is no field of an event{meant(general[:128], leaves())}; see docs/events.md"
        )
    return Place(path, steps, leaf)


@cache
def leaves() -> dict[str, inspect.Type]:
    """Every leaf of an event; `N` stands for a place in a list, tags are left out."""
    return dict(_walk(type_of(Event), ""))


def _walk(here: inspect.Type, path: str) -> list[tuple[str, inspect.Type]]:
    if isinstance(here, inspect.UnionType):
        return _walk(next(t for t in here.types if not isinstance(t, inspect.NoneType)), path)
    if isinstance(here, inspect.StructType):
        return [leaf for f in here.fields for leaf in _walk(f.type, f"{path}.{f.encode_name}".lstrip("."))]
    if isinstance(here, inspect.ListType):
        return _walk(here.item_type, f"{path}.N")
    return [] if isinstance(here, inspect.DictType) else [(path, here)]


def convert(cell: str, kind: inspect.Type) -> Any:
    """A cell's text as a value of its type; `ValueError` with the reason.

    Ranges are left to the decoder of events, which checks them for every format.
    """
    if isinstance(kind, inspect.StrType):
        return cell
    text = cell.strip()
    if isinstance(kind, inspect.IntType) and _INTEGER.fullmatch(text):
        return int(text.partition(".")[0])
    if isinstance(kind, inspect.FloatType) and _NUMBER.fullmatch(text):
        return _finite(float(text), cell)
    if isinstance(kind, inspect.BoolType) and text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    if isinstance(kind, inspect.LiteralType | inspect.DateTimeType):
        return text
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"not_finite: {show(text)} is no number; leave the cell empty for unknown")
    raise ValueError(f"expected {expected(kind)}, got {show(cell)}")


def _finite(value: float, cell: str) -> float:
    if math.isinf(value):
        raise ValueError(f"not_finite: {show(cell)} is too large for a number")
    return value
