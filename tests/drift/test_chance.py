"""Whether chance alone explains counts: exact at any number, one test for several groups."""

from itertools import product
from math import comb
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.drift.diagnosis.chance import chance
from cascadewatch.drift.diagnosis.material import Group, Share
from tests.drift.materials import keys, labelled, material

sides = st.integers(0, 12).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
tables = st.tuples(sides, sides)


def group(before: tuple[float, float], after: tuple[float, float]) -> Group:
    return Group("", Share(*before), Share(*after))


def listed(given: list[tuple[tuple[int, int], tuple[int, int]]]) -> float:
    """The same by listing every way in which each group's counts could have fallen."""
    every = []
    for (k0, n0), (k1, n1) in given:
        k = k0 + k1
        every.append([(x, comb(n1, x) * comb(n0, k - x) / comb(n0 + n1, k)) for x in range(min(k, n1) + 1)])
    seen = sum(after[0] for _, after in given)
    total = 0.0
    for drawn in product(*every):
        likelihood = 1.0
        for _, p in drawn:
            likelihood *= p
        total += likelihood if sum(x for x, _ in drawn) >= seen else 0.0
    return total


@given(st.lists(tables, min_size=1, max_size=3))
def test_it_is_the_sum_over_all_that_could_have_been(
    given: list[tuple[tuple[int, int], tuple[int, int]]],
) -> None:
    assert chance([group(*table) for table in given], True) == pytest.approx(listed(given), abs=1e-9)


def test_with_one_group_it_is_fishers_test() -> None:
    assert chance([group((2, 23), (5, 5))], True) == pytest.approx(21 / 98_280)  # C(7,5)·C(21,0) of C(28,5)


def test_counts_of_hundreds_are_exact_too() -> None:
    table = ((300, 3000), (46, 300))
    assert chance([group(*table)], True) == pytest.approx(listed([table]), rel=1e-6)


@given(tables)
def test_fewer_is_more_of_the_rest(table: tuple[tuple[int, int], tuple[int, int]]) -> None:
    (k0, n0), (k1, n1) = table
    there, back = group((k0, n0), (k1, n1)), group((n0 - k0, n0), (n1 - k1, n1))
    assert chance([there], False) == pytest.approx(chance([back], True))


def test_a_million_labels_are_no_matter() -> None:
    many = [group((100_000, 1_000_000), (100_900, 1_000_000)), group((400_000, 500_000), (1, 1))]
    assert chance(many, True) == pytest.approx(0.0169, abs=0.001)  # 900 are 2.12 standard deviations


def test_weighted_labels_count_as_whole_ones() -> None:
    assert chance([group((2.9, 30.2), (9.8, 31.4))], True) == chance([group((3, 30), (10, 31))], True)


def test_31_labels_of_a_verifier_that_did_not_change_hardly_ever_accuse_it() -> None:
    """Right answers: 10 % rejected, wrong ones 80 %, before and after; the rate moved for another reason."""
    random = Random(4)

    def side(n: int) -> tuple[Share, Share]:
        right = sum(random.random() < 0.7 for _ in range(n))
        rejected = [sum(random.random() < p for _ in range(m)) for p, m in ((0.1, right), (0.8, n - right))]
        return Share(rejected[0], right), Share(rejected[1], n - right)

    accused = 0
    for _ in range(400):
        before, after = side(1000), side(31)
        labels = labelled(*zip(before, after, strict=True))
        accused += "verifier_changed" in keys(material(0.36, labels=labels))
    assert accused <= 2
