"""Which buckets make up a range: every moment of it in exactly one of them."""

from collections.abc import Callable, Iterable
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.store.cover import Segment, cover
from cascadewatch.store.zone import local_days, next_day
from tests.model.events import NOON

MINUTE, QUARTER, DAY = 60_000, 900_000, 86_400_000
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Havana")
FLOOR = NOON - NOON % DAY - 14 * DAY
WIDTHS = {"minute": MINUTE, "quarter": QUARTER}
moments = st.integers(NOON - 400 * DAY, NOON + DAY)


def contiguous(segments: Iterable[Segment], start: int, end: int) -> bool:
    at = start
    for segment in segments:
        if segment.start != at or segment.end <= segment.start:
            return False
        at = segment.end
    return at == end


@given(moments, moments, st.sampled_from(ZONES))
def test_the_buckets_for_sums_partition_the_range(one: int, other: int, zone: str) -> None:
    start, end, local_day = min(one, other), max(one, other), local_days(zone)
    covered = cover(start, end, local_day, FLOOR)
    assert covered.start <= start
    assert covered.end >= end
    assert contiguous(covered.fine, covered.start, covered.end)
    for tier, at, until in covered.fine:
        for edge in (at, until):
            assert local_day(edge) == edge if tier == "day" else edge % WIDTHS[tier] == 0
        assert tier != "minute" or at >= FLOOR


@given(moments, moments, st.sampled_from(ZONES))
def test_the_buckets_for_distributions_reach_at_most_a_quarter_hour_further(
    one: int, other: int, zone: str
) -> None:
    start, end = min(one, other), max(one, other)
    covered = cover(start, end, local_days(zone), FLOOR)
    if covered.end > covered.start:
        first, last = covered.coarse[0].start, covered.coarse[-1].end
        assert contiguous(covered.coarse, first, last)
        assert covered.start - QUARTER < first <= covered.start
        assert covered.end <= last < covered.end + QUARTER
        assert all(s.tier != "minute" for s in covered.coarse)


@given(moments, st.integers(0, 40 * DAY), st.integers(0, 40 * DAY), st.sampled_from(ZONES))
def test_adjacent_ranges_meet_without_gap_or_overlap(at: int, before: int, after: int, zone: str) -> None:
    local_day = local_days(zone)
    middle = at - at % QUARTER
    left = cover(middle - before, middle, local_day, FLOOR)
    right = cover(middle, middle + after, local_day, FLOOR)
    assert left.end == middle == right.start


@given(moments, st.sampled_from(ZONES))
def test_a_moment_lies_in_its_own_local_day_and_no_other(at: int, zone: str) -> None:
    local_day = local_days(zone)
    start = local_day(at)
    after = next_day(start, local_day)
    assert start <= at < after
    assert local_day(start) == start
    assert local_day(after) == after
    assert local_day(after - 1) == start


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23), ("Europe/Berlin", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23), ("America/New_York", "2026-11-01", 25),
        ("America/Havana", "2026-03-08", 23), ("America/Havana", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-04-05", 24.5), ("Asia/Kolkata", "2026-03-29", 24),
    ],
)  # fmt: skip
def test_days_on_which_clocks_change(
    zone: str, day: str, hours: float, at: "Callable[[str, str], int]"
) -> None:
    local_day = local_days(zone)
    start = local_day(at(f"{day}T12:00", zone))
    assert (next_day(start, local_day) - start) / 3_600_000 == hours


@pytest.fixture
def at() -> Callable[[str, str], int]:
    """Epoch milliseconds of a local time."""
    from datetime import datetime

    def millis(local: str, zone: str) -> int:
        return round(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)

    return millis
