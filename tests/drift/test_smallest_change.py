"""What a set of cases can see; the figures are those of docs/eval-sets.md."""

import pytest

from cascadewatch.drift.mde import smallest_change

TABLE = {  # cases: points at flips of 2, 5, 10, 20 %, then 10 % x3, 20 % x3, 20 % x5
    50: (21.6, 24.0, 27.1, 32.1, 22.7, 25.1, 23.2),
    200: (6.7, 8.3, 10.2, 13.1, 7.5, 9.0, 7.8),
    1000: (2.1, 2.9, 3.8, 5.1, 2.5, 3.2, 2.6),
}
COLUMNS = ((0.02, 1), (0.05, 1), (0.10, 1), (0.20, 1), (0.10, 3), (0.20, 3), (0.20, 5))


@pytest.mark.parametrize("cases", TABLE)
def test_the_table_users_are_shown(cases: int) -> None:
    found = [smallest_change(cases, flips, repeats) for flips, repeats in COLUMNS]
    assert [round(100 * (change or 0), 1) for change in found] == list(TABLE[cases])


def test_three_rates_at_once_need_a_larger_change_than_one_alone() -> None:
    alone, among = smallest_change(200, 0.1, rates=1), smallest_change(200, 0.1, rates=3)
    assert alone is not None
    assert among is not None
    assert (round(100 * alone, 1), round(100 * among, 1)) == (8.5, 10.2)


def test_a_stricter_test_needs_a_larger_change() -> None:
    usual, strict = smallest_change(500, 0.1), smallest_change(500, 0.1, alpha=0.01)
    assert usual is not None
    assert strict is not None
    assert 1.15 < strict / usual < 1.3


def test_no_cases_see_nothing() -> None:
    assert smallest_change(0, 0.1) is None
    assert smallest_change(2, 0.1) is None
