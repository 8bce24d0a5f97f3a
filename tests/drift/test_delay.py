"""How long a change takes to see."""

from math import exp, inf, log
from statistics import median

import pytest

from cascadewatch.drift.baseline import Baseline
from cascadewatch.drift.delay import delay_to_see, hours_to_tell
from cascadewatch.drift.escalation import FALSE_ALARM_HOURS
from cascadewatch.drift.hypotheses import detector
from tests.drift.streams import always, hours, pinned


def bands(width: float) -> dict[str, float]:
    return {"weekday_band": width, "weekend_band": width}


@pytest.mark.parametrize(
    ("per_hour", "band", "low", "high"),
    [(10, 0.012, 110, 165), (100, 0.005, 20, 31), (1000, 0.005, 11, 20), (10_000, 0.005, 10, 19)],
)
def test_five_points_at_30_percent_take_what_simulation_measured(
    per_hour: int, band: float, low: float, high: float
) -> None:
    delay = delay_to_see(pinned(**bands(band)), per_hour)
    assert delay is not None
    assert low <= delay <= high


@pytest.mark.parametrize(
    ("per_hour", "points", "fields", "tolerance"),
    [
        pytest.param(100, 0.05, bands(0.0227), 0.05, id="a level accepted after eight hours"),
        pytest.param(10, 0.05, bands(0.024), 0.05, id="little traffic"),
        pytest.param(100, 0.05, {"temper": 4.0, **bands(0.02)}, 0.05, id="hours that resemble each other"),
        pytest.param(100, 0.10, bands(0.0263), 0.05, id="twice the tolerance"),
        pytest.param(100, 0.10, bands(0.03), 0.10, id="a wide tolerance"),
        pytest.param(100, -0.03, {}, 0.03, id="a narrow tolerance, downward"),
    ],
)
def test_it_is_right_to_about_a_third_at_any_band_temper_and_tolerance(
    per_hour: int, points: float, fields: dict[str, float], tolerance: float
) -> None:
    baseline = pinned(**fields)
    real = median(waited(baseline, per_hour, points, tolerance, seed) for seed in range(15))
    delay = delay_to_see(baseline, per_hour, points, tolerance=tolerance)
    assert delay is not None
    assert real / 1.5 <= delay <= real * 1.5


def waited(baseline: Baseline, per_hour: int, points: float, tolerance: float, seed: int) -> float:
    """Hours until the detector alarms; endless if it does not in 25 days."""
    watching = detector(baseline, tolerance)
    state = watching.start()
    changed = hours(always(baseline.rate + points), 600, per_hour, seed=seed)
    for number, (start, escalated, judged) in enumerate(changed):
        state = watching.update(state, start, escalated, judged)
        if watching.log_mean(state) >= log(FALSE_ALARM_HOURS):
            return number + 1
    return inf


def test_a_larger_change_is_seen_sooner() -> None:
    five, ten, sixty = (delay_to_see(pinned(), 100, points) for points in (0.05, 0.10, 0.60))
    assert five is not None
    assert ten is not None
    assert sixty is not None
    assert sixty < 1 < ten < five


def test_more_traffic_helps_until_hours_scatter_more_than_requests() -> None:
    plenty, abundant = delay_to_see(pinned(), 1000), delay_to_see(pinned(), 100_000)
    assert plenty is not None
    assert abundant is not None
    assert plenty / 1.2 < abundant < plenty


def test_temper_a_wide_band_and_a_family_make_it_longer() -> None:
    alone, noisy = delay_to_see(pinned(), 100), delay_to_see(pinned(temper=2.0), 100)
    thin = delay_to_see(pinned(**bands(0.02)), 100)
    family = delay_to_see(pinned(), 100, false_alarm_hours=exp(2 * 7.678))
    assert alone is not None
    assert noisy is not None
    assert thin is not None
    assert family is not None
    assert min(noisy, thin, family) > 1.5 * alone


@pytest.mark.parametrize(
    ("rate", "per_hour", "points"),
    [(0.30, 0, 0.05), (0.03, 100, -0.05), (0.97, 100, 0.05), (0.30, 100, 0.0), (0.30, 100, 0.02)],
)
def test_what_is_not_looked_for_has_no_delay(rate: float, per_hour: float, points: float) -> None:
    assert delay_to_see(pinned(rate), per_hour, points) is None


def test_a_move_that_the_tolerance_leaves_alone_has_none() -> None:
    assert delay_to_see(pinned(), 100, 0.05, tolerance=0.10) is None


def test_within_a_null_band_of_half_the_tolerance_nothing_is_looked_for() -> None:
    assert delay_to_see(pinned(**bands(0.0263)), 100) is None
    assert delay_to_see(pinned(weekday_band=None, weekend_band=None), 100) is None


def test_a_stream_that_never_escalates_has_one() -> None:
    delay = delay_to_see(pinned(0.0), 100)
    assert delay is not None
    assert delay > 0


def test_two_rates_are_told_apart_by_their_divergence() -> None:
    # 50 independent requests an hour, each worth 0.35 ln(0.35/0.30) + 0.65 ln(0.65/0.70) nats.
    assert hours_to_tell(0.30, 100, 0.05, 5.0) == pytest.approx(17.2, abs=0.1)
    assert hours_to_tell(0.30, 0, 0.05, 5.0) is None
    assert hours_to_tell(0.30, 100, 0.0, 5.0) is None
    assert hours_to_tell(0.97, 100, 0.05, 5.0) is None
