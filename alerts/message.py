"""What is said to people, before it takes the form of a channel."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

Status = Literal["firing", "updated", "repeated", "easing", "resolved", "missed", "flapping", "notice"]


@dataclass(frozen=True, slots=True)
class Item:
    """One episode in a message.

    `facts` are (label, text) in reading order: what moved, since when, likeliest cause, cost, what to do
    next. All of it is plain text in which names from outside may stand: a channel escapes what its form
    needs. Times are epoch ms; `ended` None: still open. "missed": it fired and ended before it could be told.
    `zone` is that of the times told in `facts`; "" where none is told.
    """

    episode: int
    status: Status
    severity: Literal["page", "ticket"]
    rule: str
    cascade: str
    route: str
    title: str
    facts: tuple[tuple[str, str], ...]
    link: str
    started: int
    ended: int | None = None
    zone: str = ""


class Left(NamedTuple):
    """An episode that has no place in a message, and is counted there."""

    cascade: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one channel. `id` is the same however often it is sent, so that receivers can tell.

    `subject` is one line, `more` counts episodes left out of `items`, `link` opens the page about all of
    it. `lines` are paragraphs that belong to no episode (digest, notices of our own, a sample).
    """

    id: str
    kind: Literal["alert", "digest", "notice", "test"]
    subject: str
    link: str
    items: tuple[Item, ...] = ()
    lines: tuple[str, ...] = ()
    more: int = 0
