"""95 % intervals against published values and plain properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.metrics.interval import (
    half_width,
    proportion,
    ratio_half_width,
    t_quantile,
    weighted_proportion,
    weighted_share,
    wilson,
)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_values_published_by_newcombe_1998(
    successes: int, n: int, low: float, high: float
) -> None:
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10**9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_stays_inside_0_to_1_and_around_the_share(drawn: tuple[int, int]) -> None:
    successes, n = drawn
    low, high = wilson(successes, n)
    assert 0 <= low <= successes / n <= high <= 1


def test_all_or_nothing_still_leaves_room_on_the_other_side() -> None:
    none, every = proportion(0, 10, ""), proportion(10, 10, "")
    assert (none.low, every.high) == (0, 1)
    assert none.high == pytest.approx(0.2775, abs=1e-4)


@pytest.mark.parametrize(
    ("df", "table"),
    [(7, 2.364624), (8, 2.306004), (10, 2.228139), (20, 2.085963), (30, 2.042272), (120, 1.979930)],
)
def test_the_t_quantile_agrees_with_the_printed_table(df: int, table: float) -> None:
    assert t_quantile(df) == pytest.approx(table, abs=3e-4)


def test_equal_weights_change_nothing() -> None:
    plain = proportion(30, 100, "")
    weighted = weighted_proportion([(True, 30, 30_000, 30 * 10**6), (False, 70, 70_000, 70 * 10**6)], "")
    assert (weighted.value, weighted.n) == (plain.value, plain.n)
    assert weighted.low == pytest.approx(plain.low)
    assert weighted.high == pytest.approx(plain.high)


@given(
    st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.integers(1, 10**6)
)
def test_equal_weights_tell_as_much_as_their_number(drawn: tuple[int, int], weight: int) -> None:
    right, n = drawn
    groups = [
        (True, right, right * weight, right * weight**2),
        (False, n - right, (n - right) * weight, (n - right) * weight**2),
    ]
    assert weighted_share(groups) == pytest.approx((right / n, n), rel=1e-12)
    weighted, plain = weighted_proportion(groups, ""), proportion(right, n, "")
    assert (weighted.low, weighted.high) == pytest.approx((plain.low, plain.high), rel=1e-9, abs=1e-12)


def test_uneven_weights_widen_the_interval_but_n_stays_the_true_number() -> None:
    # 10 rare labels stand for 100 events each, 90 for one each.
    metric = weighted_proportion([(False, 10, 10**6, 10**11), (True, 90, 90_000, 9 * 10**7)], "")
    assert metric.n == 100
    assert metric.value == pytest.approx(90 / 1090)
    assert metric.high is not None
    assert metric.high > 0.25  # 0 of 10 may be 28 %


def test_weights_that_go_with_the_outcome_count_as_what_they_are() -> None:
    # 100 successes stand for 1 each, 100 failures for 9: log odds as uncertain as of 100 against 100.
    found = weighted_share([(True, 100, 100_000, 10**8), (False, 100, 900_000, 81 * 10**8)], (1000, 9000))
    assert found == pytest.approx((0.1, 1_000_000 / (0.9 * 1000 + 0.1 * 9000)))
    assert found is not None
    share, n = found
    assert 1 / (n * share * (1 - share)) == pytest.approx(1 / 100 + 1 / 100)


def test_seven_hours_are_too_few_and_eight_are_enough() -> None:
    assert half_width([0.1, -0.1] * 3 + [0.0]) is None
    assert half_width([0.1, -0.1] * 4) == pytest.approx(2.3646 * (8 / 7 * 0.08) ** 0.5, rel=1e-3)


def test_hours_that_agree_leave_no_doubt_about_a_ratio() -> None:
    assert ratio_half_width([(3.0 * x, x) for x in range(1, 10)]) == pytest.approx(0, abs=1e-12)


def test_an_empty_hour_is_no_observation() -> None:
    busy = [(float(y), 10.0) for y in (1, 2, 3, 4, 5, 6, 7, 8)]
    assert ratio_half_width(busy + [(0, 0)] * 50) == ratio_half_width(busy)


def test_an_hour_with_cost_but_nothing_completed_counts() -> None:
    busy = [(1.0, 1.0)] * 8
    assert ratio_half_width([*busy, (5.0, 0.0)]) != ratio_half_width(busy)
