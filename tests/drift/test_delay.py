"""How long a change takes to see."""

from math import exp

import pytest

from cascadewatch.drift.delay import delay_to_see


@pytest.mark.parametrize(
    ("per_hour", "low", "high"), [(10, 96, 150), (100, 17, 31), (1000, 11, 20), (10_000, 10, 19)]
)
def test_five_points_at_30_percent_take_what_simulation_measured(
    per_hour: int, low: float, high: float
) -> None:
    delay = delay_to_see(0.30, per_hour)
    assert delay is not None
    assert low <= delay <= high


def test_a_larger_change_is_seen_sooner() -> None:
    five, ten, sixty = (delay_to_see(0.30, 100, points) for points in (0.05, 0.10, 0.60))
    assert five is not None
    assert ten is not None
    assert sixty is not None
    assert sixty < 1 < ten < five


def test_more_traffic_helps_until_hours_scatter_more_than_requests() -> None:
    plenty, abundant = delay_to_see(0.30, 1000), delay_to_see(0.30, 100_000)
    assert plenty is not None
    assert abundant is not None
    assert plenty / 1.2 < abundant < plenty


def test_temper_and_a_family_make_it_longer() -> None:
    alone, noisy = delay_to_see(0.30, 100), delay_to_see(0.30, 100, temper=2.0)
    family = delay_to_see(0.30, 100, false_alarm_hours=exp(2 * 7.678))
    assert alone is not None
    assert noisy == pytest.approx(2 * alone)
    assert family == pytest.approx(2 * alone, rel=1e-3)


@pytest.mark.parametrize(
    ("rate", "per_hour", "points"), [(0.30, 0, 0.05), (0.03, 100, -0.05), (0.97, 100, 0.05), (0.30, 100, 0.0)]
)
def test_what_is_not_looked_for_has_no_delay(rate: float, per_hour: float, points: float) -> None:
    assert delay_to_see(rate, per_hour, points) is None


def test_a_stream_that_never_escalates_has_one() -> None:
    delay = delay_to_see(0.0, 100)
    assert delay is not None
    assert delay > 0
