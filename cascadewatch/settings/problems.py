"""One sentence per problem of a settings file: where, what, and the way out."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from cascadewatch.settings.alerting import CHANNELS
from cascadewatch.settings.table import Table
from cascadewatch.settings.tables import ELSEWHERE, TABLES, Settings

Location = tuple[int | str, ...]

EXPECTED = {
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "is_instance_of": "must be a number",
    "string_type": "must be text in quotes",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": 'must be a bare host name such as "monitor.example.com"',
    "tuple_type": "must be a list in square brackets",
    "too_short": "must name at least one; leave the line out for the default",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "dict_type": "must hold tables, such as [{table}.NAME]",
    "date_type": "must be a date without quotes, such as 2026-01-01",
    "missing": "is missing",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "literal_error": "must be {expected}",
}

_HEADER = re.compile(r"\s*(\[\[?)([^\[\]]+)\]\]?\s*(#.*)?$")
_KEY = re.compile(r"\s*([^=#\[]+?)\s*=")
_PART = re.compile(r'"([^"]*)"|\'([^\']*)\'|([\w-]+)')


def sentences(error: ValidationError, text: str, name: str) -> list[str]:
    """What is wrong with the file `name`, whose content is `text`, in the order of its lines."""
    found = []
    for problem in error.errors(include_url=False, include_input=False):
        location, table = _place(problem)
        line = line_of(text, location)
        where = f"{name}, line {line}" if line else name
        said = _sentence(location, table, problem)
        found.append((line or 0, f"{where}: {said}" + ("" if said.endswith("?") else ".")))
    return [sentence for _, sentence in sorted(found)]


def _place(problem: Mapping[str, Any]) -> tuple[Location, type[Table]]:
    """Where in the file a problem is, and the table it is in."""
    location = tuple(part for part in problem["loc"] if part != "[key]")
    if problem["type"] == ELSEWHERE:
        location = problem["ctx"]["at"]
    if location[0] == "channel" and len(location) > 2:  # behind its name stands its kind
        channel, name, kind, *rest = location
        return (channel, name, *rest), CHANNELS[str(kind)]
    if problem["type"] == "union_tag_invalid":
        location = (*location, "kind")
    return location, Settings if len(location) == 1 else TABLES.get(str(location[0]), Settings)


def line_of(text: str, location: Location) -> int | None:
    """The line (from 1) that sets `location`, else that of its table; None if neither is found."""
    header: Location = ()
    seen: dict[Location, int] = {}
    table = None
    for number, line in enumerate(text.splitlines(), 1):
        if match := _HEADER.match(line):
            header = _parts(match[2])
            if match[1] == "[[":
                seen[header] = seen.get(header, -1) + 1
                header = (*header, seen[header])
            inside = location[: len(header)] == header
            if inside or (table is None and header[: len(location)] == location):
                table = number
        elif (match := _KEY.match(line)) and (*header, *_parts(match[1])) == location[: len(header) + 1]:
            return number
    return table


def _parts(dotted: str) -> Location:
    return tuple(a or b or c for a, b, c in _PART.findall(dotted))


def _sentence(location: Location, table: type[Table], problem: Mapping[str, Any]) -> str:
    key, kind, context = dotted(location), problem["type"], problem.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown(location, table)
    if kind in ("value_error", ELSEWHERE):
        return f"`{key}` {context['error']}"
    if kind == "tuple_type" and key in ("price", "rule"):
        return f"`{key}` needs two brackets: begin each entry with [[{key}]]"
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        return _unknown_kind(key, context.get("tag"))
    said = EXPECTED[kind].format(**context, table=location[0]) if kind in EXPECTED else problem["msg"]
    return f"`{key}` {said}"


def dotted(location: Location) -> str:
    """`price[2].model`, counted from 1 as people do."""
    key = ""
    for part in location:
        key += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return key.lstrip(".")


def _unknown_kind(key: str, given: str | None) -> str:
    """A channel without a kind, or of one that there is not."""
    kinds = ", ".join(CHANNELS)
    if given is None:
        return f"`{key}` has no kind; add `kind`, one of {kinds}"
    nearest = get_close_matches(given, CHANNELS, n=1)
    hint = f'did you mean "{nearest[0]}"?' if nearest else f"there are {kinds}"
    return f'`{key}` is "{given}", which is no kind of channel; {hint}'


def _unknown(location: Location, table: type[Table]) -> str:
    known = [field.alias or name for name, field in table.model_fields.items()]
    nearest = get_close_matches(str(location[-1]), known, n=1)
    if nearest:
        return f"`{dotted(location)}` is not a setting; did you mean `{nearest[0]}`?"
    return f"`{dotted(location)}` is not a setting; known here are {', '.join(known)}"
