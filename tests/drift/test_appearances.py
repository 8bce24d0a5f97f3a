"""When a name came into use: new ones, ones that come back, and none that are merely rare."""

from random import Random

import pytest

from cascadewatch.drift.appearances import Appearance, Bucket, appearances

QUARTER = 900_000


def buckets(*counts: dict[str, int]) -> list[Bucket]:
    return [Bucket(i * QUARTER, one) for i, one in enumerate(counts)]


def names(found: list[Appearance]) -> list[tuple[str, int, str | None]]:
    return [(one.name, one.time // QUARTER, one.replaced) for one in found]


def test_what_is_there_from_the_beginning_is_no_change() -> None:
    assert appearances(buckets(*[{"a": 20, "b": 10}] * 10)) == []


def test_a_new_name_takes_the_place_of_an_old_one() -> None:
    found = appearances(buckets(*[{"a": 20}] * 5, {"a": 7, "b": 13}, *[{"b": 20}] * 5))
    assert names(found) == [("b", 5, "a")]
    assert found[0].share == 1.0


def test_a_name_beside_the_others_replaces_nobody() -> None:
    found = appearances(buckets(*[{"a": 20}] * 8, *[{"a": 18, "canary": 2}] * 8))
    assert names(found) == [("canary", 8, None)]
    assert found[0].share == pytest.approx(0.1)


def test_of_several_names_the_one_that_went_is_named() -> None:
    before, after = {"chat": 90, "old": 10}, {"chat": 90, "new": 10}
    assert names(appearances(buckets(*[before] * 8, *[after] * 8))) == [("new", 8, "old")]


def test_a_roll_back_is_a_change_too() -> None:
    found = appearances(buckets(*[{"a": 30}] * 6, *[{"b": 30}] * 6, *[{"a": 30}] * 6))
    assert names(found) == [("b", 6, "a"), ("a", 12, "b")]


def test_a_pause_in_the_traffic_is_none() -> None:
    early, late = buckets(*[{"a": 30}] * 6), buckets(*[{"a": 30}] * 6)
    assert appearances([*early, *(Bucket(b.time + 100 * QUARTER, b.counts) for b in late)]) == []


@pytest.mark.parametrize("share", [0.005, 0.02, 0.1])
def test_rare_names_are_not_taken_for_new(share: float) -> None:
    """300 streams in which a name has always had its share."""
    found = 0
    for seed in range(300):
        random = Random(seed)
        counts: list[dict[str, int]] = []
        for _ in range(40):
            rare = sum(random.random() < share for _ in range(25))
            counts.append({"a": 25 - rare, **({"rare": rare} if rare else {})})
        found += len(appearances(buckets(*counts)))
    assert found <= 1


def test_a_slip_is_no_change() -> None:
    assert appearances(buckets(*[{"a": 30}] * 6, {"a": 28, "tpyo": 2}, *[{"a": 30}] * 6)) == []


def test_the_order_of_buckets_does_not_matter() -> None:
    listed = buckets(*[{"a": 30}] * 6, *[{"b": 30}] * 6)
    assert appearances(reversed(listed)) == appearances(listed)
