"""Labelled cheap answers before and after: right or wrong, accepted or rejected."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cascadewatch.drift.diagnosis.material import Confusion, Group, Share, Span

Sums = Mapping[tuple[Any, ...], Mapping[str, int]]
BY = ("source", "sampling", "role", "outcome", "correct")
MEASURES = ("n", "weight", "weight_sq")


def confusion(
    both: Callable[[Sequence[Span], str, Sequence[str], Sequence[str]], Sequence[Sums]],
    spans: Sequence[Span],
) -> Confusion | None:
    """Rejects among labelled cheap answers; None without labels that estimate a rate on both sides."""
    before, after = (_side(rows) for rows in both(spans, "labels", BY, MEASURES))
    if not before[2] or not after[2]:
        return None
    right, wrong = Group("right", before[0], after[0]), Group("wrong", before[1], after[1])
    return Confusion(right, wrong, before[2], after[2])


def _side(rows: Sums) -> tuple[Share, Share, int]:
    """Rejects of right and of wrong answers, scaled to the effective number (Kish), and the true number."""
    weight = {(correct, outcome): 0 for correct in (1, 0) for outcome in ("accept", "reject")}
    n = whole = square = 0
    for (source, sampling, role, outcome, correct), counts in rows.items():
        estimates = source == "executable" or sampling == "random"
        if role != "cheap" or not estimates or (correct, outcome) not in weight:
            continue
        weight[correct, outcome] += counts["weight"]
        n, whole, square = n + counts["n"], whole + counts["weight"], square + counts["weight_sq"]
    scale = whole / square if square else 0.0  # of a weight to its part of the effective number
    right, wrong = (
        Share(weight[c, "reject"] * scale, (weight[c, "reject"] + weight[c, "accept"]) * scale)
        for c in (1, 0)
    )
    return right, wrong, n
