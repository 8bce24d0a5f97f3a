"""When a replay may stop early."""

from random import Random

import pytest

from cascadewatch.drift.stopping import bound, decide, evidence, is_look


def play(rng: Random, planned: int, up: float, down: float, alpha: float = 0.05) -> tuple[str, int]:
    """Outcome and calls used of one run whose pairs rise and fall with these probabilities."""
    rose = fell = 0
    for done in range(1, planned + 1):
        draw = rng.random()
        rose, fell = rose + (draw < up), fell + (up <= draw < up + down)
        if (decision := decide(rose, fell, done, planned, 0.05, alpha)) != "go on":
            return decision, done
    return "go on", planned


def test_evidence_is_one_at_the_start_and_symmetric() -> None:
    assert evidence(0, 0) == 1
    assert evidence(9, 1) == evidence(1, 9) > evidence(5, 5)


def test_evidence_is_a_fair_bet() -> None:
    # The mean over the next pair, each way equally likely, is what it was.
    for rose, fell in [(0, 0), (3, 1), (10, 12)]:
        assert (evidence(rose + 1, fell) + evidence(rose, fell + 1)) / 2 == pytest.approx(
            evidence(rose, fell)
        )


def test_a_clear_change_stops_a_run_at_once() -> None:
    assert decide(rose=12, fell=0, done=13, planned=500, tolerance=0.05) == "changed"


def test_nothing_changed_is_asked_at_twenty_points_from_fifty_pairs_on() -> None:
    assert sum(is_look(done, 500) for done in range(1, 501)) == 20
    assert decide(0, 0, 49, 500, 0.2) == "go on"
    assert decide(0, 0, 150, 500, 0.05) == "unchanged"
    assert decide(0, 0, 151, 500, 0.05) == "go on"


def test_the_last_pair_leaves_the_decision_to_the_full_test() -> None:
    assert decide(10, 9, 100, 100, 0.05) == "go on"
    assert decide(20, 5, 100, 100, 0.05) == "changed"


def test_the_bound_shrinks_with_the_pairs() -> None:
    assert bound(0, 0, 100) > bound(0, 0, 400) > bound(0, 0, 1600)


def test_false_alarms_are_rare_and_calls_are_saved() -> None:
    rng = Random(11)
    runs = [play(rng, 500, 0.027, 0.027) for _ in range(300)]
    assert sum(decision == "changed" for decision, _ in runs) <= 0.04 * len(runs)
    assert 0.40 < sum(used for _, used in runs) / (500 * len(runs)) < 0.60


def test_at_1_percent_a_change_must_be_surer_to_stop_for() -> None:
    assert decide(9, 0, 13, 500, 0.05) == "changed"
    assert decide(9, 0, 13, 500, 0.05, alpha=0.01) == "go on"
    assert decide(20, 5, 100, 100, 0.05, alpha=0.01) == "changed"
    assert decide(20, 8, 100, 100, 0.05) != decide(20, 8, 100, 100, 0.05, alpha=0.01) == "go on"
    rng = Random(13)
    runs = [play(rng, 200, 0.027, 0.027, alpha=0.01) for _ in range(600)]
    assert sum(decision == "changed" for decision, _ in runs) <= 0.01 * len(runs)


def test_a_change_of_five_points_is_found() -> None:
    rng = Random(12)
    runs = [play(rng, 500, 0.077, 0.027) for _ in range(200)]
    assert sum(decision == "changed" for decision, _ in runs) > 0.82 * len(runs)
