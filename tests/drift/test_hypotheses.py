"""Which shifts the detector looks for."""

import pytest

from cascadewatch.drift.hypotheses import baseline_shifts, contrast
from tests.drift.streams import pinned


def points(rate: float, **fields: object) -> list[int]:
    return sorted(round(100 * shift) for shift in baseline_shifts(pinned(rate, **fields)))


def test_at_30_percent_there_are_four_each_way() -> None:
    assert points(0.30) == [-40, -20, -10, -5, 5, 10, 20, 40]


def test_at_5_percent_all_downward_ones_are_the_same_fall_to_1_percent() -> None:
    assert points(0.05) == [-5, 5, 10, 20, 40]


@pytest.mark.parametrize("rate", [0.0, 0.01, 0.02])
def test_up_to_2_percent_there_is_nothing_to_look_for_below(rate: float) -> None:
    assert min(points(rate)) > 0


@pytest.mark.parametrize("rate", [0.98, 0.99, 1.0])
def test_from_98_percent_on_there_is_nothing_to_look_for_above(rate: float) -> None:
    assert max(points(rate)) < 0


def test_a_wide_band_leaves_no_room_for_small_shifts() -> None:
    assert points(0.30, weekday_band=0.03) == [-40, -20, -10, 10, 20, 40]


def test_a_baseline_without_enough_hours_looks_for_nothing() -> None:
    assert points(0.30, weekday_band=None, weekend_band=None) == []


def test_a_target_inside_the_hours_band_has_nothing_to_say_in_it() -> None:
    assert contrast(level=0.98, shift=0.05, band=0.03) is None
    assert contrast(level=0.012, shift=-0.05, band=0.005) is None


def test_the_null_lies_on_the_side_of_the_shift() -> None:
    up, down = contrast(0.30, 0.05, 0.01), contrast(0.30, -0.05, 0.01)
    assert up is not None
    assert down is not None
    assert up == pytest.approx((0.31, 0.35))
    assert down == pytest.approx((0.29, 0.25))
