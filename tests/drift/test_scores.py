"""Distributions of scores: significant and large enough."""

from random import Random

import pytest

from cascadewatch.drift.comparison import kolmogorov
from cascadewatch.drift.distribution import compare, moved
from cascadewatch.metrics.measures import SCORE_BINS, score_bin


def scores(n: int, seed: int, shift: float = 0.0, bad: float = 0.3) -> dict[int, float]:
    """A judge that gives low scores to a share `bad` of the answers and high ones to the rest."""
    found: dict[int, float] = {}
    random = Random(seed)
    for _ in range(n):
        score = random.betavariate(2, 6) if random.random() < bad else random.betavariate(8, 2)
        place = score_bin(min(1.0, max(0.0, score + shift)))
        assert place is not None
        found[place] = found.get(place, 0) + 1
    return found


REFERENCE = scores(5000, 1)


@pytest.mark.parametrize("n", [200, 1000, 10_000])
def test_the_same_judge_is_quiet_at_every_size(n: int) -> None:
    assert not any(compare(REFERENCE, scores(n, seed)).drifted for seed in range(2, 22))


@pytest.mark.parametrize("change", [{"shift": -0.05}, {"bad": 0.4}])
def test_a_judge_that_moved_is_found_with_a_thousand_scores(change: dict[str, float]) -> None:
    found = compare(REFERENCE, scores(1000, 3, **change))
    assert found.drifted
    assert found.test == "ks"


def test_a_harmless_move_is_significant_and_still_left_alone() -> None:
    found = compare(scores(50_000, 1), scores(50_000, 3, bad=0.33))
    assert found.p is not None
    assert found.p < 0.001
    assert not found.drifted


def test_fewer_than_200_scores_say_nothing() -> None:
    found = compare(REFERENCE, scores(199, 3, shift=-0.3))
    assert (found.p, found.drifted, found.reason) == (None, False, "199 of the 200 scores needed")


def test_the_effect_is_the_largest_gap_of_the_cumulative_shares() -> None:
    spread = dict.fromkeys(range(20), 100.0)
    found = compare(spread, {level + 2: 100.0 for level in range(20)})
    assert found.effect == pytest.approx(0.10)


def test_grades_are_compared_level_by_level() -> None:
    before, now = {0: 200.0, 24: 300.0, 49: 500.0}, {0: 300.0, 24: 300.0, 49: 400.0}
    found = compare(before, now)
    assert found.test == "chi2"
    assert found.drifted
    assert found.effect == pytest.approx(0.10)


@pytest.mark.parametrize(
    ("scaled", "table"), [(1.2239, 0.1), (1.3581, 0.05), (1.6276, 0.01), (1.9495, 0.001)]
)
def test_p_agrees_with_the_table_of_kolmogorovs_distribution(scaled: float, table: float) -> None:
    assert kolmogorov(scaled / 10, 100) == pytest.approx(table, rel=2e-3)


def test_no_distance_is_no_evidence() -> None:
    assert kolmogorov(0.0, 1000) == 1.0
    assert kolmogorov(0.021, 100) == pytest.approx(1.0)


def test_how_far_scores_moved_is_told_in_score_points() -> None:
    assert moved({10: 1.0, 20: 1.0}, {15: 2.0, 25: 2.0}, SCORE_BINS) == pytest.approx(0.10)
    assert moved({}, {1: 1.0}, SCORE_BINS) is None
