"""What a replay says in the end."""

import pytest

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
