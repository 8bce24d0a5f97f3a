"""The corners of a report's threshold sweep."""

import pytest

from cascadewatch.pricing import PriceBook
from cascadewatch.replay.case import Case, Recorded
from cascadewatch.replay.sweeping import swept
from cascadewatch.store.replays import DONE, Result

NOW = 1_795_262_400_000
ANSWER, VERDICT = 100, 900  # nano-dollars


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
