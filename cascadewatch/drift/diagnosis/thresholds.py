"""Another threshold: which verdicts since the change would have been others under the old one."""

from collections.abc import Iterator

from cascadewatch.drift.diagnosis.cause import Cause, Fact
from cascadewatch.drift.diagnosis.material import Change, Histogram
from cascadewatch.drift.diagnosis.spoken import count, part_of
from cascadewatch.drift.diagnosis.view import View, answer_facts, change_fact
from cascadewatch.metrics.measures import SCORE_BINS

CLEAN = 0.02  # verdicts on the wrong side of a threshold that is only inferred
FEWEST = 20  # accepts, and rejects, that it takes to infer one


def threshold_changed(view: View) -> Iterator[Cause]:
    """The score from which on an answer is accepted is another."""
    told = view.changed("threshold")
    for change in told:
        old, new = _number(change.before), _number(change.after)
        if old is not None and new is not None:
            yield from _threshold(view, old, new, change)
    inferred = None if told or view.material.thresholds else _inferred(view)
    if inferred is not None:
        yield from _threshold(view, *inferred, None)


def _threshold(view: View, old: float, new: float, change: Change | None) -> Iterator[Cause]:
    between = _between(view, old, new)
    judged = view.material.escalated.after.n
    carried = (between / judged if judged else 0.0) * (1 if new > old else -1) * view.scale
    if not view.counts(carried):
        return
    about = "" if change else "about "
    said = f"the threshold went from {about}{old:g} to {about}{new:g}"
    if change is not None:
        said += f" at {view.when(change.time)}"
    way = "reject" if new > old else "accept"
    yield Cause(
        "threshold_changed", carried, round(between),
        f"{said}; {count(between)} verdicts since lie between the two and explain "
        f"{part_of(carried, view.shift)}",
        (
            change_fact(change, view) if change else Fact("Threshold", f"{said}, read from the scores"),
            Fact("Scores between them", f"{count(between)} of {count(judged)} judged: now {way}",
                 {"between": between, "judged": judged, "old": old, "new": new}),
            *answer_facts(view),
        ),
        f"If it was meant, check quality at the new threshold and accept the new level; if not, set it back "
        f"to {old:g}.",
    )  # fmt: skip


def _between(view: View, old: float, new: float) -> float:
    """How many verdicts since then the new threshold turned: rejects below it, or accepts from it on."""
    _, turned = view.material.scores.get("reject" if new > old else "accept", ({}, {}))
    return abs(_below(turned, new) - _below(turned, old))


def _below(scores: Histogram, threshold: float) -> float:
    """Scores below the threshold, those of the bin it cuts in proportion."""
    place = round(threshold * SCORE_BINS, 6)
    whole = int(place)
    return sum(n for b, n in scores.items() if b < whole) + (place - whole) * scores.get(whole, 0)


def _inferred(view: View) -> tuple[float, float] | None:
    """Thresholds as the scores of accepts and rejects give them away: (before, after)."""
    edges = [_edge(*(view.material.scores.get(said, ({}, {}))[side] for said in ("reject", "accept")))
             for side in (0, 1)]  # fmt: skip
    old, new = edges
    if old is None or new is None or abs(new - old) < 2 / SCORE_BINS - 1e-9:
        return None
    return old, new


def _edge(rejects: Histogram, accepts: Histogram) -> float | None:
    """The score that separates rejects from accepts; None where it does not do so cleanly."""
    total = sum(rejects.values()) + sum(accepts.values())
    if min(sum(rejects.values()), sum(accepts.values())) < FEWEST:
        return None
    wrong = {
        edge: sum(n for b, n in accepts.items() if b < edge) + sum(n for b, n in rejects.items() if b >= edge)
        for edge in range(SCORE_BINS + 1)
    }
    best = min(wrong.values())
    if best > CLEAN * total:
        return None
    return max(edge for edge, n in wrong.items() if n == best) / SCORE_BINS


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
