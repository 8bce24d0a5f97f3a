"""The exact split of a move into a change of traffic and a change of how the same traffic fares."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.drift.diagnosis.material import Group, Share
from cascadewatch.drift.diagnosis.split import split

EXACT = 1e-12


def shares() -> st.SearchStrategy[Share]:
    return st.integers(0, 5_000).flatmap(lambda n: st.builds(Share, st.integers(0, n), st.just(n)))


def groups() -> st.SearchStrategy[list[Group]]:
    one = st.builds(Group, st.uuids().map(str), shares(), shares())
    return st.lists(one, min_size=1, max_size=12)


def rate(found: list[Share]) -> float:
    return sum(s.k for s in found) / sum(s.n for s in found)


@given(groups())
def test_mix_and_behaviour_add_up_to_the_whole_change(parts: list[Group]) -> None:
    found = split(parts)
    if not sum(g.before.n for g in parts) or not sum(g.after.n for g in parts):
        assert found is None
        return
    assert found is not None
    change = rate([g.after for g in parts]) - rate([g.before for g in parts])
    assert found.total == pytest.approx(change, abs=EXACT)
    assert found.mix + found.behaviour == pytest.approx(change, abs=EXACT)
    assert sum(p.mix for p in found.parts) == pytest.approx(found.mix, abs=EXACT)
    assert sum(p.behaviour for p in found.parts) == pytest.approx(found.behaviour, abs=EXACT)


@given(groups())
def test_it_is_the_formula(parts: list[Group]) -> None:
    """Δ = Σ w̄ Δp + Σ p̄ Δw where every group is there on both sides."""
    parts = [g for g in parts if g.before.n and g.after.n]
    if not parts:
        return
    n0, n1 = sum(g.before.n for g in parts), sum(g.after.n for g in parts)
    behaviour = sum((g.before.n / n0 + g.after.n / n1) / 2 * g.growth for g in parts)
    rates = [(g.before.k / g.before.n, g.after.k / g.after.n) for g in parts]
    mix = sum(
        (p0 + p1) / 2 * (g.after.n / n1 - g.before.n / n0) for g, (p0, p1) in zip(parts, rates, strict=True)
    )
    found = split(parts)
    assert found is not None
    assert found.behaviour == pytest.approx(behaviour, abs=EXACT)
    assert found.mix == pytest.approx(mix, abs=EXACT)


@given(groups(), st.randoms())
def test_the_order_of_groups_changes_nothing(parts: list[Group], random: object) -> None:
    again = list(parts)
    random.shuffle(again)  # type: ignore[attr-defined]
    one, other = split(parts), split(again)
    if one is None or other is None:
        assert one is other
        return
    assert one.mix == pytest.approx(other.mix, abs=EXACT)


def test_requests_that_move_to_a_hard_route_are_all_mix() -> None:
    easy, hard = (
        Group("easy", Share(200, 1000), Share(100, 500)),
        Group("hard", Share(70, 100), Share(420, 600)),
    )
    found = split([easy, hard])
    assert found is not None
    assert found.behaviour == pytest.approx(0)
    assert found.is_mix
    assert found.parts[0].name == "hard"


def test_the_same_requests_rejected_more_often_are_all_behaviour() -> None:
    found = split([Group("a", Share(20, 100), Share(40, 100)), Group("b", Share(50, 100), Share(60, 100))])
    assert found is not None
    assert found.mix == pytest.approx(0)
    assert found.behaviour == pytest.approx(0.15)


def test_a_route_that_was_not_there_before_is_all_mix() -> None:
    found = split([Group("old", Share(30, 100), Share(30, 100)), Group("new", Share(0, 0), Share(90, 100))])
    assert found is not None
    assert found.behaviour == pytest.approx(0)
    assert found.mix == pytest.approx(0.3)


def test_mix_that_pulls_the_other_way_is_below_nothing() -> None:
    """Traffic got easier while every route got worse."""
    easy, hard = Group("easy", Share(10, 100), Share(60, 300)), Group("hard", Share(50, 100), Share(70, 100))
    found = split([easy, hard])
    assert found is not None
    assert found.mix < 0 < found.behaviour
    assert found.mix_share < 0
    assert not found.is_mix


def test_the_parts_a_page_shows_are_those_that_carry_most() -> None:
    many = [Group(f"r{i}", Share(30, 100), Share(30 + i, 100)) for i in range(10)]
    found = split(many)
    assert found is not None
    said = found.to_dict(most=3)
    assert [part["name"] for part in said["parts"]] == ["r9", "r8", "r7"]
    assert said["groups"] == 10
