"""Where a text is not JSON of a given shape. Only the child process imports it that checks answers."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry

from cascadewatch.replay.json_schema import parsed


def first(schema: str, text: str) -> str | None:
    """The place and kind of the first mistake, by a schema that is one; None if there is none."""
    try:
        value = parsed(text)
    except (ValueError, RecursionError):
        return "not_json"
    try:
        error = next(_validator(schema).iter_errors(value), None)
        return None if error is None else f"{error.validator} at {error.json_path}"[:128]
    except (ValueError, ArithmeticError, RecursionError):  # such as 1e999, or nested deeper than the stack
        return "odd_value"


@lru_cache(maxsize=64)
def _validator(schema: str) -> Any:
    kind = extend(Draft202012Validator, {"uniqueItems": _unique})
    return kind(json.loads(schema), registry=Registry())


def _unique(validator: Any, wanted: bool, value: Any, schema: object) -> Iterator[ValidationError]:
    """`uniqueItems` in one pass: the library compares each object with every other."""
    if wanted and isinstance(value, list) and len({_key(item) for item in value}) < len(value):
        yield ValidationError("some items are the same")


def _key(value: Any) -> Any:
    """The same for values that are the same JSON, and for no others."""
    if isinstance(value, dict):
        return ("object", frozenset((name, _key(part)) for name, part in value.items()))
    if isinstance(value, list):
        return ("array", *map(_key, value))
    return ("boolean", value) if isinstance(value, bool) else value
