"""What a verifier's errors do in a day."""

import pytest

from cascadewatch.metrics.errors_a_day import days, errors_a_day

RATES = {"false_accept": {"value": 0.1, "n": 100}, "false_escalate": {"value": 0.05, "n": 300}}
DAY = 86_400_000


def test_each_error_is_its_share_of_all_judged_cases_times_the_traffic() -> None:
    found = errors_a_day(RATES, 1_000, 0.02)
    assert found.shipped is not None
    assert found.wasted is not None
    assert found.shipped.value == pytest.approx(10 / 400 * 1_000)
    assert found.wasted.value == pytest.approx(15 / 400 * 1_000 * 0.02)
    assert 0 < found.shipped.low < found.shipped.value < found.shipped.high < 1_000


@pytest.mark.parametrize(
    ("rates", "judged", "price", "known"),
    [
        (RATES, 1_000, None, (True, False)),
        (RATES, None, 0.02, (False, False)),
        ({"false_accept": RATES["false_accept"]}, 1_000, 0.02, (False, False)),
    ],
)
def test_what_is_not_known_is_none(
    rates: dict[str, dict[str, float]], judged: float | None, price: float | None, known: tuple[bool, bool]
) -> None:
    found = errors_a_day(rates, judged, price)
    assert (found.shipped is not None, found.wasted is not None) == known


def test_a_part_of_an_answer_counts_as_one() -> None:
    # One of five wrong answers was accepted in one of five repeats.
    seen = {"false_accept": {"value": 0.04, "n": 5}, "false_escalate": {"value": 0.1, "n": 45}}
    found = errors_a_day(seen, 1_000, 0.01)
    assert found.shipped is not None
    assert found.wasted is not None
    assert found.shipped.value == pytest.approx(0.2 / 50 * 1_000)
    assert found.shipped.low < found.shipped.value < found.shipped.high
    assert found.wasted.value == pytest.approx(4.5 / 50 * 1_000 * 0.01)


def test_a_young_range_is_an_hour_at_least() -> None:
    assert days(0, 2 * DAY) == 2
    assert days(0, 1) == days(0, 3_600_000) == 1 / 24
