"""Two runs over the same cases."""

from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.drift.paired import compare, interval, mid_p, noise, sign_flip


def outcomes(rose: int, fell: int, both: int, neither: int) -> tuple[dict[str, float], dict[str, float]]:
    pairs = [(0, 1)] * rose + [(1, 0)] * fell + [(1, 1)] * both + [(0, 0)] * neither
    return (
        {str(i): float(before) for i, (before, _) in enumerate(pairs)},
        {str(i): float(after) for i, (_, after) in enumerate(pairs)},
    )


@pytest.mark.parametrize(
    ("rose", "fell", "expected"),
    [(0, 0, 1.0), (1, 0, 0.5), (10, 3, 0.0574), (3, 10, 0.0574), (5, 5, 0.8770), (20, 5, 0.0025)],
)
def test_mid_p_counts_the_observed_table_half(rose: int, fell: int, expected: float) -> None:
    assert mid_p(rose, fell) == pytest.approx(expected, abs=5e-5)


@given(st.integers(0, 400), st.integers(0, 400))
def test_mid_p_is_a_probability_that_does_not_care_which_way(rose: int, fell: int) -> None:
    assert 0 < mid_p(rose, fell) <= 1
    assert mid_p(rose, fell) == mid_p(fell, rose)


def test_mid_p_of_thousands_of_pairs() -> None:
    assert mid_p(1500, 1500) == pytest.approx(1, abs=0.01)
    assert mid_p(1000, 2000) < 1e-70


def test_the_difference_is_taken_over_the_cases_both_runs_have() -> None:
    before, after = outcomes(rose=6, fell=2, both=40, neither=52)
    found = compare(before | {"only before": 1.0}, after | {"only after": 1.0})
    assert (found.n, found.rose, found.fell) == (100, 6, 2)
    assert (found.before, found.after) == (0.42, 0.46)
    assert found.difference == pytest.approx(0.04)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.04 < found.high


@pytest.mark.parametrize("change", [0.0, 0.03, 0.1])
@pytest.mark.parametrize(("flips", "repeats"), [(0.05, 1), (0.2, 1), (0.2, 5)])
def test_noise_is_what_differs_between_runs_of_one_system_whatever_else_changed(
    flips: float, repeats: int, change: float
) -> None:
    rng = Random(5)

    def difference() -> float:
        if rng.random() < 2 * flips:  # a case whose answer is a coin
            return sum(rng.choice((1, 0)) - rng.choice((1, 0)) for _ in range(repeats)) / repeats
        return float(rng.random() < change / (1 - 2 * flips))

    found = [noise([difference() for _ in range(400)]) for _ in range(100)]
    assert sum(found) / 100 == pytest.approx(flips / repeats, rel=0.15)


def test_without_a_common_case_nothing_is_known() -> None:
    found = compare({"a": 1.0}, {"b": 1.0})
    assert found.n == 0
    assert {found.before, found.after, found.difference, found.low, found.high, found.p} == {None}


def test_the_same_twice_is_no_proof_on_few_cases() -> None:
    assert interval(0, 0, 20)[1] > 0.1
    assert interval(0, 0, 500)[1] < 0.01


def test_the_interval_holds_its_promise() -> None:
    # Exact coverage over all tables of 60 pairs, 8 % of which rise and 3 % fall.
    from math import comb

    n, up, down = 60, 0.08, 0.03
    covered = 0.0
    for rose, fell in product(range(n + 1), repeat=2):
        if rose + fell <= n:
            low, high = interval(rose, fell, n)
            chance = comb(n, rose) * comb(n - rose, fell) * up**rose * down**fell
            chance *= (1 - up - down) ** (n - rose - fell)
            covered += chance * (low <= up - down <= high)
    assert 0.94 < covered < 0.99


def test_repeats_of_a_case_count_as_one_observation() -> None:
    before = {str(i): 0.6 for i in range(40)}
    after = {str(i): 0.8 if i % 4 else 0.4 for i in range(40)}
    found = compare(before, after)
    assert (found.n, found.rose, found.fell) == (40, 30, 10)
    assert found.difference == pytest.approx(0.1)
    assert found.p == pytest.approx(0.0022, abs=0.0015)


def test_sign_flip_of_few_differences_is_exact_and_repeatable() -> None:
    assert sign_flip([0.2, 0.4, 0.6, 0.2, 0.4]) == pytest.approx(2 / 32)
    many = [0.2, -0.4, 0.6] * 30
    assert sign_flip(many, seed=3) == sign_flip(many, seed=3)


def test_sign_flip_without_a_difference() -> None:
    assert sign_flip([0.0, 0.0]) == 1.0
