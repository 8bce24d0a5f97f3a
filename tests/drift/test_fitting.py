"""What a baseline learns from the hours of a period."""

import json
from itertools import pairwise
from math import pi, sin
from random import Random

import pytest

from cascadewatch.drift.baseline import Baseline, ratcheted
from cascadewatch.drift.fitting import accept_level, fit, lacking
from cascadewatch.drift.hours import Hour
from cascadewatch.errors import InputError
from tests.drift.streams import WEEK_HOURS, always, hour, hours, pinned


def weekend(number: int) -> bool:
    return number % WEEK_HOURS >= 120


def test_a_flat_stream_has_a_flat_baseline() -> None:
    found = fit(hours(always(0.30), WEEK_HOURS, rho=0.0))
    assert (found.rate, found.intercept, found.weekend, found.sine, found.cosine) == (0.30, 0.30, 0, 0, 0)
    assert (found.weekday_band, found.weekend_band) == (0.005, 0.005)
    assert (found.overdispersion, found.temper) == (0.001, 1.0)


def test_the_scatter_of_the_hours_is_measured() -> None:
    found = fit(hours(always(0.30), 4 * WEEK_HOURS, per_hour=300, rho=0.02))
    assert found.overdispersion == pytest.approx(0.02, abs=0.004)
    assert found.rate == pytest.approx(0.30, abs=0.02)


def test_weekends_get_a_level_and_a_band_of_their_own() -> None:
    given = hours(lambda n: 0.20 if weekend(n) else 0.30, WEEK_HOURS, per_hour=500)
    found = fit(given)
    assert found.level(hour(5 * 24)) == pytest.approx(0.20, abs=0.02)
    assert found.level(hour(24)) == pytest.approx(0.30, abs=0.02)
    assert found.weekday_band is not None
    assert found.weekend_band is not None
    assert found.weekend_band > found.weekday_band


def test_a_daily_wave_is_kept() -> None:
    found = fit(hours(lambda n: 0.30 + 0.06 * sin(2 * pi * n / 24), WEEK_HOURS, per_hour=500))
    assert found.sine == pytest.approx(0.06, abs=0.015)
    assert found.level(hour(6)) - found.level(hour(18)) == pytest.approx(0.12, abs=0.03)


def test_weekends_and_hours_are_those_of_the_zone() -> None:
    # Saturday in Auckland begins on Friday 11:00 UTC in January.
    def rate(number: int) -> float:
        return 0.20 if 107 <= number % WEEK_HOURS < 155 else 0.30

    given = hours(rate, WEEK_HOURS, per_hour=500, rho=0.0)
    there, here = fit(given, "Pacific/Auckland"), fit(given, "UTC")
    assert there.level(hour(108)) == pytest.approx(0.20, abs=1e-6)
    assert there.level(hour(156)) == pytest.approx(0.30, abs=1e-6)
    assert here.level(hour(108)) > 0.25


def test_three_weekdays_say_nothing_about_weekends() -> None:
    found = fit(hours(always(0.30), 72))
    assert found.band(hour(24)) is not None
    assert found.band(hour(5 * 24)) is None
    assert found.weekend == 0


def test_a_thin_baseline_has_a_wide_band_and_never_one_above_3_points() -> None:
    thin = fit(hours(always(0.30), WEEK_HOURS, per_hour=4, rho=0.0, seed=3))
    assert thin.weekday_band == pytest.approx((0.25 * 0.75 / 672) ** 0.5, rel=0.2)
    one_an_hour = [Hour(hour(n), int(n % 3 == 0), 1) for n in range(48)]
    assert fit(one_an_hour).weekday_band == 0.03


def test_hours_that_resemble_their_neighbours_temper_the_evidence() -> None:
    random, level, given = Random(5), 0.0, []
    for number in range(4 * WEEK_HOURS):
        level = 0.6 * level + random.gauss(0, 0.8)
        given.append(Hour(hour(number), round(1000 * (0.30 + 0.046 * level)), 1000))
    found = fit(given)
    assert found.temper == pytest.approx(4, rel=0.4)
    assert found.noisy
    assert not fit(hours(always(0.30), WEEK_HOURS)).noisy


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_a_stream_that_never_or_always_escalates_can_be_fitted(rate: float) -> None:
    found = fit(hours(always(rate), WEEK_HOURS))
    assert found.rate == found.level(hour(3)) == rate
    assert found.weekday_band == 0.005


def test_hours_at_one_time_of_day_only_have_no_wave() -> None:
    found = fit([Hour(hour(24 * day + 9), 30 + day % 2, 100) for day in range(70)])
    assert (found.sine, found.cosine) == (0, 0)


def test_the_order_of_the_hours_does_not_matter() -> None:
    given = hours(always(0.30), WEEK_HOURS)
    assert fit(reversed(given)) == fit(given)


def test_a_baseline_survives_being_stored() -> None:
    found = fit(hours(always(0.30), 72), "Europe/Berlin")
    assert Baseline.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_a_stored_baseline_of_another_shape_is_refused() -> None:
    with pytest.raises(InputError, match="baseline pin"):
        Baseline.from_dict({"rate": 0.3})


def test_nothing_judged_is_no_baseline() -> None:
    with pytest.raises(InputError, match="nothing was judged"):
        fit([Hour(hour(0), 0, 0)])


class TestEnough:
    def test_needs_500_requests(self) -> None:
        few = [Hour(hour(n), 0, 1) for n in range(WEEK_HOURS)]
        assert lacking(few, hour(WEEK_HOURS)) == "168 of the 500 judged requests that a baseline needs"

    def test_needs_seven_days(self) -> None:
        reason = lacking(hours(always(0.3), 5 * 24), hour(5 * 24))
        assert reason == "5 of the 7 days, with a weekend, that a baseline needs"

    def test_is_content_with_a_week_even_if_the_night_at_its_edge_was_silent(self) -> None:
        assert lacking(hours(always(0.3), WEEK_HOURS), hour(WEEK_HOURS)) is None
        assert lacking(hours(always(0.3), WEEK_HOURS - 5, first=5), hour(WEEK_HOURS)) is None

    def test_needs_something(self) -> None:
        assert lacking([], hour(0)) is not None


class TestANewLevel:
    def test_moves_the_rate_and_keeps_the_shape(self) -> None:
        old = pinned(0.30, sine=0.04, temper=2.0)
        found = accept_level(old, hours(always(0.42), 24, rho=0.0))
        assert isinstance(found, Baseline)
        assert found.rate == pytest.approx(0.42)
        assert found.level(hour(6)) == pytest.approx(0.46)
        assert (found.temper, found.overdispersion) == (2.0, 0.01)

    def test_has_the_band_of_its_own_standard_error(self) -> None:
        found = accept_level(pinned(0.30), hours(always(0.42), 24, rho=0.0))
        assert isinstance(found, Baseline)
        assert found.weekday_band == pytest.approx((0.42 * 0.58 * 1.99 / 2400) ** 0.5)

    def test_waits_for_500_requests(self) -> None:
        assert accept_level(pinned(), hours(always(0.42), 4)) == (
            "400 of the 500 judged requests that a new level needs"
        )

    def test_waits_until_it_is_known_to_3_points(self) -> None:
        reason = accept_level(pinned(), hours(always(0.42), 1, per_hour=100_000))
        assert isinstance(reason, str)
        assert "3 are needed" in reason


def test_a_ratchet_of_baselines_is_noticed() -> None:
    rates = [0.30, 0.34, 0.38]
    first, *_, last = (pinned(rate) for rate in rates)
    assert ratcheted(last, first)
    assert not any(ratcheted(pinned(b), pinned(a)) for a, b in pairwise(rates))
