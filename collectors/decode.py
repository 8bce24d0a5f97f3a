"""JSON bodies and lines into events, labels and annotations. Pure: `now` is an argument.

A body that is not JSON is refused whole (`InputError`); in NDJSON a bad line is a rejection of
that line. A bad value refuses its own record only. Of a key given twice in one object the last
one counts.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, TypeVar, cast

import msgspec
from msgspec import Meta, Raw, Struct

from cascadewatch.errors import InputError
from cascadewatch.model import FUTURE_MS, ID_LENGTH, NAME_LENGTH, Event, Name, Usage
from cascadewatch.moments import epoch_ms
from cascadewatch.reasons import cut, explain
from cascadewatch.store.receipt import LabelRequest, Rejection
from collectors.json_text import json_fault, prepared, syntax_fault, tidied
from collectors.nulls import without_nulls

R = TypeVar("R", Event, LabelRequest)
T = TypeVar("T", bound=Struct)
Checked = Callable[[R], tuple[str, str] | None]
Decoded = tuple[list[tuple[int, R]], list[Rejection]]


class TooManyError(InputError):
    """More records in one body than the configuration allows."""


class Annotation(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A mark on the time line, as sent to `POST /v1/annotations`."""

    time: Annotated[datetime, Meta(tz=True)]
    text: Annotated[str, Meta(min_length=1, max_length=2000)]
    cascade: Name | None = None
    route: Name | None = None
    deploy: bool = False  # drift rules look for its effect from here on


class _Events(Struct, forbid_unknown_fields=True):
    events: list[Raw]


class _Labels(Struct, forbid_unknown_fields=True):
    labels: list[Raw]


class _Identified(Struct):
    id: str | None = None


class _Form(NamedTuple):
    """How one kind of record is read."""

    name: str  # the key of the wrapped form
    kind: type
    decode: Callable[[bytes | Raw], Any]
    wrapped: Callable[[bytes], Any]


_EVENT = _Form("events", Event, msgspec.json.Decoder(Event).decode, msgspec.json.Decoder(_Events).decode)
_LABEL = _Form(
    "labels", LabelRequest, msgspec.json.Decoder(LabelRequest).decode, msgspec.json.Decoder(_Labels).decode
)
_list = msgspec.json.Decoder(list[Raw]).decode
_identified = msgspec.json.Decoder(_Identified).decode


def decode_events(
    body: bytes, ndjson: bool, now: int, oldest: int, limit: int | None = None
) -> Decoded[Event]:
    """Events and rejections of one body, each with its place in it (in NDJSON: its line from 0).

    `now` and `oldest` are epoch milliseconds. Raises InputError when the body cannot be read, and
    TooManyError beyond `limit` records.
    """
    return _decoded(body, ndjson, limit, _EVENT, _event_check(now, oldest))


def decode_event(raw: bytes, index: int, now: int, oldest: int) -> Event | Rejection:
    """One event of a file. Never raises for what stands in it."""
    raw, odd = prepared(raw)
    try:
        found: Event | Rejection = _one(raw, index, _EVENT, _event_check(now, oldest), odd, 0)
    except InputError as error:
        return _no_json(raw, index, f"not valid JSON: {error}")
    return found


def as_it_stands(raw: bytes) -> bool:
    """Whether a line that was decoded well says the same to msgspec alone: nothing in it is tidied."""
    body, odd = prepared(raw)
    if odd or body != raw:
        return False
    try:
        return b"null" not in raw or bool(_EVENT.decode(raw))
    except msgspec.ValidationError:  # a null that was left out
        return False


def decode_labels(body: bytes, ndjson: bool, now: int, limit: int | None = None) -> Decoded[LabelRequest]:
    """Labels of one body: an array, `{"labels": […]}` or NDJSON; otherwise as `decode_events`."""

    def check(label: LabelRequest) -> tuple[str, str] | None:
        return None if label.time is None else _out_of_range(epoch_ms(label.time), now)

    return _decoded(body, ndjson, limit, _LABEL, check)


def decode_one(body: bytes, kind: type[T]) -> T:
    """The one record of a body; no body is an empty one. Raises InputError with the field and the reason."""
    body, _ = prepared(body.strip() or b"{}")
    found: Any
    try:
        found = msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        found = error if json_fault(body, 0) else _nulls_left_out(body, kind, error, odd=False)
        if type(found) is msgspec.ValidationError:
            field, reason = explain(found, body, kind)
            raise InputError(f"{field or 'the body'}: {reason}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"the body is not valid JSON: {syntax_fault(error)}") from None
    for name in ("rule", "metric", "cascade", "route"):
        if len(getattr(found, name, None) or "") > NAME_LENGTH:
            raise InputError(f"{name} has at most {NAME_LENGTH} characters")
    return cast("T", found)


def _decoded(body: bytes, ndjson: bool, limit: int | None, form: _Form, check: Checked[Any]) -> Decoded[Any]:
    body, odd = prepared(body)
    taken: list[tuple[int, Any]] = []
    refused: list[Rejection] = []
    if ndjson:
        results = ((i, _line(line, i, form, check, odd)) for i, line in _lines(body, limit))
    else:
        raws, depth = _records(body, form, limit)
        results = ((i, _member(raw, i, form, check, odd, depth)) for i, raw in enumerate(raws))
    for pair in results:
        if type(pair[1]) is Rejection:
            refused.append(pair[1])
        else:
            taken.append(pair)
    return taken, refused


def _records(body: bytes, form: _Form, limit: int | None) -> tuple[list[Raw], int]:
    """The undecoded records, and how deep in the body they lie."""
    wrapped = body.lstrip(b" \t\r\n")[:1] == b"{"
    try:
        raws = getattr(form.wrapped(body), form.name) if wrapped else _list(body)
    except msgspec.ValidationError:
        raise InputError(
            f'expected a JSON array of {form.name}, or {{"{form.name}": […]}} and nothing beside it'
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"the body is not valid JSON: {syntax_fault(error)}") from None
    _limited(len(raws), limit, form.name)
    return raws, 2 if wrapped else 1


def _lines(body: bytes, limit: int | None) -> Iterator[tuple[int, bytes]]:
    lines = [(i, line) for i, line in enumerate(body.split(b"\n")) if line.strip()]
    _limited(len(lines), limit, "lines")
    return iter(lines)


def _limited(n: int, limit: int | None, what: str) -> None:
    if limit is not None and n > limit:
        raise TooManyError(f"{n} {what} in one request, at most {limit} are taken; send them in parts")


def _line(raw: bytes, index: int, form: _Form, check: Checked[Any], odd: bool) -> Any:
    """A record that stands on a line of its own: nothing in it can harm its neighbours."""
    try:
        return _one(raw, index, form, check, odd, 0)
    except InputError as error:
        return _no_json(raw, index, f"line {index + 1} is not valid JSON: {error}")


def _member(raw: Raw, index: int, form: _Form, check: Checked[Any], odd: bool, depth: int) -> Any:
    """A record in an array, which is refused whole where one is no JSON."""
    try:
        return _one(raw, index, form, check, odd, depth)
    except InputError as error:
        raise InputError(f"the record with index {index} is not valid JSON: {error}") from None


def _no_json(raw: bytes, index: int, reason: str) -> Rejection:
    return Rejection(index, _id(raw), None, cut(reason))


def _one(raw: bytes | Raw, index: int, form: _Form, check: Checked[Any], odd: bool, depth: int) -> Any:
    """The record or its Rejection; InputError with nothing but the fault when it is not JSON at all."""
    found: Any
    try:
        found = form.decode(raw)
        if odd and form is _EVENT:
            found = _tidied(raw)
    except msgspec.ValidationError as error:
        data = bytes(raw)
        if fault := json_fault(data, depth):
            raise InputError(fault) from None
        found = _nulls_left_out(data, form.kind, error, odd and form is _EVENT)
        if type(found) is msgspec.ValidationError:
            field, reason = explain(found, data, form.kind)
            return Rejection(index, _id(data), field, reason)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(syntax_fault(error)) from None
    wrong = check(found)
    return found if wrong is None else Rejection(index, found.id, *wrong)


def _nulls_left_out(raw: bytes, kind: type, error: msgspec.ValidationError, odd: bool) -> Any:
    """The record that was refused with an error, where nothing but nulls was wrong with it; else the error
    that is left. Only what was refused is looked at for nulls: hardly anybody sends them."""
    if "got `null`" not in str(error):
        return error
    try:
        value: Any = without_nulls(msgspec.json.decode(raw), kind)
    except msgspec.ValidationError as left:  # a number out of range, at a place it names otherwise
        return msgspec.ValidationError(str(left).partition(" - at ")[0])
    try:
        found: Any = msgspec.convert(value, kind)
        return msgspec.convert(tidied(value), kind) if odd else found
    except msgspec.ValidationError as left:
        return left


def _tidied(raw: bytes | Raw) -> Event:
    return msgspec.convert(tidied(msgspec.json.decode(raw)), Event)


def _id(raw: bytes) -> str | None:
    try:
        found = _identified(raw).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return None if found is None else found[:ID_LENGTH]


@lru_cache(maxsize=1)  # every line of a file asks for the same
def _event_check(now: int, oldest: int) -> Checked[Event]:
    """What the types cannot say of an event."""
    latest = now + FUTURE_MS

    def check(event: Event) -> tuple[str, str] | None:
        time = event.millis
        if time > latest:
            return _out_of_range(time, now)
        if time < oldest:
            return "time", "too_old: from before the time this store keeps; see [retention]"
        for i, a in enumerate(event.attempts):
            if a.usage is not None and a.usage.reasoning and _more_reasoning(a.usage):
                return f"attempts[{i}].usage.reasoning", _PART_OF_OUTPUT
            v = a.verdict
            if v is not None and v.usage is not None and v.usage.reasoning and _more_reasoning(v.usage):
                return f"attempts[{i}].verdict.usage.reasoning", _PART_OF_OUTPUT
        for i, label in enumerate(event.labels):
            fault = None if label.time is None else _out_of_range(epoch_ms(label.time), now)
            if fault is not None:
                return f"labels[{i}].{fault[0]}", fault[1]
            if label.attempt >= len(event.attempts):
                return f"labels[{i}].attempt", f"there are {len(event.attempts)} attempts, counted from 0"
        return None

    return check


_PART_OF_OUTPUT = "reasoning is part of output and cannot be more"


def _more_reasoning(usage: Usage) -> bool:
    return usage.output is not None and (usage.reasoning or 0) > usage.output


def _out_of_range(time: int, now: int) -> tuple[str, str] | None:
    if 0 <= time <= now + FUTURE_MS:
        return None
    if time < 0:
        return "time", "too_old: before 1970"
    return "time", f"future: {(time - now) / 60_000:.0f} minutes ahead of this server's clock, 5 are allowed"
