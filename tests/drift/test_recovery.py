"""When an alarm is over."""

import pytest

from cascadewatch.drift import recovery
from cascadewatch.drift.recovery import Phase
from tests.drift.streams import hour, pinned


def phases(shift: float, rate: float, count: int, per_hour: int = 100) -> list[Phase]:
    watching = recovery.detector(pinned(), shift)
    state, found = watching.start(), []
    for number in range(count):
        state = watching.update(state, hour(number), round(rate * per_hour), per_hour)
        found.append(recovery.phase(watching, state))
    return found


def test_after_a_break_it_eases_within_the_hour_and_resolves_within_the_day() -> None:
    found = phases(0.60, 0.30, 24)
    assert found[0] == "easing"
    assert found[-1] == "resolved"


@pytest.mark.parametrize("shift", [0.10, -0.10])
def test_after_ten_points_easing_and_resolving_are_the_same(shift: float) -> None:
    found = phases(shift, 0.30, 48)
    assert found[-1] == "resolved"
    assert "easing" not in found


@pytest.mark.parametrize(
    ("shift", "rate"), [(0.60, 0.90), (0.10, 0.40), (0.05, 0.35), (-0.10, 0.20), (0.05, 0.42)]
)
def test_while_the_change_lasts_it_goes_on_firing(shift: float, rate: float) -> None:
    assert set(phases(shift, rate, 200)) == {"firing"}


def test_half_way_back_is_neither() -> None:
    assert set(phases(0.40, 0.55, 100)) == {"firing"}


def test_well_below_half_the_shift_eases_but_does_not_resolve() -> None:
    assert set(phases(0.40, 0.36, 100)[10:]) == {"easing"}


def test_going_beyond_normal_resolves_too() -> None:
    assert phases(0.20, 0.10, 24)[-1] == "resolved"


def test_thirty_requests_are_needed_first() -> None:
    assert phases(0.60, 0.30, 2, per_hour=14) == ["firing", "firing"]


def test_a_stream_that_normally_never_escalates_recovers() -> None:
    watching = recovery.detector(pinned(0.0), 0.30)
    state = watching.update(watching.start(), hour(0), 0, 200)
    assert recovery.phase(watching, state) != "firing"


def test_days_without_a_baseline_say_nothing() -> None:
    watching = recovery.detector(pinned(weekend_band=None), 0.60)
    assert watching.update(watching.start(), hour(5 * 24), 30, 100) == watching.start()
