"""Query parameters: a closed list for each route, each of one form."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import NamedTuple

import msgspec
from starlette.requests import Request

from cascadewatch.errors import InputError
from cascadewatch.model import NAME_LENGTH
from cascadewatch.moments import epoch_ms
from cascadewatch.reasons import SHOWN, cut
from cascadewatch.settings import parse_duration
from collectors.api.refusal import RefusalError

LARGEST = 2**63 - 1  # that a database counts up to
_DEFAULT = "7d"


class Range(NamedTuple):
    """A range of time in epoch milliseconds, `end` not included."""

    start: int
    end: int


def number_of(given: Mapping[str, str], key: str, largest: int) -> int | None:
    """A whole number from 1 to `largest`. Raises InputError for anything else."""
    text = given.get(key)
    if text is None:
        return None
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0
    if not 1 <= number <= largest:
        raise InputError(
            f"{key} must be a whole number from 1" + (f" to {largest}" if largest < LARGEST else "")
        )
    return number


def place_of(request: Request) -> int:
    """The number in a path such as `/v1/episodes/{id}`. RefusalError 404 for what is no number of a row."""
    try:
        number = number_of(request.path_params, "id", LARGEST)
    except InputError:
        number = None
    if number is None:
        raise RefusalError(404, "an id is a whole number, as the list shows it")
    return number


def known(request: Request, *names: str) -> Mapping[str, str]:
    """The parameters. Raises InputError for one that this route does not have, or has twice."""
    given = request.query_params
    for name in given:
        if name not in names:
            near = get_close_matches(name[:40], names, 1)
            hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(names) or 'none'}"
            raise InputError(f"unknown parameter {name[:40]!r}; {hint}")
        if len(given.getlist(name)) > 1:
            raise InputError(f"the parameter {name} is given twice")
    return dict(given)


def name_of(given: Mapping[str, str], key: str) -> str | None:
    """A name such as a cascade's. Raises InputError when it is longer than a name can be."""
    value = given.get(key)
    if value is not None and not 0 < len(value) <= NAME_LENGTH:
        raise InputError(f"{key} has 1 to {NAME_LENGTH} characters")
    return None if value is None else stored(value)


def stored(value: str) -> str:
    """A name or id as it is stored: NUL never is, see `collectors.decode`."""
    return value.replace("\0", "\u2400")


def range_of(given: Mapping[str, str], now: int) -> Range:
    """`since` (7d, 24h, 90m) until now, or `from` and `to`. Raises InputError."""
    if "since" in given and ("from" in given or "to" in given):
        raise InputError("give since, or from and to, not both")
    end = _moment("to", given["to"]) if "to" in given else now
    if "from" in given:
        start = _moment("from", given["from"])
    else:
        start = end - _duration(given.get("since", _DEFAULT))
    if not start < end:
        raise InputError("from must be before to")
    return Range(start, end)


def _duration(text: str) -> int:
    try:
        return parse_duration(cut(text, SHOWN))
    except ValueError as error:
        raise InputError(f"since: {error}") from None


def _moment(key: str, text: str) -> int:
    text = text.replace(" ", "+")  # what a form makes of the plus sign of an offset
    try:
        moment = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        moment = None
    if moment is None or moment.tzinfo is None or not timedelta(0) <= moment - _EARLIEST < _LONGEST:
        raise InputError(f"{key} must be an RFC 3339 time with a zone, such as 2026-11-21T12:00:00Z")
    return epoch_ms(moment)


_EARLIEST = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_LONGEST = timedelta(days=366 * 1000)
