"""Labelled cheap answers before and after: right or wrong, accepted or rejected."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from cascadewatch.drift.diagnosis.material import Confusion, Group, Share, Span
from cascadewatch.metrics.interval import WeightedGroup, heaviest_weight, weighted_share

Sums = Mapping[tuple[Any, ...], Mapping[str, int]]
BY = ("source", "sampling", "role", "outcome", "correct")
MEASURES = ("n", "weight", "weight_sq")


class _Labels(NamedTuple):
    """Labels of one kind, and what they weigh."""

    outcome: str
    correct: bool
    counts: Mapping[str, int]

    def counted(self, success: bool) -> WeightedGroup:
        """As successes or failures."""
        return success, self.counts["n"], self.counts["weight"], self.counts["weight_sq"]


class _Side(NamedTuple):
    """How many were right, how many of the right and of the wrong were rejected, and the true number."""

    answers: Share
    right: Share
    wrong: Share
    n: int


def confusion(
    both: Callable[[Sequence[Span], str, Sequence[str], Sequence[str]], Sequence[Sums]],
    spans: Sequence[Span],
) -> Confusion | None:
    """Labelled cheap answers on both sides; None without labels that estimate a rate on either."""
    before, after = (_side(_drawn(rows)) for rows in both(spans, "labels", BY, MEASURES))
    if not before.n or not after.n:
        return None
    return Confusion(
        Group("answers", before.answers, after.answers),
        Group("right", before.right, after.right),
        Group("wrong", before.wrong, after.wrong),
        before.n,
        after.n,
    )


def _drawn(rows: Sums) -> list[_Labels]:
    """Those that estimate a rate, of cheap answers with a verdict."""
    return [
        _Labels(outcome, bool(correct), counts)
        for (source, sampling, role, outcome, correct), counts in rows.items()
        if role == "cheap"
        and (source == "executable" or sampling == "random")
        and outcome in ("accept", "reject")
        and counts["weight"]
    ]


def _side(drawn: Sequence[_Labels]) -> _Side:
    """A reject weighs at most what one that is labelled does, whether its answer is right or wrong; so an
    accept."""
    every = heaviest_weight(x.counted(True) for x in drawn)
    reject, accept = (
        heaviest_weight(x.counted(True) for x in drawn if x.outcome == outcome) or every
        for outcome in ("reject", "accept")
    )
    right, wrong = (
        _share([x.counted(x.outcome == "reject") for x in drawn if x.correct is truth], (reject, accept))
        for truth in (True, False)
    )
    answers = _share(x.counted(x.correct) for x in drawn)
    return _Side(answers, right, wrong, sum(x.counts["n"] for x in drawn))


def _share(groups: Iterable[WeightedGroup], heaviest: tuple[float, float] | None = None) -> Share:
    found = weighted_share(groups, heaviest)
    if found is None:
        return Share(0, 0)
    share, n = found
    return Share(share * n, n)
