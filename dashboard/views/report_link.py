"""The way to one report, which the address names."""

from dashboard import data, widgets
from dashboard.choice import Choice
from dashboard.numbered import Numbered

ONE = Numbered("report")


def to(number: int, label: str, choice: Choice) -> None:
    """A link to a report on the Replays page."""
    widgets.link("replays", label, choice, data.settings().timezone, **{ONE.parameter: str(number)})
