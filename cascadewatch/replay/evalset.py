"""Eval sets: fixed cases with known answers, one JSON object a line.

A set is known by the hash of its cases: a changed file is another version, and results of different
versions are never compared.
"""

import gzip
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET

from cascadewatch.errors import InputError
from cascadewatch.reasons import explain
from cascadewatch.replay.case import Case

MAX_BYTES = 50 * 2**20
MAX_CASES = 100_000
SHOWN = 20  # mistakes told at once
HASH_LENGTH = 16
GZIP_MAGIC = b"\x1f\x8b"

_decoder = msgspec.json.Decoder(Case)


@dataclass(frozen=True, slots=True)
class EvalSet:
    """The cases of one file, in its order. `hash` is of the cases alone: spaces and order do not count."""

    name: str
    path: Path
    hash: str
    cases: tuple[Case, ...]

    @property
    def controls(self) -> dict[str, int]:
        """How many cases are planted to be right and wrong."""
        counted = Counter(case.control for case in self.cases if case.control is not None)
        return {kind: counted[kind] for kind in ("right", "wrong")}

    def answered(self, key: str) -> tuple[Case, ...]:
        """The cases with a recorded answer under this key."""
        return tuple(case for case in self.cases if key in case.answers)

    def keys(self) -> dict[str, int]:
        """How many cases each key of recorded answers has, the commonest first."""
        return dict(Counter(key for case in self.cases for key in case.answers).most_common())

    def statement(self) -> dict[str, Any]:
        """What is in it, JSON-ready: counts of cases, controls, references, answers and tags."""
        tags = Counter(tag for case in self.cases for tag in case.tags)
        return {
            "name": self.name,
            "hash": self.hash,
            "cases": len(self.cases),
            "controls": self.controls,
            "with_reference": sum(case.reference is not None for case in self.cases),
            "answers": {key: self._answers(key) for key in self.keys()},
            "tags": dict(tags.most_common(20)),
        }

    def _answers(self, key: str) -> dict[str, int]:
        answers = [case.answers[key] for case in self.answered(key)]
        return {
            "cases": len(answers),
            "right": sum(answer.correct is True for answer in answers),
            "wrong": sum(answer.correct is False for answer in answers),
            "scored": sum(answer.score is not None for answer in answers),
        }


def load(path: Path) -> EvalSet:
    """Reads and checks a whole file, plain or gzip.

    InputError names up to twenty lines and what is wrong with each; nothing of a faulty file is used.
    """
    cases: list[Case] = []
    seen: dict[str, int] = {}
    wrong: list[str] = []
    for number, line in _lines(path):
        found = _case(line)
        if isinstance(found, str):
            wrong.append(f"line {number}: {found}")
        elif (earlier := seen.setdefault(found.id, number)) != number:
            wrong.append(f"line {number}: id {found.id!r} is that of line {earlier}; ids must differ")
        else:
            cases.append(found)
        if len(cases) > MAX_CASES:
            raise InputError(f"{path.name}: more than {MAX_CASES:,} cases; split it into several sets")
    if wrong:
        more = f"\n… and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise InputError("\n".join(f"{path.name}, {sentence}" for sentence in wrong[:SHOWN]) + more)
    if not cases:
        raise InputError(f"{path.name} has no cases; write one JSON object a line, such as "
                         '{"id": "1", "prompt": "2 + 2?", "reference": "4"}')  # fmt: skip
    return EvalSet(path.name.removesuffix(".gz").removesuffix(".jsonl"), path, hash_of(cases), tuple(cases))


def hash_of(cases: list[Case]) -> str:
    """The version of a set: SHA-256 over its cases in canonical form, ordered by id; 16 hex digits."""
    digest = sha256()
    for case in sorted(cases, key=lambda case: case.id):
        digest.update(msgspec.json.encode(case, order="sorted") + b"\n")
    return digest.hexdigest()[:HASH_LENGTH]


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Numbered lines that hold something. InputError where the file cannot be read or is too large."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == GZIP_MAGIC
        with gzip.open(path, "rb") if packed else path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, EOFError, ValueError, zlib.error) as error:  # ValueError: NUL in a name
        raise InputError(f"the eval set {path} cannot be read: {_why(error)}") from None
    if len(content) > MAX_BYTES:
        raise InputError(f"{path.name} is larger than {MAX_BYTES // 2**20} MiB; split it into several sets")
    content = content.removeprefix(b"\xef\xbb\xbf")
    return ((n, line) for n, line in enumerate(content.split(b"\n"), 1) if line.strip())


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _case(line: bytes) -> Case | str:
    """The case, or what is wrong with its line."""
    try:
        case = _decoder.decode(line)
    except msgspec.ValidationError as error:
        field, reason = explain(error, line, Case)
        return f"{field}: {reason}" if field else reason
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return f"is no JSON object ({error})"
    if (case.prompt is UNSET) == (case.messages is UNSET):
        return "needs either prompt or messages, and not both"
    if case.control is not None and not case.answers:
        return "is a control, so it needs the planted answer under answers"
    planted = {answer.correct for answer in case.answers.values()} - {None}
    if case.control is not None and planted - {case.control == "right"}:
        return f'is a control of kind "{case.control}", but an answer says correct: {planted.pop()}'
    return case
