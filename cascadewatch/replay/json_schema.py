"""Does a text hold JSON of a given shape?"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cascadewatch.errors import ConfigError
from cascadewatch.replay.python_file import read


def checker(file: Path) -> Callable[[str], str | None]:
    """A function from a text to what is wrong with it, None if nothing. ConfigError for a bad schema.

    JSON in a Markdown fence counts as JSON. Schemas are JSON Schema; references to other files are not
    followed.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError
    from referencing import Registry

    try:
        schema = json.loads(read(file))
        Draft202012Validator.check_schema(schema)
    except (ValueError, SchemaError) as error:
        raise ConfigError(f"{file} is no JSON schema: {str(error).splitlines()[0]}") from None
    validator = Draft202012Validator(schema, registry=Registry())

    def wrong(text: str) -> str | None:
        try:
            value = json.loads(unfenced(text), parse_constant=_no_constant)
        except (ValueError, RecursionError):
            return "not_json"
        return _first(validator, value)

    return wrong


def unfenced(text: str) -> str:
    """The text without a Markdown code fence around it."""
    lines = text.strip().splitlines()
    if len(lines) >= 2 and lines[0].startswith("```") and lines[-1].strip() == "```":
        return "\n".join(lines[1:-1])
    return text


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _first(validator: Any, value: Any) -> str | None:
    """The place and kind of the first mistake."""
    error = next(iter(validator.iter_errors(value)), None)
    return None if error is None else f"{error.validator} at {error.json_path}"[:128]
