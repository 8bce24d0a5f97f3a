"""What is read of a file at a time and stored in one transaction."""

from collections.abc import Sequence
from typing import NamedTuple

from cascadewatch.model import Event
from cascadewatch.store.receipt import Rejection
from collectors.formats import Decoded, Notice


class Portion(NamedTuple):
    """Some records in the order of the file, and how far reading had come with them."""

    raws: list[tuple[int, bytes]]  # line and bytes of every record
    events: list[tuple[int, Event]]
    refused: list[Rejection]
    notices: list[str]
    position: int  # bytes of the file
    digests: list[bytes] | None = None  # of the events, where they were worked out with them


def portion(records: Sequence[Decoded | Notice], position: int) -> Portion:
    """A portion of what a format's `decode` gave."""
    decoded = [r for r in records if isinstance(r, Decoded)]
    return Portion(
        [(r.line, r.raw) for r in decoded],
        [(r.line, r.result) for r in decoded if not isinstance(r.result, Rejection)],
        [r.result for r in decoded if isinstance(r.result, Rejection)],
        [r.text for r in records if isinstance(r, Notice)],
        position,
    )
