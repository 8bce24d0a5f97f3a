"""The records of a file that is JSON Lines, one array, or one array after another.

An array may stand on one line, have one member a line, or be printed for people. One member is
held at a time, and one that is damaged ends where the next begins.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from itertools import product

import msgspec

from collectors.reading import MAX_LINE, LongLine

Numbered = Iterable[tuple[int, bytes]]

_BETWEEN = b" \t\r\n,"
# A string, or what of one there is in a line. It never gives back what it took: that took the square.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
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
    text = raw.removeprefix(BOM_UTF8).strip(_BETWEEN)
    if text in (b"", b"[", b"]"):
        return []
    if text.startswith(b"{"):
        text = text.rstrip(b"]" + _BETWEEN)
        found = _array(b"[" + text + b"]")
        return [text] if found is None else found
    for opening, closing in product((b"", b"["), (b"", b"]")):
        if (found := _array(opening + text + closing)) is not None:
            return found
    return [raw]


def _array(text: bytes) -> list[bytes] | None:
    try:
        return [bytes(member) for member in _members(text)]
    except (msgspec.DecodeError, RecursionError):
        return None


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
        if held and _begins_anew(raw, held[0]):
            yield begun, b"".join(held)
            held, size = [], 0
        if not held:
            begun = line
            depth = 1 if raw.lstrip(_BETWEEN).startswith(b"{") else depth
        held.append(raw)
        size, depth = size + len(raw), depth + _deeper(raw)
        if depth <= 1 or size > MAX_LINE:
            yield begun, b"".join(held)
            held, size, depth = [], 0, min(depth, 1)
    if held:
        yield begun, b"".join(held)


def _opens(raw: bytes) -> bool:
    """Whether a line begins an array and does not end it."""
    text = raw.removeprefix(BOM_UTF8).strip()
    return text.startswith(b"[") and _deeper(text) > 0


def _begins_anew(raw: bytes, first: bytes) -> bool:
    """Whether a line begins a member though brackets of the one before, begun in the line `first`, are
    missing: an object that is not deeper indented, and where nothing is indented a whole one."""
    text = raw.lstrip(b" \t,")
    column, before = len(raw) - len(text), len(first) - len(first.lstrip(b" \t,["))
    if not text.startswith(b"{") or column > before:
        return False
    object_ = text.rstrip(b"]" + _BETWEEN)
    return column > 0 or (object_ != b"{}" and _array(b"[" + object_ + b"]") is not None)


def _deeper(raw: bytes) -> int:
    """How many brackets more a line opens than it closes; strings do not go over lines."""
    bare = _STRING.sub(b"", raw)
    return bare.count(b"{") + bare.count(b"[") - bare.count(b"}") - bare.count(b"]")
