"""Since when, from what to what."""

import pytest

from cascadewatch.drift.changepoint import change_point
from cascadewatch.drift.hours import Hour
from tests.drift.streams import always, hour, hours, pinned, stepping


def test_a_clean_step_is_dated_to_the_hour() -> None:
    found = change_point(hours(stepping(0.30, 0.36, 50), 74, rho=0.0), pinned())
    assert found is not None
    assert found.since == hour(50)
    assert found.rate == pytest.approx(0.36)
    assert found.normal == pytest.approx(0.30)
    assert found.shift == pytest.approx(0.06)


def test_the_interval_counts_requests_of_one_hour_for_less() -> None:
    found = change_point(hours(stepping(0.30, 0.36, 50), 74, rho=0.0), pinned())
    assert found is not None
    assert found.n == 2400
    assert found.effective == pytest.approx(24 * 100 / 1.99)
    assert found.low == pytest.approx(0.3337, abs=5e-4)
    assert found.high == pytest.approx(0.3871, abs=5e-4)


@pytest.mark.parametrize("after", [0.20, 0.45])
def test_a_noisy_step_either_way_is_dated_to_within_hours(after: float) -> None:
    found = change_point(hours(stepping(0.30, after, 50), 98), pinned())
    assert found is not None
    assert abs(found.since - hour(50)) <= 6 * (hour(1) - hour(0))
    assert found.rate == pytest.approx(after, abs=0.03)


def test_a_break_within_the_running_hour_is_seen() -> None:
    given = [*hours(always(0.30), 50, rho=0.0), Hour(hour(50), 27, 30)]
    found = change_point(given, pinned())
    assert found is not None
    assert (found.since, found.rate) == (hour(50), 0.9)


def test_the_usual_daily_wave_is_no_change() -> None:
    wave = pinned(0.30, sine=0.10)
    found = change_point([Hour(hour(n), round(1000 * wave.level(hour(n))), 1000) for n in range(72)], wave)
    assert found is not None
    assert found.shift == pytest.approx(0, abs=0.001)


def test_it_looks_back_two_weeks_and_no_further() -> None:
    found = change_point(hours(always(0.40), 500, rho=0.0), pinned())
    assert found is not None
    assert found.since == hour(499 - 336)


def test_hours_without_a_baseline_do_not_count() -> None:
    weekdays_only = pinned(weekend_band=None)
    saturday = hours(always(0.90), 24, first=5 * 24)
    assert change_point(saturday, weekdays_only) is None
    found = change_point([*hours(stepping(0.30, 0.36, 90), 120, rho=0.0), *saturday], weekdays_only)
    assert found is not None
    assert found.rate == pytest.approx(0.36)


def test_nothing_judged_has_no_estimate() -> None:
    assert change_point([], pinned()) is None
    assert change_point([Hour(hour(0), 0, 0)], pinned()) is None
