"""The way to one report."""

from dashboard import data, widgets
from dashboard.choice import Choice

PARAMETER = "report"


def to(number: int, label: str, choice: Choice) -> None:
    """A link to a report on the Replays page."""
    widgets.link("replays", label, choice, data.settings().timezone, **{PARAMETER: str(number)})
