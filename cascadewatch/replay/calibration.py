"""Whether the scores of a run's verifier mean what they say, exactly. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from cascadewatch.metrics import exact_calibration as exact
from cascadewatch.replay.outcomes import is_counted
from cascadewatch.store.replays import Result

ENOUGH_CASES = 50  # in each half, for an isotonic map

Cases = dict[str, list[exact.Scored]]  # the answers to each case


def calibration(results: Sequence[Result]) -> dict[str, Any] | None:
    """All figures, JSON-ready; None without a scored answer whose truth is known. Planted controls are left
    out.

    The answers to one case weigh 1 together, and `n` counts cases: a repeat says little that is new. Their
    scores are not averaged, for a verdict in production rests on one answer's own score. The isotonic map is
    fitted on one half of the cases, and its figures are those of the other half.
    """
    cases = _by_case(results)
    if not cases:
        return None
    scored = _all(cases)
    area = exact.auroc(scored)
    return {
        "n": len(cases),
        "ece": exact.ece(scored),
        "brier": exact.brier(scored),
        "auroc": None if area is None else asdict(area),
        "bins": [asdict(found) for found in exact.reliability(scored)],
        "isotonic": _isotonic(cases),
    }


def _by_case(results: Sequence[Result]) -> Cases:
    usable = [
        (result.case, result.score, bool(result.correct))
        for result in results
        if is_counted(result) and result.score is not None and 0 <= result.score <= 1
    ]
    answers = Counter(case for case, *_ in usable)
    found: Cases = {}
    for case, score, right in usable:
        found.setdefault(case, []).append(exact.Scored(score, right, 1 / answers[case]))
    return found


def _isotonic(cases: Cases) -> dict[str, Any] | None:
    fitting = {case: answers for case, answers in cases.items() if exact.is_fitting_half(case)}
    held_out = {case: answers for case, answers in cases.items() if case not in fitting}
    fit, raw = _all(fitting), _all(held_out)
    if min(len(fitting), len(held_out)) < ENOUGH_CASES or len({one.right for one in fit}) < 2:
        return None
    better = exact.isotonic(fit)
    mapped = [one._replace(score=better(one.score)) for one in raw]
    return {
        "n": len(held_out),
        "ece_raw": exact.ece(raw),
        "ece": exact.ece(mapped),
        "brier_raw": exact.brier(raw),
        "brier": exact.brier(mapped),
        "map": [[score, better(score)] for score in sorted({one.score for one in fit})],
    }


def _all(cases: Cases) -> list[exact.Scored]:
    return [one for answers in cases.values() for one in answers]
