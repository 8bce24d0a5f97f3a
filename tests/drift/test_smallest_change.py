"""What a set of cases can see; the figures are those of docs/eval-sets.md."""

import pytest

from cascadewatch.drift.mde import smallest_change

TABLE = {  # cases: points at flips of 2, 5, 10, 20 %, then 10 % x3, 20 % x3, 20 % x5
    50: (16.8, 18.9, 21.8, 26.3, 17.8, 20.0, 18.3),
    200: (5.3, 6.8, 8.5, 11.0, 6.0, 7.4, 6.3),
    1000: (1.7, 2.4, 3.2, 4.4, 2.1, 2.7, 2.2),
}
COLUMNS = ((0.02, 1), (0.05, 1), (0.10, 1), (0.20, 1), (0.10, 3), (0.20, 3), (0.20, 5))


@pytest.mark.parametrize("cases", TABLE)
def test_the_table_users_are_shown(cases: int) -> None:
    found = [smallest_change(cases, flips, repeats) for flips, repeats in COLUMNS]
    assert [round(100 * (change or 0), 1) for change in found] == list(TABLE[cases])


def test_a_stricter_test_needs_a_larger_change() -> None:
    usual, strict = smallest_change(500, 0.1), smallest_change(500, 0.1, alpha=0.01)
    assert usual is not None
    assert strict is not None
    assert 1.2 < strict / usual < 1.35


def test_no_cases_see_nothing() -> None:
    assert smallest_change(0, 0.1) is None
    assert smallest_change(2, 0.1) is None
