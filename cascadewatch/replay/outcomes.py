"""The rates of a run, case by case, from its results. Pure."""

from collections.abc import Iterable

from cascadewatch.replay.verdicts import RateName
from cascadewatch.store.replays import DONE, Result

RATES: tuple[RateName, ...] = ("accuracy", "false_accept", "false_escalate")


def is_counted(result: Result) -> bool:
    """Whether an answer says anything of how good model and verifier are: it was graded, and not planted."""
    return result.state == DONE and result.correct is not None and "control" not in (result.detail or {})


def contributions(result: Result, *, is_check: bool) -> dict[RateName, float]:
    """What one answer says of each rate: 1 or 0; a rate it says nothing of is left out.

    False accepts are counted among wrong answers, false escalations among right ones. A judge failure is
    neither, and planted controls are counted apart. In a check of the verifier the answers are frozen, so
    accuracy is left out.
    """
    if not is_counted(result):
        return {}
    found: dict[RateName, float] = {} if is_check else {"accuracy": float(bool(result.correct))}
    if result.accepted is not None and result.correct:
        found["false_escalate"] = float(not result.accepted)
    elif result.accepted is not None:
        found["false_accept"] = float(result.accepted)
    return found


def by_case(results: Iterable[Result], *, is_check: bool) -> dict[RateName, dict[str, float]]:
    """Each rate by case, repeats averaged: they are one observation."""
    sums: dict[RateName, dict[str, list[float]]] = {name: {} for name in RATES}
    for result in results:
        for name, value in contributions(result, is_check=is_check).items():
            sums[name].setdefault(result.case, []).append(value)
    return {name: {case: sum(v) / len(v) for case, v in cases.items()} for name, cases in sums.items()}
