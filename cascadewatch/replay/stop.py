"""Ends a run once every rate is decided, one way or the other."""

from collections.abc import Mapping

from cascadewatch.drift.stopping import Decision, decide
from cascadewatch.replay.outcomes import contributions
from cascadewatch.replay.verdicts import RateName
from cascadewatch.store.replays import Result


class Watch:
    """Compares answers with the baseline as they come in, which must be in random order.

    `baseline` has each rate's outcomes by case. Only single answers are watched: with repeats a case is
    decided by its mean. Each rate is held to its share of `alpha`, so that all of them together are wrong
    no more often than the run may be.
    """

    def __init__(
        self,
        baseline: Mapping[RateName, Mapping[str, float]],
        tolerance: float,
        *,
        alpha: float,
        is_check: bool,
    ) -> None:
        self._baseline = {name: cases for name, cases in baseline.items() if cases}
        self._tolerance, self._alpha, self._is_check = tolerance, alpha, is_check
        self._counts: dict[RateName, list[int]] = {name: [0, 0, 0] for name in self._baseline}
        self.decided: dict[RateName, Decision] = {}

    def take(self, result: Result) -> bool:
        """Counts an answer; whether every rate is decided now."""
        for name, value in contributions(result, is_check=self._is_check).items():
            before = self._baseline.get(name, {}).get(result.case)
            if before is not None and name not in self.decided:
                self._count(name, value - before)
        return bool(self._baseline) and self.decided.keys() == self._baseline.keys()

    def _count(self, name: RateName, difference: float) -> None:
        counts = self._counts[name]
        counts[0] += difference > 0
        counts[1] += difference < 0
        counts[2] += 1
        rose, fell, done = counts
        alpha = self._alpha / len(self._baseline)
        found = decide(rose, fell, done, len(self._baseline[name]), self._tolerance, alpha)
        if found != "go on":
            self.decided[name] = found


def standing(decided: Mapping[RateName, Decision], early: bool) -> dict[RateName, str]:
    """What was decided on the way and still holds at the end. A run that was not ended early has all of its
    set: what looked unchanged half-way is judged by that.

    >>> standing({"accuracy": "unchanged", "false_accept": "changed"}, early=False)
    {'false_accept': 'changed'}
    """
    return {name: found for name, found in decided.items() if early or found == "changed"}
