"""When the last days count as different from the weeks before."""

import pytest

from dashboard.change import change, difference_interval, periods
from tests.metrics.windows import window

HOUR, DAY = 3_600_000, 86_400_000


def test_newcombes_example() -> None:
    # Statistics in Medicine 17:873 (1998), table II, example (a), method 10
    assert difference_interval(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@pytest.mark.parametrize(
    ("recent", "before", "moved"),
    [((360, 1000), (300, 1000), True), ((300, 1000), (360, 1000), True), ((340, 1000), (300, 1000), False)],
)
def test_five_points_and_more_than_chance(
    recent: tuple[int, int], before: tuple[int, int], moved: bool
) -> None:
    found = change(*(window(escalated=x, judged=n) for x, n in (recent, before)))
    assert found is not None
    assert found.moved is moved


def test_six_points_of_few_events_are_chance() -> None:
    found = change(window(escalated=72, judged=200), window(escalated=300, judged=1000))
    assert found is not None
    assert not found.moved


@pytest.mark.parametrize("few", [(199, 1000), (1000, 199)])
def test_no_comparison_below_200_judged_events_on_either_side(few: tuple[int, int]) -> None:
    assert change(*(window(escalated=50, judged=n) for n in few)) is None


@pytest.mark.parametrize(
    ("length", "recent"), [(HOUR, DAY), (DAY, DAY), (7 * DAY, 3 * DAY), (90 * DAY, 3 * DAY)]
)
def test_the_recent_days_are_the_end_of_the_range(length: int, recent: int) -> None:
    end = 100 * DAY
    (start, stop), (before, until) = periods(end - length, end)
    assert (start, stop) == (end - recent, end)
    assert (before, until) == (end - 28 * DAY, start)
