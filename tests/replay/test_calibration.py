"""What a report says of the verifier's scores."""

from random import Random
from typing import Any

import pytest

from cascadewatch.replay.calibration import calibration
from cascadewatch.store.replays import DONE, LOST, Result


def answers(n: int, seed: int = 4) -> list[Result]:
    """One answer to each of `n` cases, from a verifier that is right more often than not."""
    rng, found = Random(seed), []
    for number in range(n):
        right = rng.random() < 0.6
        score = min(1.0, max(0.0, rng.gauss(0.6 if right else 0.4, 0.2)))
        found.append(
            Result(f"case-{number}", 0, DONE, "ok", correct=right, accepted=score >= 0.5, score=score)
        )
    return found


def known(results: list[Result]) -> dict[str, Any]:
    found = calibration(results)
    assert found is not None
    return found


def close(found: Any, expected: Any) -> None:
    """The same within rounding, however deep."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        found, expected = list(found.values()), list(expected.values())
    if isinstance(expected, list):
        for one, other in zip(found, expected, strict=True):
            close(one, other)
    else:
        assert found == pytest.approx(expected)


def again(results: list[Result], times: int) -> list[Result]:
    """The same answers, `times` to a case."""
    return [
        Result(r.case, repeat, r.state, r.outcome, r.correct, r.accepted, r.score)
        for r in results
        for repeat in range(times)
    ]


def test_a_judge_that_says_the_same_five_times_is_no_surer_than_one_that_says_it_once() -> None:
    once = answers(240)
    close(known(again(once, 5)), known(once))


def test_a_case_with_few_answers_left_counts_as_much_as_one_with_all() -> None:
    once = answers(240)
    close(known([r for r in again(once, 5) if r.repeat < 1 + int(r.case[5:]) % 5]), known(once))


def test_repeats_with_other_scores_are_shares_of_their_case() -> None:
    pair = [
        Result("a", 0, DONE, "ok", correct=True, score=0.95),
        Result("a", 1, DONE, "ok", correct=False, score=0.05),
    ]
    other = Result("b", 0, DONE, "ok", correct=False, score=0.95)
    found = known([*pair, other])
    assert found["n"] == 2
    assert [(b["n"], b["right"]) for b in found["bins"]] == [(0.5, 0.0), (1.5, pytest.approx(1 / 3))]
    assert found["brier"] == pytest.approx((0.05**2 / 2 + 0.05**2 / 2 + 0.95**2) / 2)
    assert found["auroc"]["value"] == pytest.approx((0.5 * 1 + 1 * 0.5) / 1.5)


def test_planted_answers_say_nothing_of_the_scores() -> None:
    once = answers(200)
    planted = [
        Result(f"trap-{n}", 0, DONE, "ok", correct=n % 2 == 0, accepted=n % 2 == 0, score=float(n % 2 == 0),
               detail={"control": "right" if n % 2 == 0 else "wrong"})
        for n in range(100)
    ]  # fmt: skip
    assert calibration(once + planted) == calibration(once)
    assert calibration(planted) is None


def test_without_a_score_or_the_truth_there_is_nothing_to_say() -> None:
    unknown = [
        Result("a", 0, DONE, "ok", correct=True),
        Result("b", 0, DONE, "ok", score=0.5),
        Result("c", 0, LOST, "timeout", correct=True, score=0.5),
        Result("d", 0, DONE, "ok", correct=True, score=7.0),
    ]
    assert calibration(unknown) is None
