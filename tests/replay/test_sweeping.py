"""The corners of a report's threshold sweep."""

import pytest

from cascadewatch.pricing import PriceBook
from cascadewatch.replay.case import Case, Recorded
from cascadewatch.replay.sweeping import swept
from cascadewatch.store.replays import DONE, Result

NOW = 1_795_262_400_000
ANSWER, VERDICT = 100, 900  # nano-dollars


def repeated(case: int, scores: list[float], right: list[bool]) -> list[Result]:
    """One case answered several times."""
    return [
        Result(
            str(case),
            repeat,
            DONE,
            "ok",
            correct=is_right,
            accepted=True,
            score=score,
            cost=ANSWER * (repeat + 1),
        )
        for repeat, (score, is_right) in enumerate(zip(scores, right, strict=True))
    ]


def test_all_repeats_of_a_case_count_and_weigh_one_together() -> None:
    cases = {
        str(n): Case(str(n), prompt="?", answers={"flagship": Recorded("x", correct=True, cost_usd=0.00001)})
        for n in range(40)
    }
    results = [one for n in range(10) for one in repeated(n, [0.4, 0.6, 0.8], [False, False, True])]
    results += [one for n in range(10, 40) for one in repeated(n, [0.9], [n < 30])]
    found = swept(cases, results, 0.5, 0.5, PriceBook(()), NOW)
    assert found is not None
    assert found["n"] == 40, "cases"
    assert found["cheap_only"]["quality"] == pytest.approx((10 / 3 + 20) / 40)
    assert found["cheap_only"]["cost_usd"] == pytest.approx((10 * 2 * ANSWER + 30 * ANSWER) / 40 / 1e9)
    present, all_accepted = found["present"], found["points"][0]
    assert present["n"] == 40
    assert present["escalation_rate"] == pytest.approx(10 / 3 / 40)
    assert present["quality"] == pytest.approx((20 / 3 + 20) / 40)
    assert present["low"] < present["quality"] < present["high"]
    assert present["false_accept_rate"] == pytest.approx((10 / 3 + 10) / (20 / 3 + 10))
    assert all_accepted["change"]["quality"] == pytest.approx(-10 / 3 / 40)
    assert found["recommended"]["held_out"]["n"] < 40


def test_fewer_than_thirty_cases_are_too_few_however_often_they_are_repeated() -> None:
    cases = {
        str(n): Case(str(n), prompt="?", answers={"flagship": Recorded("x", correct=True)}) for n in range(10)
    }
    results = [one for n in range(10) for one in repeated(n, [0.4, 0.6, 0.7, 0.8], [True] * 4)]
    assert swept(cases, results, 0.5, None, PriceBook(()), NOW) is None


def test_the_cheap_tier_alone_serves_every_answer_and_pays_for_no_verdict() -> None:
    cases = {
        str(n): Case(str(n), prompt="?", answers={"flagship": Recorded("x", correct=True, cost_usd=0.00001)})
        for n in range(40)
    }
    results = [
        Result(
            str(n), 0, DONE, "ok", correct=n >= 10, accepted=n >= 4, score=-0.2 if n < 4 else 0.5,
            cost=ANSWER, detail={"verdict": {"spent": {"cost": VERDICT}}},
        )
        for n in range(40)
    ]  # fmt: skip
    found = swept(cases, results, 0.0, None, PriceBook(()), NOW)
    assert found is not None
    assert found["cheap_only"] == {
        "quality": 0.75, "cost_usd": pytest.approx(ANSWER / 1e9), "escalation_rate": 0.0,
    }  # fmt: skip
    assert found["flagship_only"] == {"quality": 1.0, "cost_usd": pytest.approx(0.00001)}
    assert found["present"]["cost_usd"] == pytest.approx((ANSWER + VERDICT + 10_000 * 4 / 40) / 1e9)
