"""The whole detector from minutes to alarms."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascadewatch.drift.escalation import alarm_times
from cascadewatch.drift.hours import Bucket
from cascadewatch.errors import InputError
from tests.drift.streams import WEEK_HOURS, Rate, always, hour, hours, minutes, stepping

CHANGE = WEEK_HOURS + 50  # hours after Monday


def week(rate: Rate, per_hour: int = 100, rho: float = 0.01) -> list[Bucket]:
    return list(minutes(hours(rate, WEEK_HOURS, per_hour, rho=rho)))


def after(rate: Rate, count: int, per_hour: int = 100, rho: float = 0.01) -> list[Bucket]:
    return list(minutes(hours(rate, count, per_hour, WEEK_HOURS, seed=11, rho=rho)))


def waited(alarm: int, since: int = CHANGE) -> float:
    """Hours from a change to an alarm."""
    return (alarm - hour(since) / 1000) / 3600


def first_after(alarm_list: list[int], since: int = CHANGE) -> float:
    return min(waited(alarm) for alarm in alarm_list if waited(alarm) > 0)


def test_a_stream_that_does_as_before_stays_quiet_for_two_weeks() -> None:
    assert list(alarm_times(after(always(0.30), 336), week(always(0.30)))) == []


@pytest.mark.parametrize(("per_hour", "within"), [(100, 1.0), (1000, 0.25)])
def test_a_broken_verifier_is_found_within_minutes(per_hour: int, within: float) -> None:
    live = after(stepping(0.30, 0.90, CHANGE), 60, per_hour)
    assert first_after(list(alarm_times(live, week(always(0.30), per_hour)))) <= within


@pytest.mark.parametrize("rate", [0.40, 0.20])
def test_ten_points_either_way_are_found_within_a_day(rate: float) -> None:
    live = after(stepping(0.30, rate, CHANGE), 100)
    assert first_after(list(alarm_times(live, week(always(0.30))))) <= 24


@pytest.mark.parametrize("rate", [0.0, 0.01])
def test_a_fall_from_5_percent_is_found_within_12_hours(rate: float) -> None:
    live = after(stepping(0.05, rate, CHANGE), 80)
    assert first_after(list(alarm_times(live, week(always(0.05))))) <= 12


def test_weekends_that_are_always_lower_are_no_change() -> None:
    def lower(number: int) -> float:
        return 0.20 if number % WEEK_HOURS >= 120 else 0.30

    assert list(alarm_times(after(lower, WEEK_HOURS, 500), week(lower, 500))) == []
    flat = week(always(0.30), 500)
    assert len(list(alarm_times(after(lower, WEEK_HOURS, 500), flat))) > 0


def test_weekends_are_those_of_the_zone() -> None:
    def lower(number: int) -> float:  # Saturday and Sunday in Auckland
        return 0.15 if 107 <= number % WEEK_HOURS < 155 else 0.30

    past, missing = week(lower, 500), after(always(0.30), WEEK_HOURS, 500)
    there = next(alarm_times(missing, past, zone="Pacific/Auckland"))
    assert 0 < waited(there, WEEK_HOURS + 107) < 6
    assert there < next(alarm_times(missing, past, zone="UTC"))


def test_a_gap_is_no_alarm() -> None:
    live = after(always(0.30), 120)
    gap = [bucket for bucket in live if not CHANGE <= (bucket[0] * 1000 - hour(0)) / 3_600_000 < CHANGE + 12]
    assert len(gap) < len(live)
    assert list(alarm_times(gap, week(always(0.30)))) == []


def test_one_request_an_hour_is_no_alarm() -> None:
    random = Random(4)
    every = [(hour(n) // 1000, int(random.random() < 0.30), 1) for n in range(40 * 24)]
    assert list(alarm_times(every[WEEK_HOURS:], every[:WEEK_HOURS])) == []


def test_an_alarm_rests_on_nothing_that_comes_after_it() -> None:
    live, past = after(stepping(0.30, 0.90, CHANGE), 60), week(always(0.30))
    first = next(alarm_times(live, past))
    assert first % 300 == 0
    assert list(alarm_times([bucket for bucket in live if bucket[0] < first], past)) == [first]
    assert list(alarm_times([bucket for bucket in live if bucket[0] < first - 300], past)) == []


def test_an_alarm_is_told_when_the_first_bucket_after_its_look_arrives() -> None:
    live = iter(after(stepping(0.30, 0.90, CHANGE), 60))
    first = next(alarm_times(live, week(always(0.30))))
    assert next(live)[0] <= first + 300


def test_a_change_that_lasts_alarms_again() -> None:
    live = after(stepping(0.30, 0.60, CHANGE), 60)
    assert len(list(alarm_times(live, week(always(0.30))))) > 1


def test_minutes_without_anything_judged_may_be_there_or_not() -> None:
    live, past = after(stepping(0.30, 0.60, CHANGE), 56), week(always(0.30))
    padded = sorted([*live, *((hour(WEEK_HOURS) // 1000 + 60 * n, 0, 0) for n in range(56 * 60))])
    assert list(alarm_times(padded, past)) == list(alarm_times(live, past)) != []


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_splitting_buckets_in_any_way_changes_nothing(seed: int) -> None:
    random = Random(seed)
    live = after(stepping(0.30, 0.60, CHANGE), 56)
    split: list[Bucket] = []
    for at, k, n in live:
        some = random.randint(0, n)
        escalated = random.randint(max(0, k - (n - some)), min(k, some))
        split += [(at, escalated, some), (at, k - escalated, n - some)]
    past = week(always(0.30))
    assert list(alarm_times(split, past)) == list(alarm_times(live, past))


def test_a_smaller_budget_of_false_alarms_alarms_later() -> None:
    live, past = after(stepping(0.30, 0.36, CHANGE), 200), week(always(0.30))
    soon = next(alarm_times(live, past, false_alarm_hours=720))
    assert soon < next(alarm_times(live, past, false_alarm_hours=2160 * 1000))


def test_a_larger_tolerance_leaves_a_small_change_alone() -> None:
    live, past = after(stepping(0.30, 0.36, CHANGE), 100, rho=0.0), week(always(0.30), rho=0.0)
    assert list(alarm_times(live, past)) != []
    assert list(alarm_times(live, past, tolerance=0.20)) == []


class TestWithoutABaseline:
    def test_a_gross_break_is_found_on_the_second_day(self) -> None:
        live = list(minutes(hours(stepping(0.30, 0.90, 30), 48)))
        found = list(alarm_times(live, []))
        assert 0 < waited(found[0], 30) < 2

    def test_a_small_change_is_left_alone(self) -> None:
        assert list(alarm_times(minutes(hours(stepping(0.30, 0.38, 30), 120)), [])) == []

    def test_the_first_week_becomes_the_baseline(self) -> None:
        live = list(minutes(hours(stepping(0.30, 0.40, CHANGE), 2 * WEEK_HOURS)))
        found = list(alarm_times(live, []))
        assert 0 < waited(found[0]) < 24

    def test_a_gross_break_is_not_taken_for_normal(self) -> None:
        live = list(minutes(hours(stepping(0.30, 0.90, 60), 2 * WEEK_HOURS)))
        found = list(alarm_times(live, []))
        assert waited(found[-1], 60) > WEEK_HOURS  # long after a baseline could be fitted

    def test_a_few_days_of_history_are_added_to(self) -> None:
        every = list(minutes(hours(stepping(0.30, 0.40, CHANGE), 2 * WEEK_HOURS)))
        border = hour(72) // 1000
        past = [bucket for bucket in every if bucket[0] < border]
        assert list(alarm_times(every[len(past) :], past)) == list(alarm_times(every, []))


def test_buckets_out_of_order_are_refused() -> None:
    at = hour(WEEK_HOURS) // 1000
    with pytest.raises(InputError, match="sort them by time"):
        list(alarm_times([(at + 60, 1, 2), (at, 1, 2)], week(always(0.30))))


@pytest.mark.parametrize("bucket", [(0, 3, 2), (0, -1, 2)])
def test_impossible_counts_are_refused(bucket: Bucket) -> None:
    with pytest.raises(InputError, match="cannot exceed"):
        list(alarm_times([bucket], []))
    with pytest.raises(InputError, match="cannot exceed"):
        list(alarm_times([], [bucket]))


def test_nothing_to_watch_gives_no_alarm() -> None:
    assert list(alarm_times([], [])) == []
    assert list(alarm_times([], week(always(0.30)))) == []
