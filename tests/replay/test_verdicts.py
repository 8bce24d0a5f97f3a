"""What a replay says in the end."""

from random import Random

import pytest

from cascadewatch.drift.mde import smallest_change
from cascadewatch.replay.verdicts import Rate, RateName, Verdict, rates, whole


def run(ones: int, n: int, flipped: int = 0) -> dict[str, float]:
    """`n` cases of which the first `ones` are 1, then the last `flipped` of those 0 again."""
    return {f"{i:04d}": float(i < ones - flipped) for i in range(n)}


def one(
    name: RateName, before: dict[str, float] | None, after: dict[str, float], alpha: float = 0.05
) -> Rate:
    found = rates({name: after}, None if before is None else {name: before}, alpha=alpha, tolerance=0.05)
    return found[name]


@pytest.mark.parametrize(
    ("name", "before", "after", "expected"),
    [
        ("accuracy", 400, 340, "regressed"),
        ("accuracy", 340, 400, "improved"),
        ("false_accept", 50, 90, "regressed"),
        ("false_accept", 90, 50, "improved"),
        ("false_escalate", 50, 90, "regressed"),
        ("accuracy", 400, 400, "unchanged"),
        ("accuracy", 400, 398, "unchanged"),
    ],
)
def test_a_rate_against_its_baseline(name: RateName, before: int, after: int, expected: Verdict) -> None:
    assert one(name, run(before, 500), run(after, 500)).verdict == expected


def test_twenty_cases_tell_nothing_and_say_what_they_could_see() -> None:
    found = one("accuracy", run(16, 20), run(16, 20))
    assert found.verdict == "inconclusive"
    assert found.sentence == (
        "accuracy: 80.0 % against 80.0 % before, ±0.0 points (−12.6 to +12.6) over the same"
        " 20 cases: too few to tell, they show changes from 37 points on."
    )


def test_without_a_baseline_nothing_is_decided() -> None:
    found = one("accuracy", None, run(400, 500))
    assert (found.verdict, found.baseline, found.p) == ("inconclusive", None, None)
    assert found.sentence == "accuracy: 80.0 %; not compared: there is no baseline yet."
    assert found.low < 0.8 < found.high


def test_cases_of_one_run_alone_are_left_out_of_the_comparison() -> None:
    found = one("accuracy", run(400, 500), run(400, 500) | {"new": 0.0})
    assert (found.n, found.paired) == (501, 500)


def test_holm_counts_every_rate_compared() -> None:
    before = {"accuracy": run(250, 500), "false_accept": run(30, 200), "false_escalate": run(30, 300)}
    after = {"accuracy": run(250, 500), "false_accept": run(35, 200), "false_escalate": run(30, 300)}
    alone = one("false_accept", before["false_accept"], after["false_accept"])
    among = rates(after, before, alpha=0.05, tolerance=0.05)["false_accept"]  # type: ignore[arg-type]
    assert alone.p is not None
    assert among.p == pytest.approx(3 * alone.p)
    assert (alone.verdict, among.verdict) == ("regressed", "inconclusive")


def test_a_schedule_is_stricter() -> None:
    before, after = run(30, 500), run(36, 500)
    assert one("false_accept", before, after).verdict == "regressed"
    assert one("false_accept", before, after, alpha=0.01).verdict != "regressed"


def test_a_sentence_names_every_number_that_decided() -> None:
    assert one("accuracy", run(400, 500), run(340, 500)).sentence == (
        "accuracy: 68.0 % against 80.0 % before, −12.0 points (−14.8 to −9.1) over the same"
        " 500 cases; chance alone does this with probability less than 1 in 1,000."
    )


def two_runs(rng: Random, n: int, flips: float, repeats: int, change: float) -> tuple[dict[str, float], ...]:
    """A rate before and after, by case: the answer of every `2 * flips` is a coin, that of `change` rose."""
    before, after = {}, {}
    for i in range(n):
        truth = rng.random() < 0.5
        if rng.random() < 2 * flips:
            old, new = (sum(rng.random() < 0.5 for _ in range(repeats)) / repeats for _ in range(2))
        else:
            old, new = truth, truth or rng.random() < change / (1 - 2 * flips) / 0.5
        before[str(i)], after[str(i)] = float(old), float(new)
    return before, after


@pytest.mark.parametrize(("flips", "repeats"), [(0.05, 1), (0.2, 1), (0.2, 5), (0.1, 3)])
def test_a_report_names_the_change_that_evalset_mde_does(flips: float, repeats: int) -> None:
    expected = smallest_change(200, flips, repeats, rates=1)
    assert expected is not None
    for change in (0.0, expected):
        rng, said = Random(2), []
        for _ in range(30):
            before, after = two_runs(rng, 200, flips, repeats, change)
            limits = {"alpha": 0.05, "tolerance": 0.05}
            found = rates({"accuracy": after}, {"accuracy": before}, repeats=repeats, **limits)  # type: ignore[arg-type]
            said.append(found["accuracy"].smallest or 1.0)
        assert sum(said) / 30 == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_the_change_a_report_names_is_found_four_times_in_five_among_three_rates(alpha: float) -> None:
    names: tuple[RateName, ...] = ("accuracy", "false_accept", "false_escalate")
    change = smallest_change(200, 0.05, alpha=alpha)
    assert change is not None
    rng, hits = Random(3), 0
    for _ in range(200):
        pairs = {name: two_runs(rng, 200, 0.05, 1, change if name == names[0] else 0.0) for name in names}
        found = rates(
            {name: pair[1] for name, pair in pairs.items()}, {name: pair[0] for name, pair in pairs.items()},
            alpha=alpha, tolerance=0.05,
        )  # fmt: skip
        hits += found["accuracy"].verdict == "improved"
    assert 0.76 <= hits / 200 <= 0.92


def test_without_a_baseline_repeats_are_counted_too() -> None:
    after = run(150, 200)
    once = rates({"accuracy": after}, None, alpha=0.05, tolerance=0.05)["accuracy"]
    often = rates({"accuracy": after}, None, alpha=0.05, tolerance=0.05, repeats=3)["accuracy"]
    assert once.smallest == smallest_change(200, 0.1, rates=1)
    assert often.smallest == smallest_change(200, 0.1, 3, rates=1)


def test_the_whole_is_the_worst_of_its_rates() -> None:
    better = one("accuracy", run(340, 500), run(400, 500))
    same = one("accuracy", run(400, 500), run(400, 500))
    worse = one("accuracy", run(400, 500), run(340, 500))
    unknown = one("accuracy", None, run(400, 500))
    assert whole([same], incomplete=False) == "unchanged"
    assert whole([same, better], incomplete=False) == "improved"
    assert whole([same, better, unknown], incomplete=False) == "inconclusive"
    assert whole([same, better, unknown, worse], incomplete=False) == "regressed"
    assert whole([same, better, unknown, worse], incomplete=True) == "incomplete"
    assert whole([], incomplete=False) == "inconclusive"
