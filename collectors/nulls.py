"""`null` says the same as leaving out. msgspec takes it only where a type allows it."""

from typing import Any

from msgspec import inspect

from cascadewatch.reasons import type_of


def without_nulls(value: Any, kind: type) -> Any:
    """A decoded record without those of its fields that are null and may be left out.

    What is required stays, and so do the places of a list, where null is something in between. In a
    mapping such as `tags` every key may be left out.
    """
    return _without(value, type_of(kind))


def _without(value: Any, here: inspect.Type) -> Any:
    if isinstance(here, inspect.UnionType):
        here = next(t for t in here.types if not isinstance(t, inspect.NoneType))
    if isinstance(value, dict) and isinstance(here, inspect.StructType):
        fields = {f.encode_name: f for f in here.fields}
        return {
            key: _without(v, fields[key].type) if key in fields else v
            for key, v in value.items()
            if v is not None or key not in fields or fields[key].required
        }
    if isinstance(value, dict) and isinstance(here, inspect.DictType):
        return {key: v for key, v in value.items() if v is not None}
    if isinstance(value, list) and isinstance(here, inspect.ListType):
        return [_without(v, here.item_type) for v in value]
    return value
