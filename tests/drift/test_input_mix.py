"""Chi-square on categories, with a floor under the effect."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.drift.comparison import chi_square
from cascadewatch.drift.mix import compare, holm

BEFORE = {"faq": 5000, "billing": 3000, "other": 2000}


def test_the_same_mix_is_quiet() -> None:
    found = compare(BEFORE, {"faq": 502, "billing": 297, "other": 201})
    assert found.p == pytest.approx(0.98, abs=0.02)
    assert not found.drifted


def test_another_mix_is_found() -> None:
    found = compare(BEFORE, {"faq": 400, "billing": 300, "other": 300})
    assert found.drifted
    assert found.effect == pytest.approx(0.10)


def test_a_significant_but_small_change_is_left_alone() -> None:
    found = compare({"faq": 500_000, "other": 500_000}, {"faq": 510_000, "other": 490_000})
    assert found.p is not None
    assert found.p < 1e-6
    assert not found.drifted


def test_a_large_but_chance_change_is_left_alone() -> None:
    assert not compare({"faq": 10, "other": 10}, {"faq": 12, "other": 8}).drifted


def test_a_new_category_is_a_change() -> None:
    assert compare({"faq": 1000, "billing": 1000}, {"faq": 450, "billing": 450, "new": 100}).drifted


def test_rare_categories_are_merged() -> None:
    many = {f"rare-{n}": 1 for n in range(40)} | {"common": 960}
    others = {f"other-{n}": 1 for n in range(40)} | {"common": 960}
    found = compare(many, others)
    assert found.p == pytest.approx(1.0)
    assert found.effect == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("before", "now", "reason"),
    [
        ({}, {"faq": 1}, "nothing to compare"),
        ({"faq": 1}, {}, "nothing to compare"),
        ({"faq": 1000}, {"faq": 1000}, "fewer than two categories are large enough"),
    ],
)
def test_what_cannot_be_compared_says_why(before: dict[str, int], now: dict[str, int], reason: str) -> None:
    found = compare(before, now)
    assert (found.p, found.reason, found.drifted) == (None, reason, False)


@pytest.mark.parametrize(
    ("statistic", "degrees", "table"),
    [
        (3.841, 1, 0.05),
        (10.828, 1, 0.001),
        (5.991, 2, 0.05),
        (7.815, 3, 0.05),
        (29.588, 10, 0.001),
        (43.773, 30, 0.05),
    ],
)
def test_p_agrees_with_the_printed_table(statistic: float, degrees: int, table: float) -> None:
    assert chi_square(statistic, degrees) == pytest.approx(table, rel=1e-3)


def test_a_two_by_two_table_gives_pearsons_statistic() -> None:
    # 60 of 100 against 40 of 100: (60 · 60 - 40 · 40)² · 200 / 100⁴ = 8
    found = compare({"a": 60, "b": 40}, {"a": 40, "b": 60})
    assert found.p == pytest.approx(chi_square(8.0, 1))


@given(st.floats(0, 5000), st.integers(1, 300))
def test_p_is_a_probability(statistic: float, degrees: int) -> None:
    assert 0 <= chi_square(statistic, degrees) <= 1


def test_holm_adjusts_step_by_step() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=20))
def test_adjusted_ps_are_no_smaller_and_in_the_same_order(ps: list[float]) -> None:
    adjusted = holm(ps)
    assert all(a >= p for a, p in zip(adjusted, ps, strict=True))
    assert sorted(adjusted) == [adjusted[i] for i in sorted(range(len(ps)), key=lambda i: ps[i])]
