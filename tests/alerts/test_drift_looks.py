"""Looking at streams of drift in a store: the same alarms live, walked and computed at once."""

import pytest

from cascadewatch.drift.escalation import alarm_times
from cascadewatch.store.alert_tables import drift_states
from tests.alerts.conftest import Drift
from tests.alerts.drifting import DAY, HOUR, LOOK, at, traffic
from tests.drift.streams import always, stepping

WEEK = 168
BREAK = 8 * 24 + 9  # hours after Monday


def test_live_walked_and_computed_at_once_the_alarms_are_the_same(drifting: Drift) -> None:
    scene, live = drifting(), traffic(stepping(0.30, 0.60, BREAK), BREAK + 6)
    scene.add(live)
    computed = [1000 * time for time in alarm_times(live, [])]
    scene.look(at(BREAK - 1))
    found = scene.looks(at(BREAK - 1) + LOOK, at(BREAK + 6))
    told = [now for now, finding in found if finding.phase == "alarm"]
    assert told == computed != []
    (past,) = scene.walk(at(0), at(BREAK + 6))
    assert past.opened == computed[0]


def test_looks_at_any_times_leave_the_same_state_as_one(drifting_sqlite: Drift) -> None:
    scene = drifting_sqlite()
    scene.add(traffic(stepping(0.30, 0.34, 180), 230))
    for hour in (3, 50, 51.3, 120, 167.9, 168.2, 168.3, 190, 190.2, 225.5, 230):
        scene.look(at(hour))
    step_by_step = scene.states()
    scene.forget()
    scene.look(at(230))
    assert scene.states() == step_by_step


def test_the_same_look_again_changes_nothing(drifting_sqlite: Drift) -> None:
    scene = drifting_sqlite()
    scene.add(traffic(stepping(0.30, 0.60, BREAK), BREAK + 3))
    scene.look(at(BREAK + 3))
    before = scene.rows()
    (finding,) = scene.look(at(BREAK + 3))
    assert finding.phase == "firing"
    assert scene.rows() == before


def test_a_clock_that_is_set_back_or_far_ahead_changes_nothing(drifting_sqlite: Drift) -> None:
    scene = drifting_sqlite()
    scene.add(traffic(always(0.30), 200))
    scene.look(at(200))
    before = scene.rows()
    for now in (at(190), at(200) + 3600 * DAY, at(200)):
        scene.look(now)
    assert {key: row.look for key, row in scene.rows().items()} == {key: r.look for key, r in before.items()}


def test_a_row_that_another_program_wrote_is_not_read(drifting_sqlite: Drift) -> None:
    scene = drifting_sqlite()
    scene.add(traffic(always(0.30), 200))
    scene.look(at(200))
    before = scene.states()
    with scene.store.writing() as connection:
        connection.execute(drift_states.update().values(state='{"form": 0}'))
    (finding,) = scene.look(at(200))
    assert finding.detail["state"] == "watching"
    assert scene.states().keys() == before.keys()


class TestLateRequests:
    def test_some_that_come_late_count_as_if_in_time(self, drifting_sqlite: Drift) -> None:
        scene, live = drifting_sqlite(), traffic(stepping(0.30, 0.34, 170), 200)
        late = [b for b in live if at(190) <= b[0] * 1000 < at(191) or at(175.5) <= b[0] * 1000 < at(176)]
        scene.add(b for b in live if b not in late)
        scene.look(at(199))
        scene.add(late)
        scene.look(at(200))
        state = scene.states()
        scene.forget()
        scene.look(at(200))
        assert scene.states() == state

    def test_a_batch_of_the_whole_of_yesterday_is_looked_at_in_its_own_time(self, drifting: Drift) -> None:
        scene = drifting()
        scene.add(traffic(always(0.30), 240), cascade="other")
        daily = traffic(stepping(0.30, 0.90, BREAK), 9 * 24)
        scene.add([b for b in daily if b[0] * 1000 < at(8 * 24)])
        scene.look(at(9 * 24))
        scene.add([b for b in daily if b[0] * 1000 >= at(8 * 24)])
        found = {f.scope.cascade: f for f in scene.look(at(9 * 24) + LOOK)}
        assert found["other"].phase is None
        assert found["support"].phase == "alarm"
        assert at(BREAK) < found["support"].detail["opened"] < at(BREAK + 1)

    def test_what_is_older_than_a_day_is_not_looked_at_again(self, drifting_sqlite: Drift) -> None:
        scene = drifting_sqlite()
        scene.add(traffic(always(0.30), 240))
        scene.look(at(240))
        before = scene.rows()["support", ""].state
        scene.add(traffic(always(0.90), 3, first=190, seed=9))
        scene.look(at(240))
        assert scene.rows()["support", ""].state == before


class TestGaps:
    def test_a_gap_is_no_alarm_and_the_state_carries_over(self, drifting_sqlite: Drift) -> None:
        scene, live = drifting_sqlite(), traffic(always(0.30), 260)
        scene.add(b for b in live if not at(200) <= b[0] * 1000 < at(230))
        scene.look(at(199))
        (quiet,) = scene.look(at(229))
        assert (quiet.phase, quiet.outcome, quiet.metric.value) == (None, "no_data", None)
        assert scene.look(at(260))[0].phase is None

    def test_after_a_month_without_a_look_it_begins_anew(self, drifting_sqlite: Drift) -> None:
        scene = drifting_sqlite()
        scene.add(traffic(always(0.30), 200))
        scene.look(at(200))
        scene.add(traffic(always(0.30), 50, first=1000))
        (finding,) = scene.look(at(1050))
        assert finding.phase is None
        assert finding.detail["state"] == "watching"


class TestLearning:
    def test_until_seven_days_are_there_it_says_what_is_lacking(self, drifting: Drift) -> None:
        scene = drifting()
        scene.add(traffic(always(0.30), 200))
        (finding,) = scene.look(at(60.5))
        assert finding.outcome == "learning"
        assert finding.detail["state"] == "learning"
        assert finding.detail["lacking"] == "2 of the 7 days, with a weekend, that a baseline needs"
        assert scene.rows()["support", ""].baseline is None
        (finding,) = scene.look(at(170))
        assert (finding.outcome, finding.detail["lacking"]) == ("ok", None)
        assert finding.detail["baseline"]["rate"] == pytest.approx(0.30, abs=0.02)
        assert scene.rows()["support", ""].baseline is not None

    def test_a_gross_break_on_the_third_day_is_found(self, drifting_sqlite: Drift) -> None:
        scene = drifting_sqlite()
        scene.add(traffic(stepping(0.30, 0.90, 60), 70))
        scene.look(at(59))
        found = [(now, f) for now, f in scene.looks(at(60), at(64)) if f.phase == "alarm"]
        assert at(60) < found[0][0] < at(62)
        assert found[0][1].estimate is not None
        assert found[0][1].estimate.baseline == pytest.approx(0.30, abs=0.03)


class TestWhatIsSaid:
    def test_an_alarm_comes_with_its_estimate(self, drifting_sqlite: Drift) -> None:
        scene = drifting_sqlite()
        scene.add(traffic(stepping(0.30, 0.60, BREAK), BREAK + 5))
        (finding,) = scene.look(at(BREAK + 5))
        estimate = finding.estimate
        assert estimate is not None
        assert (finding.phase, finding.direction, finding.outcome) == ("alarm", "up", "breached")
        assert (estimate.since, estimate.n) == (at(BREAK), 500)
        assert estimate.value == pytest.approx(0.60, abs=0.06)
        assert estimate.baseline == pytest.approx(0.30, abs=0.02)
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.low < estimate.value < estimate.high
        assert finding.message.startswith("Escalation rate of support has been about ")

    def test_how_long_a_move_takes_to_see_is_known_beforehand(self, drifting_sqlite: Drift) -> None:
        scene = drifting_sqlite()
        scene.add(traffic(always(0.30), 200))
        detail = scene.look(at(200))[0].detail
        assert detail["per_hour"] == 100
        assert 10 < detail["hours_to_see"] < 60
        assert 0 <= detail["evidence"] < 1
        assert detail["noisy"] is False
        assert detail["ratchet"] is None

    @pytest.mark.parametrize("tolerance", [0.03, 0.10])
    def test_it_is_known_for_a_move_by_the_rules_tolerance(
        self, drifting_sqlite: Drift, tolerance: float
    ) -> None:
        scene = drifting_sqlite({"tolerance": tolerance})
        scene.add(traffic(always(0.30), 200))
        detail = scene.look(at(200))[0].detail
        assert (detail["tolerance"], detail["unseen"]) == (tolerance, None)
        assert detail["hours_to_see"] > 40 if tolerance < 0.05 else detail["hours_to_see"] < 12

    def test_it_is_known_for_the_direction_that_is_watched(self, drifting_sqlite: Drift) -> None:
        scene = drifting_sqlite(*({"name": way, "direction": way} for way in ("up", "down", "both")))
        scene.add(traffic(always(0.15), 200))
        hours = {f.rule.name: f.detail["hours_to_see"] for f in scene.look(at(200))}
        assert hours["down"] < hours["up"] == hours["both"]

    def test_it_eases_and_ends(self, drifting_sqlite: Drift) -> None:
        scene = drifting_sqlite()
        scene.add(traffic(lambda n: 0.90 if BREAK <= n < BREAK + 3 else 0.30, BREAK + 30))
        scene.look(at(BREAK - 1))
        found = scene.looks(at(BREAK), at(BREAK + 28), every=HOUR)
        phases = [finding.phase for _, finding in found]
        assert [p for i, p in enumerate(phases) if i == 0 or phases[i - 1] != p] == [
            None, "alarm", "easing", "resolved", None,
        ]  # fmt: skip
        assert [finding.direction for _, finding in found if finding.phase] == ["up"] * (
            len(phases) - phases.count(None)
        )

    def test_what_began_and_ended_before_the_first_look_is_told_apart(self, drifting_sqlite: Drift) -> None:
        scene = drifting_sqlite()
        scene.add(traffic(lambda n: 0.90 if BREAK <= n < BREAK + 3 else 0.30, BREAK + 40))
        (finding,) = scene.look(at(BREAK + 40))
        (past,) = finding.past
        assert finding.phase is None
        assert (past.rule, past.scope, past.direction) == ("escalation", finding.scope, "up")
        assert past.easing is not None
        assert past.resolved is not None
        assert at(BREAK) < past.opened < at(BREAK + 1) < past.easing < past.resolved < at(BREAK + 27)
        assert past.estimate.since == at(BREAK)
        assert past.estimate.value == pytest.approx(0.90, abs=0.05)

    def test_a_direction_that_the_rule_does_not_want_is_not_told(self, drifting_sqlite: Drift) -> None:
        scene = drifting_sqlite({"direction": "down"})
        scene.add(traffic(stepping(0.30, 0.60, BREAK), BREAK + 5))
        (finding,) = scene.look(at(BREAK + 5))
        assert (finding.phase, finding.past) == (None, ())


class TestDeploys:
    @pytest.mark.parametrize("kind", ["deploy", "revision"])
    def test_the_evidence_starts_again_at_the_mark(self, drifting: Drift, kind: str) -> None:
        scene = drifting()
        scene.add(traffic(stepping(0.30, 0.35, 180), 220))
        before = scene.look(at(199))[0].detail["evidence"]
        scene.deploy(at(199.1), kind=kind)
        after = scene.look(at(200))[0].detail
        assert 0 == after["evidence"] < before
        assert after["baseline"]["rate"] == pytest.approx(0.30, abs=0.02)

    def test_that_of_another_cascade_is_none_of_its_business(self, drifting_sqlite: Drift) -> None:
        scene = drifting_sqlite()
        scene.add(traffic(stepping(0.30, 0.35, 180), 220))
        scene.look(at(199))
        scene.deploy(at(199.1), cascade="elsewhere")
        assert scene.look(at(200))[0].detail["evidence"] > 0
