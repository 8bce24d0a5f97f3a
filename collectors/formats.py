"""The file formats `cascadewatch ingest` reads, and how one is recognised.

A format is one module with a pure `decode(lines, options, now, oldest)` and one line in FORMATS.
"""

from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib import import_module
from shlex import quote
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from cascadewatch.errors import InputError, UsageError
from cascadewatch.model import Event
from cascadewatch.store.receipt import Rejection
from collectors.json_records import members
from collectors.reading import TOO_LONG, LongLine

if TYPE_CHECKING:
    from cascadewatch.pricing import PriceBook

FORMATS = {
    "events": "collectors.jsonl",
    "csv": "collectors.csv_events",
    "cascadeflow": "collectors.cascadeflow",
    "litellm": "collectors.litellm",
}
SET_OF_CALLS = ("cascade", "route", "revision", "caller", "session")  # names that no call may be marked with


class Decoded(NamedTuple):
    """One record of a file: where it begins, its bytes, and what became of it."""

    line: int
    raw: bytes
    result: Event | Rejection


def too_long(line: int, raw: LongLine) -> Decoded:
    """The record of a line that was not read to its end."""
    return Decoded(line, bytes(raw), Rejection(line, None, None, TOO_LONG))


class Notice(NamedTuple):
    """Something the reader of a file should know about it as a whole."""

    text: str


@dataclass(frozen=True, slots=True)
class Options:
    """What the user says about a file; each format takes what concerns it.

    `mapping` is CSV column -> path in the event ("" leaves the column out), `constants` path ->
    value for what no column holds, `prices` the list prices claimed costs are held against.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    prices: "PriceBook | None" = None

    @property
    def says_anything(self) -> bool:
        """Whether something is said that not every format takes."""
        return bool(self.mapping or self.constants)


Lines = Iterable[tuple[int, bytes]]
Decode = Callable[[Lines, Options, int, int], Iterator[Decoded | Notice]]


def decoder(name: str) -> Decode:
    """The decode function of a format; `UsageError` for an unknown name."""
    if name not in FORMATS:
        known = ", ".join(("auto", *FORMATS))
        raise UsageError(f"unknown format {name!r}{meant(name, FORMATS)}; known are {known}")
    decode: Decode = import_module(FORMATS[name]).decode
    return decode


class NotTakenError(InputError):
    """Something is said that files of this format have no use for."""


def insist_on_taken(form: str, options: Options, name: str = "FILE") -> None:
    """NotTakenError where something is said that a file called `name` has no use for: only CSV takes
    --map, and only CSV and, for some names, calls of LiteLLM take --set."""
    if form == "csv" or not options.says_anything:
        return
    if form == "litellm" and not options.mapping:
        if other := next((path for path in options.constants if path not in SET_OF_CALLS), None):
            names = ", ".join(SET_OF_CALLS)
            raise NotTakenError(
                f"--set {other}: of calls of LiteLLM it gives {names}{meant(other, SET_OF_CALLS)}"
            )
        return
    option, wanted, program = (
        ("--set", "write the field into the lines", '.route = "faq"')
        if options.constants and form != "litellm"
        else ("--map", "give the field its name in the lines", ".id = .request | del(.request)")
    )
    takes = "CSV and litellm" if option == "--set" else "CSV"
    raise NotTakenError(f"{option} works on {takes} only; {wanted}: {through_jq(program, name)}")


def detect(name: str, first: bytes) -> str:
    """The format of a file called `name` whose first non-empty line is `first`.

    The line decides before the name: a log keeps its contents when it is renamed. `InputError`
    where neither tells.
    """
    line = first.removeprefix(BOM_UTF8).strip()
    if line.startswith((b"{", b"[")) and (told := _told_by_keys(line)):
        return told
    if line.startswith(b"{"):
        return "events"
    if line.startswith(b"["):
        raise InputError(f"it holds one JSON array, but one event a line is read: {through_jq('.[]', name)}")
    if name.removesuffix(".gz").endswith(".csv") or _looks_like_header(line):
        return "csv"
    if not line:
        return "events"
    raise InputError(f"it is of no format known by its first line; say --format {'|'.join(FORMATS)}")


def through_jq(program: str, name: str) -> str:
    """A command that reads a file with each of its records changed by jq and put on one line."""
    if name == "-":
        source, end = "… | ", ""
    elif name.endswith(".gz"):
        source, end = f"gunzip -c {quote(name)} | ", ""
    else:
        source, end = "", f" {quote(name)}"
    return f"{source}jq -c {quote(program)}{end} | cascadewatch ingest -"


def meant(word: str, known: Iterable[str]) -> str:
    """The known word somebody may have meant, as the middle of a sentence; "" when none is near."""
    near = get_close_matches(word, list(known), 1, 0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _told_by_keys(line: bytes) -> str | None:
    """The format that the first record of a line of JSON belongs to by its keys; None if to no other."""
    try:
        record = msgspec.json.decode(next(iter(members(line)), b""))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    if {"call_type", "startTime"} <= record.keys():
        return "litellm"
    return (
        "cascadeflow" if record.get("kind") in ("single_call", "cascade_run") and line[:1] == b"{" else None
    )


def _looks_like_header(line: bytes) -> bool:
    """Whether a line names the columns that every CSV of events has."""
    cells = {cell.strip(b' "') for cell in line.replace(b";", b",").replace(b"\t", b",").split(b",")}
    return {b"id", b"time"} <= cells or any(cell.startswith(b"attempts.") for cell in cells)
