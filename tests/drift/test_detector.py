"""State goes in, state comes out: however the requests arrive, the evidence is the same."""

import json
from math import inf, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.drift.detector import Detector, State, log_mean
from cascadewatch.drift.hypotheses import detector
from cascadewatch.errors import InputError
from tests.drift.streams import hour, pinned

SINGLE = log(2160)
Counts = tuple[int, int]

counts = st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
courses = st.lists(counts, min_size=1, max_size=8)  # one (escalated, judged) an hour


def run(watching: Detector, course: list[Counts], state: State | None = None, first: int = 0) -> State:
    state = state or watching.start()
    for number, (k, n) in enumerate(course, first):
        state = watching.update(state, hour(number), k, n)
    return state


@given(st.lists(counts, max_size=12), courses)
def test_the_split_of_an_hour_over_calls_does_not_matter(parts: list[Counts], before: list[Counts]) -> None:
    watching = detector(pinned())
    state = split = run(watching, before)
    last = hour(len(before))
    for k, n in parts:
        split = watching.update(split, last, k, n)
    whole = watching.update(state, last, sum(k for k, _ in parts), sum(n for _, n in parts))
    assert split == whole


@given(courses, courses)
def test_going_on_from_a_stored_state_equals_one_pass(first: list[Counts], second: list[Counts]) -> None:
    watching = detector(pinned())
    hour_, escalated, judged, levels, before = json.loads(json.dumps(run(watching, first)))
    stored = State(hour_, escalated, judged, tuple(levels), before)
    resumed = run(detector(pinned()), second, stored, len(first))
    assert resumed == run(watching, first + second)


@given(courses, counts, counts)
def test_late_requests_count_as_if_they_had_been_in_time(
    before: list[Counts], seen: Counts, late: Counts
) -> None:
    watching = detector(pinned())
    early = watching.update(run(watching, before), hour(8), *seen)
    again = watching.update(early.opening, hour(8), seen[0] + late[0], seen[1] + late[1])
    in_time = watching.update(run(watching, before), hour(8), seen[0] + late[0], seen[1] + late[1])
    if seen[1]:  # without any request the hour was never opened
        assert again == in_time


@given(courses, counts)
def test_looking_at_the_same_hour_twice_counts_it_once(before: list[Counts], last: Counts) -> None:
    watching = detector(pinned())
    once = watching.update(run(watching, before), hour(8), *last)
    twice = watching.update(once.opening, hour(8), *last) if last[1] else once
    assert twice == once


@given(courses, st.floats(0.03, 0.97))
def test_a_rate_and_its_complement_give_the_same_evidence(course: list[Counts], rate: float) -> None:
    there, back = detector(pinned(rate)), detector(pinned(1 - rate))
    mirrored = [(n - k, n) for k, n in course]
    one = log_mean(there.log_evidence(run(there, course)))
    other = log_mean(back.log_evidence(run(back, mirrored)))
    assert one == pytest.approx(other, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.30, 0.60, 0.95])
@pytest.mark.parametrize("escalated", [0, 1, 2, 3])
def test_three_requests_cannot_alarm_even_without_the_minimum(rate: float, escalated: int) -> None:
    watching = detector(pinned(rate))
    state = watching.update(watching.start(), hour(0), escalated, 3)
    assert log_mean(watching.log_evidence(state)) < SINGLE


def test_twelve_escalations_in_a_row_are_evidence_enough_and_thirty_requests_an_alarm() -> None:
    watching = detector(pinned(overdispersion=0.001))
    twelve = watching.update(watching.start(), hour(0), 12, 12)
    assert log_mean(watching.log_evidence(twelve)) >= SINGLE
    assert watching.log_mean(twelve) == -inf
    assert watching.log_mean(watching.update(twelve, hour(0), 18, 18)) >= SINGLE


def test_a_fall_from_5_percent_to_none_is_found_within_a_thousand_requests() -> None:
    watching = detector(pinned(0.05))
    assert watching.log_mean(run(watching, [(0, 100)] * 10)) >= SINGLE


def test_empty_hours_and_gaps_change_nothing() -> None:
    watching = detector(pinned())
    state = run(watching, [(40, 100), (0, 0), (0, 0)])
    assert state == run(watching, [(40, 100)])
    assert (
        watching.update(state, hour(500), 30, 100).levels == watching.update(state, hour(1), 30, 100).levels
    )


def test_hours_of_a_day_without_a_baseline_change_nothing() -> None:
    watching = detector(pinned(weekend_band=None))
    friday = watching.update(watching.start(), hour(4 * 24), 45, 100)
    assert watching.update(friday, hour(5 * 24), 95, 100) == friday
    assert watching.update(friday, hour(7 * 24), 45, 100) != friday


def test_a_quiet_stream_forgets_what_spoke_for_a_shift() -> None:
    watching = detector(pinned())
    suspicious = run(watching, [(45, 100)] * 3)
    calm = run(watching, [(30, 100)] * 100, suspicious, 3)
    assert watching.log_mean(calm) < 1 < watching.log_mean(suspicious)


def test_evidence_is_divided_by_the_temper() -> None:
    plain, tempered = detector(pinned()), detector(pinned(temper=4.0))
    one, four = (w.log_evidence(run(w, [(50, 100)])) for w in (plain, tempered))
    assert four == pytest.approx([value / 4 for value in one])


class TestRestart:
    def test_forgets_the_evidence_and_the_requests(self) -> None:
        watching = detector(pinned())
        state = watching.restart(run(watching, [(60, 100)] * 3))
        assert watching.log_evidence(state) == pytest.approx([0.0] * 8)
        assert state.requests == 0

    def test_does_not_take_the_same_hour_for_new_evidence(self) -> None:
        watching = detector(pinned())
        after = watching.restart(watching.update(watching.start(), hour(0), 500, 1000))
        same_hour = watching.update(after, hour(0), 50, 100)
        next_hour = watching.update(after, hour(1), 50, 100)
        assert watching.log_mean(same_hour) < SINGLE / 4 < watching.log_mean(next_hour)

    def test_survives_late_requests(self) -> None:
        watching = detector(pinned())
        restarted = watching.restart(watching.update(watching.start(), hour(0), 60, 100))
        later = watching.update(restarted, hour(0), 20, 50)
        assert watching.update(restarted.opening, hour(0), 80, 150) == later


def test_an_hour_before_the_states_own_is_refused() -> None:
    watching = detector(pinned())
    state = watching.update(watching.start(), hour(5), 30, 100)
    with pytest.raises(InputError, match="recompute from the state stored"):
        watching.update(state, hour(4), 30, 100)


def test_a_flood_of_evidence_stays_a_number() -> None:
    watching = detector(pinned(overdispersion=0.001))
    value = watching.log_mean(run(watching, [(10_000, 10_000)] * 200))
    assert SINGLE < value < inf
