"""One stream through its life: learning, alarm, recovery, and what a person or a deploy changes."""

from collections.abc import Callable
from math import log

import pytest

from cascadewatch.drift.escalation import alarm_times
from cascadewatch.drift.fitting import fit
from cascadewatch.drift.hours import Bucket
from cascadewatch.drift.watch import Plan
from tests.drift.streams import WEEK_HOURS, Rate, always, hour, hours, minutes, pinned, stepping
from tests.drift.watched import Alone, hours_from, looks

BREAK, FIX = WEEK_HOURS + 10, WEEK_HOURS + 13


def between(usual: float, broken: float, start: int, end: int) -> Rate:
    return lambda number: broken if start <= number < end else usual


def stream(rate: Rate, count: int, first: int = 0, per_hour: int = 100) -> list[Bucket]:
    return list(minutes(hours(rate, count, per_hour, first)))


class TestAlarms:
    def test_they_come_when_the_whole_detector_says_so(self) -> None:
        live = stream(stepping(0.30, 0.45, BREAK), 3 * WEEK_HOURS)
        seen = Alone().see(live)
        assert [at // 1000 for at in seen.alarms] == list(alarm_times(live, [])) != []

    def test_a_pinned_baseline_gives_the_same_ones_as_its_period(self) -> None:
        past = hours(always(0.30), WEEK_HOURS, 100)
        live = stream(stepping(0.30, 0.45, WEEK_HOURS + 50), 80, WEEK_HOURS)
        seen = Alone(fit(past)).see(live)
        assert [at // 1000 for at in seen.alarms] == list(alarm_times(live, minutes(past))) != []

    def test_an_alarm_opens_with_an_estimate(self) -> None:
        seen = Alone(pinned()).see(stream(stepping(0.30, 0.60, 50), 60))
        alarm = seen.watch.alarms["up"]
        assert alarm.opened == seen.alarms[0]
        assert alarm.change.since == hour(50)
        assert alarm.change.shift == pytest.approx(0.30, abs=0.06)
        assert (alarm.phase, seen.watch.ended) == ("firing", [])

    def test_another_one_in_the_same_direction_is_the_same_alarm(self) -> None:
        seen = Alone(pinned()).see(stream(stepping(0.30, 0.60, 50), 60))
        assert len(seen.alarms) > 1
        assert list(seen.watch.alarms) == ["up"]
        assert seen.watch.alarms["up"].change.n >= 900  # and has a new estimate

    def test_one_in_the_other_direction_is_another(self) -> None:
        seen = Alone(pinned()).see(stream(lambda n: 0.30 if n < 50 else 0.60 if n < 56 else 0.05, 66))
        assert seen.watch.alarms["down"].change.shift < 0
        assert seen.watch.alarms["down"].change.since == hour(56)
        assert [alarm.direction for alarm in seen.watch.ended] == ["up"]

    def test_a_direction_that_is_not_wanted_only_restarts_the_evidence(self) -> None:
        live = stream(stepping(0.30, 0.60, 50), 60)
        seen = Alone(pinned(), wanted="down").see(live)
        assert seen.watch.alarms == {}
        assert seen.alarms == Alone(pinned()).see(live).alarms


class TestRecovery:
    def test_it_eases_soon_and_resolves_within_the_day(self) -> None:
        seen = Alone(pinned()).see(stream(between(0.30, 0.90, BREAK, FIX), WEEK_HOURS + 40))
        (alarm,) = seen.watch.ended
        assert alarm.easing is not None
        assert alarm.resolved is not None
        assert 0 < hours_from(alarm.easing, hour(FIX)) < 1
        assert hours_from(alarm.easing, hour(FIX)) < hours_from(alarm.resolved, hour(FIX)) < 24

    def test_a_change_that_lasts_stays_open(self) -> None:
        seen = Alone(pinned()).see(stream(stepping(0.30, 0.42, 50), 2 * WEEK_HOURS))
        assert seen.watch.ended == []
        assert seen.watch.alarms["up"].phase == "firing"

    def test_what_comes_again_while_it_eases_fires_again(self) -> None:
        seen = Alone(pinned()).see(stream(between(0.30, 0.90, BREAK, FIX), FIX + 1))
        assert seen.watch.alarms["up"].phase == "easing"
        seen.see(stream(always(0.90), 2, first=FIX + 1))
        alarm = seen.watch.alarms["up"]
        assert (alarm.phase, alarm.easing) == ("firing", None)
        assert alarm.opened == seen.alarms[0]

    def test_a_later_change_is_estimated_without_the_one_before(self) -> None:
        rate = lambda n: 0.90 if 50 <= n < 53 else 0.40 if n >= 90 else 0.30  # noqa: E731
        seen = Alone(pinned()).see(stream(rate, 110))
        assert seen.watch.alarms["up"].change.since >= hour(85)
        assert seen.watch.alarms["up"].change.rate < 0.50


class TestLearning:
    def test_the_guard_hands_over_to_the_baseline_after_seven_days(self) -> None:
        seen = Alone().see(stream(always(0.30), WEEK_HOURS + 1))
        assert seen.watch.baseline == fit(seen.history(0, hour(WEEK_HOURS - 6)))
        assert seen.watch.lacking is None

    def test_what_is_lacking_is_said(self) -> None:
        seen = Alone().see(stream(always(0.30), 50))
        assert seen.watch.baseline is None
        assert seen.watch.lacking == "2 of the 7 days, with a weekend, that a baseline needs"

    def test_a_gross_break_is_found_and_not_learnt(self) -> None:
        rate = between(0.30, 0.90, 60, 70)
        seen = Alone().see(stream(rate, WEEK_HOURS + 1))
        assert 0 < hours_from(seen.alarms[0], hour(60)) < 2
        assert [alarm.direction for alarm in seen.watch.ended] == ["up"]
        assert seen.watch.baseline is not None
        assert seen.watch.baseline.rate == pytest.approx(0.30, abs=0.02)
        assert seen.watch.baseline.requests < 160 * 100

    def test_until_then_evidence_counts_a_tenth(self) -> None:
        seen = Alone().see(stream(stepping(0.30, 0.48, 60), 61)).watch
        plain = seen.track.detector.log_mean(seen.track.state)
        assert plain > -10
        assert seen.evidence == pytest.approx(plain - log(10))

    def test_an_alarm_of_the_guard_stays_open_when_the_baseline_is_there(self) -> None:
        seen = Alone().see(stream(stepping(0.30, 0.90, 150), WEEK_HOURS + 4))
        assert seen.watch.baseline is not None
        assert seen.watch.baseline.rate == pytest.approx(0.30, abs=0.02)
        assert seen.watch.alarms["up"].phase == "firing"

    def test_too_few_hours_of_any_day_are_no_baseline(self) -> None:
        few = [(hour(24 * day) // 1000, 30, 100) for day in range(8)]
        seen = Alone().see(few)
        assert seen.watch.baseline is None
        assert seen.watch.lacking == "fewer than 24 hours with traffic of any kind of day"

    def test_a_gap_in_it_is_no_alarm(self) -> None:
        live = [b for b in stream(always(0.30), 2 * WEEK_HOURS) if not hour(60) <= b[0] * 1000 < hour(90)]
        seen = Alone().see(live)
        assert seen.alarms == []
        assert seen.watch.baseline is not None


class TestDeploys:
    def test_the_evidence_starts_again_and_the_baseline_stays(self) -> None:
        live = stream(stepping(0.30, 0.34, 40), 100)
        marked, plain = Alone(pinned(), marks=[hour(60) + 1]), Alone(pinned())
        for seen in (marked, plain):
            seen.see([bucket for bucket in live if bucket[0] * 1000 < hour(60)])
            assert seen.watch.evidence > 0
            seen.see([bucket for bucket in live if hour(60) <= bucket[0] * 1000 < hour(61)])
        assert marked.watch.evidence < plain.watch.evidence
        assert marked.watch.baseline == pinned()
        assert marked.watch.track.floor == hour(60 - 1)

    def test_its_own_effect_is_found_against_the_old_baseline(self) -> None:
        seen = Alone(pinned(), marks=[hour(50)]).see(stream(stepping(0.30, 0.60, 50), 54))
        assert seen.watch.alarms["up"].change.since == hour(50)

    def test_one_entered_long_afterwards_is_not_heeded(self) -> None:
        live = stream(stepping(0.30, 0.34, 40), 100)
        seen = Alone(pinned()).see([bucket for bucket in live if bucket[0] * 1000 < hour(60)])
        seen.watch.marks = [hour(55)]
        before = seen.watch.track.state
        seen.see([bucket for bucket in live if bucket[0] * 1000 >= hour(60)][:1])
        assert seen.watch.track.state.requests == before.requests + seen.watch.track.state.judged

    def test_what_is_open_stays_open(self) -> None:
        seen = Alone(pinned(), marks=[hour(55)]).see(stream(stepping(0.30, 0.60, 50), 60))
        assert list(seen.watch.alarms) == ["up"]
        assert seen.watch.ended == []


class TestBaselinesFromOutside:
    def test_a_level_that_a_person_took_for_normal_ends_what_is_open(self) -> None:
        seen = Alone(pinned()).see(stream(stepping(0.30, 0.40, 50), 100))
        seen.watch.end(hour(100))
        seen.watch.pin(pinned(0.40), hour(100))
        seen.see(stream(always(0.40), 100, first=100))
        assert [alarm.resolved for alarm in seen.watch.ended] == [hour(100)]
        assert seen.watch.alarms == {}

    def test_in_a_walk_each_counts_from_its_time_on(self) -> None:
        plan = [Plan(hour(20), pinned(), False), Plan(hour(100) + 1, pinned(0.40), True)]
        seen = Alone(planned=plan).see(stream(stepping(0.30, 0.40, 50), 200))
        (alarm,) = seen.watch.ended
        assert alarm.resolved == hour(100) + 1
        assert seen.watch.baseline == pinned(0.40)


Course = Callable[[], list[Bucket]]
COURSES: dict[str, Course] = {
    "learning and a break": lambda: stream(between(0.30, 0.90, BREAK, FIX), WEEK_HOURS + 40),
    "a break while learning": lambda: stream(between(0.30, 0.90, 60, 66), WEEK_HOURS + 5),
    "up, then down": lambda: stream(lambda n: 0.30 if n < 200 else 0.50 if n < 230 else 0.15, 260),
    "a slow creep": lambda: stream(lambda n: 0.30 + max(0, n - 170) / 1000, 300),
}


@pytest.mark.parametrize("course", COURSES)
def test_going_on_from_a_row_at_every_look_is_one_pass(course: str) -> None:
    live, marks = COURSES[course](), [hour(180)]
    whole, resumed = Alone(marks=marks).see(live), Alone(marks=marks).see(live, resuming=True)
    assert resumed.alarms == whole.alarms != []
    assert resumed.watch.track.to_dict() == whole.watch.track.to_dict()
    assert [a.resolved for a in resumed.watch.ended] == [a.resolved for a in whole.watch.ended]
    assert {d: a.to_dict() for d, a in resumed.watch.alarms.items()} == {
        d: a.to_dict() for d, a in whole.watch.alarms.items()
    }


def test_late_requests_lead_to_the_state_they_would_have_led_to_in_time() -> None:
    live = looks(stream(stepping(0.30, 0.34, 20), 30))
    late, punctual = Alone(pinned()), Alone(pinned())
    for at, k, n in live:
        punctual.watch.take(at, at - 1 - (at - 1) % 3_600_000, k, n)
        if hour(24) <= at - 1 < hour(25):
            continue  # this hour comes late
        late.watch.take(at, at - 1 - (at - 1) % 3_600_000, k, n)
    late.watch.amend(punctual.watch.track.hours)
    assert late.watch.track.state == punctual.watch.track.state
    assert late.watch.evidence == punctual.watch.evidence


def test_evidence_of_another_tolerance_is_left_behind() -> None:
    seen = Alone(pinned()).see(stream(stepping(0.30, 0.60, 50), 60))
    seen.fields = {"tolerance": 0.10}
    seen.resume()
    assert seen.watch.track.state.requests == 0
    assert seen.watch.alarms["up"].phase == "firing"
