"""A cascade's facts over the chosen range, read from the store: what sentence and tiles are made of."""

from dashboard import change, data, sentence
from dashboard.choice import Choice
from dashboard.sentence import Facts


def facts(cascade: str, choice: Choice, now: int) -> Facts:
    """The facts of a cascade, or of the chosen route of it."""
    start, end = choice.span(now)
    recent, before = change.periods(start, end)
    window = data.window(cascade, choice.route, start, end)
    moved = change.change(
        data.window(cascade, choice.route, *recent), data.window(cascade, choice.route, *before)
    )
    buckets = data.series(cascade, choice.route, start, end)
    seen = (buckets[0].start, buckets[-1].end) if buckets else None
    wanted = data.settings().cascade.get(cascade)
    # What is long past is judged as of its end: "no data since" would only say that it is over.
    return sentence.facts(window, moved, min(now, end), seen, wanted.quality_bar if wanted else None)
