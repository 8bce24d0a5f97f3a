"""What is said of an episode that was closed although nothing came back: its message must not read as if
all were well.

Pure. `CLOSED` holds the words by the reason of the transition that closed it. With any other reason the
episode is over because things are normal again.
"""

from collections.abc import Mapping
from typing import NamedTuple

from alerts.decisions import CHANGED, GONE, UNWATCHED
from alerts.words.speaking import Words

UNKNOWN = "Whether it came back is not known."


class Closing(NamedTuple):
    """What the title ends with, and why it was closed."""

    tail: str
    sentence: str


CLOSED: Mapping[str | None, Closing] = {
    "a person set a new baseline": Closing(
        "a new baseline was set",
        "A person accepted the new level, or pinned another baseline: that is what it is compared with now.",
    ),
    "nothing to judge for a day": Closing(
        "nothing left to judge", f"For a day there was nothing to judge. {UNKNOWN}"
    ),
    "it has ended": Closing(
        "it seems to have ended",
        "Nothing came for seven days. You are not reminded of it any more; if events come again, they are"
        " watched.",
    ),
    "watched from a new start": Closing(
        "watched from a new start", f"Its rule has begun to watch it anew. {UNKNOWN}"
    ),
    GONE: Closing("no longer watched", f"Its rule was removed or switched off. {UNKNOWN}"),
    CHANGED: Closing("its rule was changed", f"Its rule asks for something else now. {UNKNOWN}"),
    UNWATCHED: Closing("no longer watched", f"Its rule does not look at it any more. {UNKNOWN}"),
}


def closed(why: Closing, fired: Words, over: Words) -> Words:
    """The words for an episode that was closed: what moved from `fired` (its words while it was open), the
    reason `why`, and duration and cost from `over` (its words if it had come back)."""
    return Words(f"{fired.title}, {why.tail}", (fired.facts[0], ("Closed", why.sentence), *over.facts[1:]))
