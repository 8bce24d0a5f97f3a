"""Where a reader is in a list that grows at its front while it is read. Pure.

Every page begins behind the last row of the one before it, so turning pages neither repeats nor skips a
row, however many arrive meanwhile. A cursor is what the list tells its rows apart by: the (time, seq) of
an event, the number of an episode.
"""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

Cursor = TypeVar("Cursor")


@dataclass(slots=True)
class Pages(Generic[Cursor]):
    """The pages turned so far; starts over when what is listed changes."""

    listed: object = None
    turned: list[Cursor] = field(default_factory=list)

    @property
    def before(self) -> Cursor | None:
        """Where this page begins; None: with the newest."""
        return self.turned[-1] if self.turned else None

    @property
    def number(self) -> int:
        """Counted from 1."""
        return len(self.turned) + 1

    def follow(self, listed: object) -> None:
        """Says what is listed; another list begins with its first page."""
        if listed != self.listed:
            self.listed = listed
            self.turned.clear()

    def forward(self, following: Cursor) -> None:
        """One page on: to the `next` of the page shown."""
        self.turned.append(following)

    def back(self) -> None:
        """One page back."""
        if self.turned:
            self.turned.pop()
