"""JSON that stands over several lines where one record a line is expected.

A file that is one object as a whole, as it would be posted or printed for people, is one record.
Several such objects are refused before anything is stored: line by line each piece would be refused
for a reason that has nothing to do with what is wrong.
"""

import json
from codecs import BOM_UTF8
from collections.abc import Iterator
from itertools import chain

import msgspec

from cascadewatch.errors import InputError
from collectors.formats import through_jq
from collectors.reading import MAX_LINE, LongLine

Numbered = Iterator[tuple[int, bytes]]

_skip = msgspec.json.Decoder(msgspec.Raw).decode
_first_of = json.JSONDecoder().raw_decode


def one_a_line(name: str, lines: Numbered, ahead: int) -> Numbered:
    """The lines of a file called `name`; where they are one JSON object in all, that object as one.

    Looks at most `ahead` lines ahead, and only where the first that is not blank is no whole JSON.
    Raises InputError for several objects over several lines, and for what begins like one.
    """
    seen = until_text(lines)
    if not seen or not _begun(seen[-1][1]):
        return chain(seen, lines)
    number, first = seen.pop()
    rest, length = [], len(first)
    for line in lines:
        rest.append(line)
        length += len(line[1])
        if len(rest) >= ahead or length > MAX_LINE:
            break
    whole = b"".join((first, *(raw for _, raw in rest)))
    end = _end(whole)
    if end is None and first.removeprefix(BOM_UTF8).strip() != b"{":
        return chain(seen, [(number, first)], rest, lines)
    if end is None or end.strip() or until_text(lines):
        raise InputError(
            f"one event a line is expected; this is JSON over several lines: {through_jq('.', name)}"
        )
    return iter([(number, whole)])


def until_text(lines: Numbered) -> list[tuple[int, bytes]]:
    """The next line that is not blank, after the blank ones before it; fewer at the end of the file."""
    seen = []
    for number, line in lines:
        seen.append((number, line))
        if not line.isspace():
            break
    return seen


def _begun(line: bytes) -> bool:
    """Whether a line begins an object and does not end it."""
    if type(line) is LongLine:
        return False
    line = line.removeprefix(BOM_UTF8)
    if not line.lstrip().startswith(b"{"):
        return False
    try:
        _skip(line)
    except (msgspec.DecodeError, RecursionError):
        return True
    return False


def _end(text: bytes) -> str | None:
    """What follows the JSON over several lines that a text begins with; None where it begins with none."""
    try:
        words = text.removeprefix(BOM_UTF8).decode().lstrip()
        end = _first_of(words)[1]
    except (ValueError, RecursionError):
        return None
    return words[end:] if "\n" in words[:end] else None
