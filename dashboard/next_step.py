"""Which page tells more where something is not fine. Pure."""

from dashboard import text
from dashboard.sentence import State

PAGES: dict[State, tuple[str, str]] = {
    "no_data": ("sources", text.WHAT_ARRIVES),
    "rising": ("traffic", text.WHO_ESCALATES),
    "above_target": ("traffic", text.WHO_ESCALATES),
    "dearer": ("traffic", text.WHO_ESCALATES),
    # Fewer escalations are no saving while the verifier may let wrong answers through.
    "falling": ("verifier", text.IS_VERIFIER_RIGHT),
    "quality_low": ("verifier", text.IS_VERIFIER_RIGHT),
}


def page(state: State, checked: bool) -> tuple[str, str] | None:
    """(page, the words of the link); None where nothing is to be done. `checked`: quality was, of late."""
    return PAGES.get(state) or (None if checked else ("quality", text.CHECK_QUALITY))
