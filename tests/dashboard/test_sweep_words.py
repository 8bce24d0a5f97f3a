"""The threshold sweep in words and points: dollars a day, the advice, and what is said without a price."""

from typing import Any

import pytest

from dashboard import sweep_figure, sweep_points, sweep_words

Found = dict[str, Any]


def point(threshold: float | None, cost: float | None, quality: float, change: float | None = None) -> Found:
    told = None if change is None else {"quality": change, "low": change - 0.01, "high": change + 0.01}
    return {
        "threshold": threshold, "cost_usd": cost, "quality": quality, "low": quality - 0.02,
        "high": quality + 0.02, "escalation_rate": 0.1 if threshold else 1.0, "change": told, "n": 500,
    }  # fmt: skip


def swept(**more: Any) -> Found:
    found = {
        "n": 1000, "priced": True, "front": [0.0, 0.5], "bar": 0.9,
        "points": [
            point(None, 0.02, 0.90, -0.01), point(0.5, 0.01, 0.91, 0.0), point(0.25, 0.008, 0.906, -0.004),
            point(0.0, 0.001, 0.7, -0.21),
        ],
        "present": point(0.5, 0.01, 0.91),
        "recommended": point(0.25, 0.008, 0.906, -0.004)
        | {"held_out": point(0.25, 0.008, 0.9), "holds": True},
        "cheap_only": point(0.0, 0.001, 0.7), "flagship_only": {"quality": 0.88, "cost_usd": 0.019},
    }  # fmt: skip
    return found | more


def test_costs_are_dollars_a_day_at_the_traffic_there_is() -> None:
    sweep = sweep_points.of(swept(), 10_000)
    assert [spot.x for spot in sweep.spots] == pytest.approx([10, 80, 100, 200])
    assert sweep.flagship_only[0] == pytest.approx(190)
    assert sweep_words.advice(sweep) == (
        "Threshold 0.25 is the cheapest that surely meets the 90\u00a0% bar: −$20.00/day, −0.4\u00a0pts"
        " quality (−1.4 … +0.6)."
    )


def proof(low: float, holds: bool = True, bar: float | None = 0.9) -> str:
    half = {**point(0.25, 0.008, 0.92), "low": low}
    best = point(0.25, 0.008, 0.906, -0.004) | {"held_out": half, "holds": holds}
    return sweep_words.proof(sweep_points.of(swept(recommended=best, bar=bar), 10_000)) or ""


def test_the_other_half_confirms_only_what_is_sure_on_it_alone() -> None:
    assert "the other half confirms it: 92.0" in proof(0.901)
    assert "the other half agrees, but alone is too small to be sure: 92.0" in proof(0.899)
    assert "does not confirm it" in proof(0.899, holds=False)
    assert "the other half confirms it" in proof(0.899, bar=None)  # a budget is met or not


def test_without_traffic_they_are_per_thousand_requests() -> None:
    sweep = sweep_points.of(swept(), None)
    assert sweep.unit == "thousand"
    assert "−$2.00 per 1,000" in sweep_words.advice(sweep)


def test_without_a_price_the_escalation_rate_stands_for_them() -> None:
    free = [p | {"cost_usd": None} for p in swept()["points"]]
    none = {"present": free[1], "recommended": None, "cheap_only": free[3], "points": free, "priced": False}
    sweep = sweep_points.of(swept(**none, flagship_only={"quality": 0.88, "cost_usd": None}), 10_000)
    assert sweep.unit == "escalation"
    assert sweep.flagship_only == (1.0, 0.88)
    assert "No threshold surely meets the 90\u00a0% bar" in sweep_words.advice(sweep)
    assert "escalation rate" in sweep_figure.draw(sweep, dark=True).layout.xaxis.title.text


def test_the_present_threshold_may_be_the_best() -> None:
    best = point(0.5, 0.01, 0.91, 0.0) | {"held_out": point(0.5, 0.01, 0.85), "holds": False}
    sweep = sweep_points.of(swept(recommended=best), 10_000)
    assert sweep.is_best
    assert sweep_words.advice(sweep).startswith("Stay at 0.5: ")
    assert "does not confirm it" in (sweep_words.proof(sweep) or "")


def test_without_a_threshold_there_is_nothing_to_compare_with() -> None:
    unknown = swept(present=None, recommended=None, bar=None)
    sweep = sweep_points.of(unknown, 10_000)
    assert sweep.present is None
    assert all(spot.more is None for spot in sweep.spots)
    assert sweep_words.advice(sweep) == "The verifier says no threshold, so there is nothing to compare with."


def test_the_hover_says_what_one_would_pay_and_lose() -> None:
    sweep = sweep_points.of(swept(), 10_000)
    said = sweep_words.hover(sweep, sweep.spots[1]).replace("\u00a0", " ")
    assert said == (
        "<b>Threshold 0.25</b><br>$80.00 a day<br>90.6 % right (89–93)<br>10.0 % escalate"
        "<br>against now: −$20.00/day, −0.4 pts quality (−1.4 … +0.6)"
    )
    assert sweep_words.hover(sweep, sweep.spots[3]).startswith("<b>Escalate everything</b>")
