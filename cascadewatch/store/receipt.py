"""What goes into the store in one piece, and what it answers."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from msgspec import Meta, Struct

from cascadewatch.model import ID_LENGTH, MAX_ATTEMPTS, Event, Label, LabelSource, Name, Sampling

MAX_ERRORS = 100  # listed in an answer; the counters are always complete


class Rejection(NamedTuple):
    """One record that was not taken: its place in the request, and why in a sentence."""

    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody needs here
    id: str | None
    field: str | None
    reason: str


class LabelRequest(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A label for an event that was sent before, or will be within seven days."""

    id: Annotated[str, Meta(min_length=1, max_length=ID_LENGTH)]
    attempt: Annotated[int, Meta(ge=0, lt=MAX_ATTEMPTS)]
    correct: bool
    label_source: LabelSource
    source: Name | None = None  # of the event; default: the sender's own
    sampling: Sampling = "selected"
    probability: Annotated[float, Meta(ge=0.001, le=1)] = 1.0
    time: Annotated[datetime, Meta(tz=True)] | None = None

    def label(self) -> Label:
        """The label itself, without the address of its event."""
        return Label(self.attempt, self.correct, self.label_source, self.sampling,
                     self.probability, self.time)  # fmt: skip


class Batch(NamedTuple):
    """Events of one request with their places in it, and what was refused before.

    `origin` is `live`, or `replay` for answers to eval sets: those count in no live figure, and teach
    nothing about a cascade's tiers.
    """

    source: str
    events: list[tuple[int, Event]]
    rejections: list[Rejection]
    received: int  # epoch ms
    origin: str = "live"
    digests: list[bytes] | None = None  # of the events, where somebody has worked them out before


@dataclass
class Receipt:
    """received = accepted + duplicate + conflict + rejected, always."""

    received: int = 0
    accepted: int = 0
    duplicate: int = 0
    conflict: int = 0
    rejected: int = 0
    errors: list[Rejection] = field(default_factory=list)

    def add(self, other: "Receipt") -> None:
        """Counts another receipt in, keeping the first errors."""
        for name in ("received", "accepted", "duplicate", "conflict", "rejected"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.errors.extend(other.errors[: max(0, MAX_ERRORS - len(self.errors))])

    def as_dict(self) -> dict[str, Any]:
        """The JSON answer of `POST /v1/events`."""
        return {
            "received": self.received,
            "accepted": self.accepted,
            "duplicate": self.duplicate,
            "conflict": self.conflict,
            "rejected": self.rejected,
            "errors": [e._asdict() for e in self.errors[:MAX_ERRORS]],
        }
