"""Format `events`: JSON Lines, one event a line as in docs/events.md."""

from collections.abc import Iterator

from collectors.decode import decode_event
from collectors.formats import Decoded, Lines, Notice, Options, too_long
from collectors.reading import LongLine


def decode(lines: Lines, options: Options, now: int, oldest: int) -> Iterator[Decoded | Notice]:
    """Every non-empty line as an event or a rejection; a bad line does not harm the next."""
    for number, raw in lines:
        if type(raw) is LongLine:
            yield too_long(number, raw)
        elif not raw.isspace():
            yield Decoded(number, raw, decode_event(raw, number, now, oldest))
