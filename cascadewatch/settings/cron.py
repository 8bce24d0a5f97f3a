"""When something is due, as people write it: cron's five fields, or a length of time."""

from typing import NamedTuple

from cascadewatch.settings.duration import UNIT_MS, parse_duration

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
LONGEST_MONTH = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
FORMS = 'write five fields such as "0 3 * * *", or a length such as "12h"'
SHORTEST_MS = UNIT_MS["m"]


class Field(NamedTuple):
    """What one place of five may hold; `names` count from `low`."""

    what: str
    low: int
    high: int
    names: tuple[str, ...] = ()


FIELDS = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day of the month", 1, 31),
    Field("month", 1, 12, MONTHS),
    Field("weekday", 0, 7, WEEKDAYS),
)


class Cron(NamedTuple):
    """The values that each field allows; weekdays are 0 (Sunday) to 6.

    `either`: days of the month and weekdays are both given, and one of them is enough, as cron has it.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool


def parse_schedule(text: str) -> Cron | int:
    """Five fields of cron, or the milliseconds of a length of a minute or more.

    ValueError, with a sentence that fits after the name of the setting, for anything else.
    """
    if len(text.split()) == 1:
        try:
            length = parse_duration(text)
        except ValueError:
            raise ValueError(f'is "{text}", which is no schedule; {FORMS}') from None
        if length < SHORTEST_MS:
            raise ValueError(f'is "{text}"; the shortest is a minute')
        return length
    return parse_cron(text)


def parse_cron(text: str) -> Cron:
    """ValueError for what is no cron, and for a day that never comes."""
    parts = text.lower().split()
    if len(parts) != len(FIELDS):
        raise ValueError(f'is "{text}", which has {len(parts)} fields; {FORMS}')
    minutes, hours, days, months, weekdays = (
        _values(part, field, text) for part, field in zip(parts, FIELDS, strict=True)
    )
    either = not parts[2].startswith("*") and not parts[4].startswith("*")
    if not either and all(min(days) > LONGEST_MONTH.get(month, 31) for month in months):
        raise ValueError(f'is "{text}", a day that never comes')
    return Cron(minutes, hours, days, months, frozenset(day % 7 for day in weekdays), either)


def _values(part: str, field: Field, text: str) -> frozenset[int]:
    found: set[int] = set()
    for piece in part.split(","):
        span, slash, step = piece.partition("/")
        if slash and not (step.isascii() and step.isdecimal() and int(step) > 0):
            raise _odd(piece, field, text)
        first, last = _span(span, field, text, to_end=bool(slash))
        found.update(range(first, last + 1, int(step or 1)))
    return frozenset(found)


def _span(span: str, field: Field, text: str, *, to_end: bool) -> tuple[int, int]:
    if span == "*":
        return field.low, 6 if field.what == "weekday" else field.high
    start, dash, end = span.partition("-")
    first = _number(start, field, text)
    last = _number(end, field, text) if dash else (field.high if to_end else first)
    if last < first and field.what == "weekday":
        last += 7  # from Friday to Monday
    if last < first:
        raise _odd(span, field, text)
    return first, last


def _number(word: str, field: Field, text: str) -> int:
    if word in field.names:
        return field.low + field.names.index(word)
    if not (word.isascii() and word.isdecimal() and field.low <= int(word) <= field.high):
        raise _odd(word, field, text)
    return int(word)


def _odd(piece: str, field: Field, text: str) -> ValueError:
    return ValueError(
        f'is "{text}"; its {field.what} is "{piece}", but may be {field.low} to {field.high}, *, a list, a '
        "range or a step such as */2"
    )
