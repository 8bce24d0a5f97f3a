"""Does a text hold JSON of a given shape?"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cascadewatch.errors import ConfigError
from cascadewatch.replay import bounded
from cascadewatch.replay.python_file import read

FIRST = "cascadewatch.replay.mistakes:first"


def checker(file: Path) -> Callable[[str], str | None]:
    """A function from a text to what is wrong with it, None if nothing. ConfigError for a bad schema.

    JSON in a Markdown fence counts as JSON. Schemas are JSON Schema; references to other files are not
    followed. An answer that takes too long to check, or that no check can count with, is wrong, too:
    `too_complex`, `odd_value`.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        schema = json.loads(read(file))
        Draft202012Validator.check_schema(schema)
    except (ValueError, SchemaError) as error:
        raise ConfigError(f"{file} is no JSON schema: {str(error).splitlines()[0]}") from None
    written = json.dumps(schema)

    def wrong(text: str) -> str | None:
        try:
            said: str | None = bounded.call(FIRST, written, text)
        except bounded.TooMuchError:
            return "too_complex"
        return said

    return wrong


def parsed(text: str) -> Any:
    """The JSON in a text, in a Markdown fence or not. ValueError where there is none (NaN is none either),
    RecursionError where it is nested too deep.
    """
    return json.loads(unfenced(text), parse_constant=_no_constant)


def is_same(one: Any, other: Any) -> bool:
    """Whether two parsed values are the same JSON: 1 is 1.0, and `true` is no number.

    >>> is_same([1, {"a": None}], [1.0, {"a": None}]), is_same(True, 1)
    (True, False)
    """
    left = [(one, other)]  # a list and no recursion: an answer may be nested as deep as the parser goes
    while left:
        a, b = left.pop()
        if isinstance(a, dict) and isinstance(b, dict):
            if a.keys() != b.keys():
                return False
            left += [(a[key], b[key]) for key in a]
        elif isinstance(a, list) and isinstance(b, list):
            if len(a) != len(b):
                return False
            left += zip(a, b, strict=True)
        elif isinstance(a, bool) is not isinstance(b, bool) or a != b:
            return False
    return True


def unfenced(text: str) -> str:
    """The text without a Markdown code fence around it."""
    lines = text.strip().splitlines()
    if len(lines) >= 2 and lines[0].startswith("```") and lines[-1].strip() == "```":
        return "\n".join(lines[1:-1])
    return text


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
