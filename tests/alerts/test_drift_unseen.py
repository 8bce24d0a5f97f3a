"""Which moves a drift rule says it does not look for, and how long it promises to take for the others."""

from collections.abc import Sequence
from math import log
from typing import Any

import pytest

from alerts.drift.findings import details
from alerts.drift.members import Member
from cascadewatch.drift.hours import Hour
from cascadewatch.drift.watch import Watch
from cascadewatch.settings import Rule
from tests.drift.streams import hour, pinned

DAY: Sequence[Hour] = [Hour(hour(number), 10, 100) for number in range(24)]
FALLS = "falls: the baseline of 5.0 % is known to ±3.0 points only"


def told(rate: float, points: float, direction: Any) -> dict[str, Any]:
    """Of a stream of 100 requests an hour whose baseline is known to so many points; the tolerance is 5."""
    baseline = pinned(rate, weekday_band=points / 100, weekend_band=points / 100)
    rule = Rule(name="escalation-drift", kind="drift", metric="escalation_rate", direction=direction)
    watch = Watch(lambda start, end: [], baseline=baseline, wanted=direction)
    return details(Member(rule, ("escalation_rate", "support", ""), watch), DAY, log(2160))


@pytest.mark.parametrize(
    ("rate", "points", "direction", "unseen"),
    [
        (0.30, 1.0, "both", None),
        (0.40, 2.6, "both", "moves under 10 points: the baseline of 40 % is known to ±2.6 points only"),
        (0.40, 2.6, "down", "falls under 10 points: the baseline of 40 % is known to ±2.6 points only"),
        (0.05, 2.2, "both", "falls: the baseline of 5.0 % is known to ±2.2 points only"),
        (0.05, 2.2, "down", "falls: the baseline of 5.0 % is known to ±2.2 points only"),
        (0.05, 2.2, "up", None),
        (0.05, 3.0, "down", FALLS),
        (0.05, 3.0, "both", f"rises under 10 points and {FALLS}"),
        # A fall from 8 % ends at 1 %, below which nothing is told apart.
        (0.08, 2.6, "down", "falls under 7 points: the baseline of 8.0 % is known to ±2.6 points only"),
        (0.05, 1.0, "both", None),
        (0.015, 0.5, "both", "falls: the rate is 1.5 % already"),
        (0.985, 0.5, "up", "rises: the rate is 98 % already"),
    ],
)  # fmt: skip
def test_each_way_that_is_not_looked_for_is_named(
    rate: float, points: float, direction: str, unseen: str | None
) -> None:
    said = None if unseen is None else unseen.replace(":", " are not looked for:")
    assert told(rate, points, direction)["unseen"] == said


def test_no_time_is_promised_where_one_way_is_not_looked_for() -> None:
    assert told(0.05, 2.2, "both")["hours_to_see"] is None
    assert told(0.05, 2.2, "up")["hours_to_see"] > 5


def test_a_way_in_which_the_rate_cannot_move_so_far_takes_no_time() -> None:
    """From 4 % it cannot fall by 5 points."""
    assert told(0.04, 1.0, "both")["hours_to_see"] == told(0.04, 1.0, "up")["hours_to_see"] > 5
    assert told(0.04, 1.0, "down")["hours_to_see"] is None


def test_a_fall_below_what_can_be_told_apart_takes_as_long_as_one_to_there() -> None:
    assert told(0.055, 0.5, "down")["hours_to_see"] > 5
