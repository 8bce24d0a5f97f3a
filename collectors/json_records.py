"""The records of a file that is JSON Lines, one array, or one array after another.

An array may stand on one line, have one member a line, or be printed for people. One member is
held at a time.
"""

import re
from collections.abc import Iterable, Iterator

import msgspec

from collectors.reading import MAX_LINE, LongLine

Numbered = Iterable[tuple[int, bytes]]

_BOM = b"\xef\xbb\xbf"
_BETWEEN = b" \t\r\n,"
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_members = msgspec.json.Decoder(list[msgspec.Raw]).decode


def records(lines: Numbered) -> Iterator[tuple[int, bytes]]:
    """Every record with the number it is known by: the line it begins in, or the next number that is
    free where several stand on one line."""
    last = 0
    for line, raw in _pieces(lines):
        for record in members(raw):
            last = max(line, last + 1)
            yield last, record


def members(raw: bytes) -> list[bytes]:
    """The records in some lines: of an array its members. What cannot be read is one record."""
    if type(raw) is LongLine:
        return [raw]
    text = raw.removeprefix(_BOM).strip(_BETWEEN)
    if text in (b"", b"[", b"]"):
        return []
    if text.startswith(b"{"):
        return [text.rstrip(b"]" + _BETWEEN)]
    try:
        found = _members(text if text.endswith(b"]") else text + b"]")
    except (msgspec.DecodeError, RecursionError):
        return [raw]
    return [bytes(member) for member in found]


def _pieces(lines: Numbered) -> Iterator[tuple[int, bytes]]:
    """Lines; in a file that begins with an array over several lines, as many as make whole members."""
    spread: bool | None = None
    held: list[bytes] = []
    begun, size, depth = 0, 0, 0
    for line, raw in lines:
        if spread is None and not raw.isspace():
            spread = _opens(raw)
        if not spread or type(raw) is LongLine:
            yield line, raw
            continue
        begun = begun if held else line
        held.append(raw)
        size, depth = size + len(raw), depth + _deeper(raw)
        if depth <= 1 or size > MAX_LINE:
            yield begun, b"".join(held)
            held, size, depth = [], 0, min(depth, 1)
    if held:
        yield begun, b"".join(held)


def _opens(raw: bytes) -> bool:
    """Whether a line begins an array and does not end it."""
    text = raw.removeprefix(_BOM).strip()
    return text.startswith(b"[") and _deeper(text) > 0


def _deeper(raw: bytes) -> int:
    """How many brackets more a line opens than it closes; strings do not go over lines."""
    bare = _STRING.sub(b"", raw)
    return bare.count(b"{") + bare.count(b"[") - bare.count(b"}") - bare.count(b"]")
