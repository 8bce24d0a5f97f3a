"""The first week: gross breaks only."""

from math import log

import pytest

from cascadewatch.drift import guard
from cascadewatch.drift.detector import State
from cascadewatch.drift.hours import Hour
from tests.drift.streams import always, hour, hours

SINGLE = log(2160) + guard.CAUTION


def fitted(rate: float = 0.30, age: int = 24) -> guard.Guard:
    return guard.Guard(rate, 0.01, hour(0), hour(age))


def watched(known: guard.Guard, given: list[Hour]) -> float:
    """The most evidence seen at the end of any of these hours."""
    watching = guard.detector(known)
    state, most = watching.start(), float("-inf")
    for start, k, n in given:
        state = watching.update(state, start, k, n)
        most = max(most, watching.log_mean(state))
    return most


def test_it_begins_with_three_hours_and_a_hundred_requests() -> None:
    assert guard.fit(hours(always(0.3), 2), hour(2)) is None
    assert guard.fit(hours(always(0.3), 5, per_hour=19), hour(5)) is None
    assert guard.fit(hours(always(0.3), 5, per_hour=20), hour(5)) is not None


def test_it_pools_all_hours_and_takes_them_to_scatter_by_1_percent_at_least() -> None:
    known = guard.fit([*hours(always(0.2), 3, rho=0.0), *hours(always(0.4), 3, first=3, rho=0.0)], hour(6))
    assert known is not None
    assert known.rate == pytest.approx(0.30)
    assert (known.since, known.fitted) == (hour(0), hour(6))
    flat = guard.fit(hours(always(0.3), 6, rho=0.0), hour(6))
    assert flat is not None
    assert flat.overdispersion == 0.01 < known.overdispersion


def test_it_looks_for_20_and_40_points_both_ways() -> None:
    assert sorted(guard.detector(fitted()).shifts) == pytest.approx([-0.4, -0.2, 0.2, 0.4])


def test_at_a_low_rate_it_does_not_look_down() -> None:
    assert sorted(guard.detector(fitted(0.05)).shifts) == pytest.approx([0.2, 0.4])


@pytest.mark.parametrize("rate", [0.20, 0.25, 0.35, 0.40])
def test_ten_points_either_way_are_swallowed(rate: float) -> None:
    assert watched(fitted(), hours(always(rate), 100, rho=0.0, first=24)) < SINGLE


@pytest.mark.parametrize(("rate", "within"), [(0.90, 1), (0.70, 3), (0.08, 12)])
def test_gross_breaks_are_found(rate: float, within: int) -> None:
    assert watched(fitted(), hours(always(rate), within, first=24)) >= SINGLE


class TestRenewal:
    def test_waits_until_the_age_has_doubled(self) -> None:
        known, calm = fitted(age=10), State(None, 0, 0, (0.0,) * 4, 100)
        assert guard.renewed(known, hours(always(0.4), 19), hour(19), calm) is known
        fresh = guard.renewed(known, hours(always(0.4), 20), hour(20), calm)
        assert fresh is not None
        assert fresh.rate == pytest.approx(0.4, abs=0.03)

    def test_does_not_learn_a_break_under_suspicion(self) -> None:
        known, suspicious = fitted(age=10), State(None, 0, 0, (0.0, 3.0, 0.0, 0.0), 100)
        assert guard.renewed(known, hours(always(0.4), 20), hour(20), suspicious) is known

    def test_keeps_the_evidence_of_shifts_that_are_still_looked_for(self) -> None:
        old, new = guard.detector(fitted(0.30)), guard.detector(fitted(0.05))
        levels = dict(zip(old.shifts, (1.0, 2.0, 3.0, 4.0), strict=True))
        state = State(None, 0, 0, tuple(levels.values()), 100)
        assert guard.carried(state, old, new).levels == tuple(levels[shift] for shift in new.shifts)

    def test_starts_when_there_is_enough(self) -> None:
        nothing = State(None, 0, 0, (), 0)
        assert guard.renewed(None, hours(always(0.3), 2), hour(2), nothing) is None
        assert guard.renewed(None, hours(always(0.3), 3), hour(3), nothing) is not None
