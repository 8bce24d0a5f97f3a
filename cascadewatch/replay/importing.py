"""Eval sets made of CSV and JSONL files."""

import csv
import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from io import TextIOWrapper
from itertools import chain
from pathlib import Path
from typing import IO, Any

from cascadewatch.errors import InputError, UsageError
from cascadewatch.private import for_owner

OWN = ("id", "prompt", "messages", "reference", "control")
ASKED = ("prompt", "messages")
NUMBERS = ("score", "cost_usd", "latency_ms")
PARTS = ("text", "correct", *NUMBERS, "model")
TRUE, FALSE = {"true", "1", "yes", "right"}, {"false", "0", "no", "wrong"}
LONGEST_FIELD = 1_000_000
SHOWN = 40
GZIP_MAGIC = b"\x1f\x8b"

Row = tuple[str, Mapping[str, Any]]  # how it is named in a message, and what it says of each key


def from_file(file: Path, to: Path, places: Mapping[str, str]) -> int:
    """Writes an eval set of a CSV file with a head line or of a JSONL file, plain or gzip; how many cases.

    `places` maps keys (id, prompt, messages, reference, control, answers.KEY.PART) to columns, of JSONL to
    paths such as output.0.text. Columns and fields that are named as a key need no entry. Rows without an
    id are numbered. InputError names the row of a value that cannot be used, UsageError a key, column or
    path that does not exist.
    """
    for key in places:
        _insist_on_key(key)
    csv.field_size_limit(LONGEST_FIELD)
    try:
        with _opened(file) as source:
            first = next((line for line in source if line.strip()), "")
            lines = chain([first], source)
            rows = _objects(lines, places) if first.lstrip().startswith("{") else _columns(lines, places)
            cases = [_case(row, number) for number, row in enumerate(rows, 1)]
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{file} cannot be read: {error}") from None
    with open(to, "w", encoding="utf-8", opener=for_owner) as out:
        out.writelines(json.dumps(case, ensure_ascii=False) + "\n" for case in cases)
    return len(cases)


def _opened(file: Path) -> IO[str]:
    with file.open("rb") as start:
        packed = start.read(2) == GZIP_MAGIC
    raw: Any = gzip.open(file, "rb") if packed else file.open("rb")  # noqa: SIM115 - by who reads it
    return TextIOWrapper(raw, encoding="utf-8-sig", newline="")


def _columns(lines: Iterator[str], places: Mapping[str, str]) -> Iterator[Row]:
    """Rows of CSV."""
    reader = csv.DictReader(lines)
    head = reader.fieldnames or []
    found = {name: name for name in head if _is_key(name)} | dict(places)
    for column in found.values():
        if column not in head:
            raise UsageError(f'there is no column "{column}"; the file has {", ".join(head)}')
    _insist_on_prompt(found, "COLUMN", head)
    for number, row in enumerate(reader, 2):
        yield f"row {number}", {key: row.get(column) for key, column in found.items()}


def _objects(lines: Iterator[str], places: Mapping[str, str]) -> Iterator[Row]:
    """Rows of JSONL."""
    unseen = set(places)
    fields: list[str] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        name = f"line {number}"
        try:
            held = json.loads(line)
        except ValueError as error:
            raise InputError(f"{name} is no JSON ({error})") from None
        if not isinstance(held, dict):
            raise InputError(f"{name} is no JSON object")
        fields = fields or list(held)
        keys = {key: key for key in _keys_in(held)} | dict(places)
        _insist_on_prompt(keys, "PATH", list(held))
        said = {key: _at(held, path) for key, path in keys.items()}
        unseen -= {key for key, value in said.items() if value is not None}
        yield name, said
    for key in sorted(unseen):
        raise UsageError(f'no line has anything at "{places[key]}"; the first has {", ".join(fields)}')


def _keys_in(held: Mapping[str, Any]) -> Iterator[str]:
    """The keys that an object has under their own names."""
    yield from (key for key in OWN if key in held)
    answers = held.get("answers")
    for name, answer in answers.items() if isinstance(answers, dict) else ():
        yield from (f"answers.{name}.{part}" for part in PARTS if isinstance(answer, dict) and part in answer)


def _at(held: Any, path: str) -> Any:
    """What stands at a path such as output.0.text; None where nothing does."""
    if isinstance(held, dict) and path in held:
        return held[path]
    for step in path.split("."):
        if isinstance(held, dict):
            held = held.get(step)
        elif isinstance(held, list) and step.isdecimal() and int(step) < len(held):
            held = held[int(step)]
        else:
            return None
    return held


def _insist_on_key(key: str) -> None:
    if not _is_key(key):
        raise UsageError(f"{key} is no key of an eval set; known: {', '.join(OWN)}, answers.KEY.text …")


def _insist_on_prompt(keys: Mapping[str, str], place: str, there: Sequence[str]) -> None:
    if not any(key in keys for key in ASKED):
        raise UsageError(
            f"which {place.lower()} is the prompt? Say --map prompt={place}; there is {', '.join(there)}"
        )


def _is_key(name: str) -> bool:
    parts = name.split(".")
    return name in OWN or (len(parts) == 3 and parts[0] == "answers" and parts[2] in PARTS)


def _case(row: Row, number: int) -> dict[str, Any]:
    name, said = row
    case: dict[str, Any] = {"id": str(number)}
    for key, value in said.items():
        if value is None or value == "":
            continue
        if key in OWN:
            case[key] = _turns(value) if key == "messages" else _text(value, name, key)
            continue
        _, answer, part = key.split(".")
        answers = case.setdefault("answers", {})
        answers.setdefault(answer, {"text": ""})[part] = _value(part, value, f"{name}: {key}")
    return case


def _turns(value: Any) -> Any:
    """Messages without what else a log keeps of them; what they must be is checked with the eval set."""
    if not isinstance(value, list) or not all(isinstance(turn, dict) for turn in value):
        return value
    return [{key: turn[key] for key in ("role", "content") if key in turn} for turn in value]


def _text(value: Any, name: str, key: str) -> str:
    if isinstance(value, str | int | float):
        return str(value)
    raise InputError(f"{name}: {key} is {_short(value)}; its path must lead to a text")


def _value(part: str, value: Any, where: str) -> Any:
    if part == "correct":
        word = str(value).strip().lower()
        if word not in TRUE | FALSE:
            raise InputError(f"{where} is {_short(value)}; write true or false")
        return word in TRUE
    if part not in NUMBERS:
        return _text(value, *where.split(": ", 1))
    try:
        return float(value)
    except (TypeError, ValueError):
        raise InputError(f"{where} is {_short(value)}; write a number") from None


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f'"{text[:SHOWN]}"'
