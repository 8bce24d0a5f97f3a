"""Points of a chart: nothing lost when buckets are added, gaps left open, the present marked."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.store.reads import Bucket
from cascadewatch.store.zone import local_days
from dashboard.points import ENOUGH, MOST, coarsened, metric_points, steadied, telling, with_gaps
from tests.metrics.windows import sums, window

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
UTC = local_days("UTC")


def buckets(judged: list[int], width: int = 15 * MINUTE) -> list[Bucket]:
    return [
        Bucket(i * width, (i + 1) * width, sums(judged=n, escalated=n // 3, events=n))
        for i, n in enumerate(judged)
        if n
    ]


@given(st.lists(st.integers(0, 50), max_size=700), st.sampled_from((MINUTE, 15 * MINUTE, HOUR)))
def test_adding_neighbours_loses_nothing(judged: list[int], width: int) -> None:
    given_buckets = buckets(judged, width)
    for found in (coarsened(given_buckets, UTC), steadied(given_buckets)):
        assert sum(b.counts["judged"] for b in found) == sum(judged)
        assert all(one.end <= other.start for one, other in pairwise(found))


def test_busy_traffic_keeps_many_points() -> None:
    found = coarsened(buckets([500] * 672), UTC)
    assert 50 < len(found) <= MOST


def test_little_traffic_makes_wide_points() -> None:
    found = coarsened(buckets([2] * 672), UTC)
    assert 12 <= len(found) < 40


def test_widths_count_from_the_local_midnight() -> None:
    midnight = local_days("Asia/Kathmandu")
    found = coarsened(buckets([500] * 672), midnight)
    assert {(b.start - midnight(b.start)) % (2 * HOUR) for b in found[1:]} == {0}


def test_quiet_hours_join_and_busy_ones_do_not() -> None:
    found = steadied(buckets([100, 3, 2, 4, 100, 100], HOUR))
    assert [b.counts["judged"] for b in found] == [109, 100, 100]


@pytest.mark.parametrize(("judged", "shown"), [(ENOUGH // 2, 2), (ENOUGH // 2 - 1, 1)])
def test_an_unfinished_point_of_next_to_nothing_is_not_drawn(judged: int, shown: int) -> None:
    points = metric_points(window(), buckets([100, judged], HOUR), "escalation_rate", now=HOUR + 1)
    assert len(telling(points)) == shown


def test_the_bucket_that_is_still_filling_is_partial() -> None:
    points = metric_points(window(), buckets([9, 9], HOUR), "escalation_rate", now=2 * HOUR - 1)
    assert [p.partial for p in points] == [False, True]
    assert [p.metric.value for p in points] == [pytest.approx(1 / 3)] * 2


def test_a_line_does_not_cross_what_was_not_measured() -> None:
    points = metric_points(window(), buckets([9, 0, 9], HOUR), "escalation_rate", now=DAY)
    assert [None if p is None else p.start for p in with_gaps(points)] == [0, None, 2 * HOUR]
