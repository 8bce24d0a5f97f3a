"""Eval sets made of CSV files."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cascadewatch.errors import InputError, UsageError

OWN = ("id", "prompt", "reference", "control")
PARTS = ("text", "correct", "score", "model", "cost_usd", "latency_ms")
TRUE, FALSE = {"true", "1", "yes", "right"}, {"false", "0", "no", "wrong"}
LONGEST_FIELD = 1_000_000


def from_csv(file: Path, to: Path, columns: Mapping[str, str]) -> int:
    """Writes an eval set of a CSV file with a head line; how many cases it has.

    `columns` maps keys (id, prompt, reference, control, answers.KEY.PART) to columns; columns that are named
    as a key need no entry. Rows without an id are numbered. InputError names the row of a value that
    cannot be used, UsageError a key or column that does not exist.
    """
    csv.field_size_limit(LONGEST_FIELD)
    try:
        with file.open(encoding="utf-8-sig", newline="") as source:
            reader = csv.DictReader(source)
            keys = _keys(reader.fieldnames or [], columns)
            cases = [_case(row, keys, number) for number, row in enumerate(reader, 2)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{file} cannot be read as CSV: {error}") from None
    to.write_text("".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases), encoding="utf-8")
    return len(cases)


def _keys(head: Any, columns: Mapping[str, str]) -> dict[str, str]:
    """Each key with its column."""
    found = {name: name for name in head if _is_key(name)} | dict(columns)
    for key, column in found.items():
        if not _is_key(key):
            raise UsageError(f"{key} is no key of an eval set; known: {', '.join(OWN)}, answers.KEY.text …")
        if column not in head:
            raise UsageError(f'there is no column "{column}"; the file has {", ".join(head)}')
    if "prompt" not in found:
        raise UsageError(
            f"which column is the prompt? Say --map prompt=COLUMN; the file has {', '.join(head)}"
        )
    return found


def _is_key(name: str) -> bool:
    parts = name.split(".")
    return name in OWN or (len(parts) == 3 and parts[0] == "answers" and parts[2] in PARTS)


def _case(row: Mapping[str, str | None], keys: Mapping[str, str], number: int) -> dict[str, Any]:
    case: dict[str, Any] = {"id": str(number - 1)}
    for key, column in keys.items():
        value = row.get(column)
        if value is None or value == "":
            continue
        if key in OWN:
            case[key] = value
            continue
        _, name, part = key.split(".")
        answers = case.setdefault("answers", {})
        answers.setdefault(name, {"text": ""})[part] = _value(part, value, number, column)
    return case


def _value(part: str, text: str, number: int, column: str) -> Any:
    if part in ("text", "model"):
        return text
    if part == "correct":
        word = text.strip().lower()
        if word not in TRUE | FALSE:
            raise InputError(f'row {number}: {column} is "{text[:40]}"; write true or false')
        return word in TRUE
    try:
        return float(text)
    except ValueError:
        raise InputError(f'row {number}: {column} is "{text[:40]}"; write a number') from None
