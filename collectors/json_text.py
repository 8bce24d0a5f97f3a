"""The JSON of records before and beside msgspec: what it leaves unchecked, and what we tidy."""

import re
from codecs import BOM_UTF8
from typing import Any

import msgspec

from cascadewatch.model import NAME_LENGTH
from cascadewatch.reasons import cut

MAX_DEPTH = 32

_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
_MINUS_ZERO = re.compile(rb"-0(?<=[:,\[\s]-0)(?![0-9])")  # where a number begins, not in a UUID
_LONG_RUN = re.compile(rb'"[^"]{%d}' % (NAME_LENGTH + 1))


def prepared(body: bytes) -> tuple[bytes, bool]:
    """The body without a byte order mark and without NUL, which Postgres cannot hold (the symbol
    U+2400 stands for it); and whether there may be something to tidy in its records: a negative
    zero or a name too long to be kept whole. Looked for here once, since it hardly ever is so."""
    body = body.removeprefix(BOM_UTF8)
    escapes = b"\\" in body
    if escapes and b"\\u0000" in body:
        body = _NUL.sub(rb"\1\\u2400", body)
    odd = (escapes and b'\\"' in body) or _LONG_RUN.search(body) or _MINUS_ZERO.search(body)
    return body, bool(odd)


def syntax_fault(error: Exception) -> str:
    """What is wrong with the JSON, in words."""
    if isinstance(error, RecursionError):
        return f"nested deeper than {MAX_DEPTH} levels"
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 at byte {error.start}"
    return str(error).removeprefix("JSON is malformed: ")


_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_NO_BRACKET = bytes(set(range(256)) - set(b"[]{}"))
_skip = msgspec.json.Decoder(msgspec.Raw).decode


def json_fault(raw: bytes, depth: int) -> str | None:
    """Why bytes `depth` levels deep in a body are no JSON we take; None if they are.

    Asked of a record with a wrong value: there msgspec stopped before the end, and where it skipped
    it left unchecked the encoding, and nesting below a thousand.
    """
    try:
        raw.decode()
        _skip(raw)  # before brackets are looked for: an open string would take the square of its length
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return syntax_fault(error)
    brackets = _STRING.sub(b"", raw).translate(_ONE_KIND, _NO_BRACKET)
    for _ in range(MAX_DEPTH - depth):
        brackets = brackets.replace(b"[]", b"")  # takes away the innermost level
        if not brackets:
            return None
    return syntax_fault(RecursionError())


_KEPT_WHOLE = frozenset({"id", "time", "text"})


def tidied(value: Any) -> Any:
    """A valid event with names cut to their length and negative zeros made zero."""
    if isinstance(value, str):
        return cut(value, NAME_LENGTH)
    if isinstance(value, float):
        return value + 0.0
    if isinstance(value, list):
        return [tidied(v) for v in value]
    if isinstance(value, dict):
        return {k if k in _KEPT_WHOLE else cut(k, NAME_LENGTH): v if k in _KEPT_WHOLE else tidied(v)
                for k, v in value.items()}  # fmt: skip
    return value
