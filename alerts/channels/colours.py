"""The colour of an episode's bar. It never says anything that the words do not."""

from alerts.message import Item

OVER, EASING, PAGE, TICKET, NEUTRAL = "#009E73", "#0072B2", "#D55E00", "#E69F00", "#6B7480"


def colour(item: Item) -> str:
    """By what is going on, and how urgent it is."""
    if item.status in ("resolved", "missed"):
        return OVER
    if item.status in ("easing", "notice"):
        return EASING
    return PAGE if item.severity == "page" else TICKET
