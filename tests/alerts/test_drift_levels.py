"""What a person says is normal: the level accepted, a period pinned; what follows at the next looks."""

import pytest

from cascadewatch.store import baselines
from cascadewatch.store.baselines import Pinned
from tests.alerts.conftest import Drift
from tests.alerts.drifting import Drifting, at, traffic
from tests.drift.streams import always, stepping

MOVE = 200  # hours after Monday


def moved(scene: Drifting, rate: float = 0.40, hours: int = 400) -> None:
    """A cascade whose rate goes up for good, looked at twelve hours later."""
    scene.add(traffic(stepping(0.30, rate, MOVE), hours))
    (finding,) = scene.look(at(MOVE + 12))
    assert finding.phase == "alarm"


def current(scene: Drifting, route: str = "") -> Pinned:
    with scene.store.reading() as connection:
        found = baselines.current(connection, "escalation_rate", "support", route)
    assert found is not None
    return found


class TestAccept:
    def test_the_open_episode_ends_and_the_new_level_is_normal(self, drifting: Drift) -> None:
        scene = drifting()
        moved(scene)
        made = scene.accept(at(MOVE), at(MOVE + 12))
        assert isinstance(made, Pinned)
        assert made.how == "accepted"
        assert made.baseline.rate == pytest.approx(0.40, abs=0.03)
        (finding,) = scene.look(at(MOVE + 12) + 300_000)
        assert (finding.phase, finding.direction) == ("resolved", "up")
        assert finding.detail["by_person"] is True
        assert [f.phase for _, f in scene.looks(at(MOVE + 13), at(MOVE + 100), every=24 * 3_600_000)] == [
            None
        ] * 4

    def test_a_level_known_too_roughly_says_which_moves_are_not_looked_for(
        self, drifting_sqlite: Drift
    ) -> None:
        scene = drifting_sqlite()
        moved(scene)
        assert isinstance(scene.accept(at(MOVE + 4), at(MOVE + 12)), Pinned)
        scene.look(at(MOVE + 12) + 300_000)
        finding = scene.look(at(MOVE + 13))[0]
        assert finding.detail["hours_to_see"] is None
        assert "moves under 10 points are not looked for" in finding.message
        assert finding.detail["unseen"].startswith(
            "moves under 10 points are not looked for: the baseline of 4"
        )
        scene.accept(at(MOVE), at(MOVE + 24))
        scene.look(at(MOVE + 24) + 300_000)
        finding = scene.look(at(MOVE + 25))[0]
        assert finding.detail["unseen"] is None
        assert finding.detail["hours_to_see"] > 20

    def test_a_move_from_the_new_level_is_found(self, drifting_sqlite: Drift) -> None:
        scene = drifting_sqlite()
        scene.add(traffic(lambda n: 0.30 if n < MOVE else 0.40 if n < MOVE + 50 else 0.30, 300))
        scene.look(at(MOVE + 12))
        scene.accept(at(MOVE), at(MOVE + 12))
        scene.look(at(MOVE + 13))
        (finding,) = scene.look(at(MOVE + 90))
        assert (finding.phase, finding.direction) == ("alarm", "down")

    def test_it_waits_for_500_requests(self, drifting_sqlite: Drift) -> None:
        scene = drifting_sqlite()
        moved(scene)
        assert scene.accept(at(MOVE + 8), at(MOVE + 12)) == (
            "400 of the 500 judged requests that a new level needs"
        )
        assert current(scene).how == "automatic"

    def test_without_a_baseline_there_is_nothing_to_replace(self, drifting_sqlite: Drift) -> None:
        scene = drifting_sqlite()
        scene.add(traffic(always(0.30), 100))
        scene.look(at(100))
        said = scene.accept(at(50), at(100))
        assert isinstance(said, str)
        assert said.startswith("it is still learning")

    def test_it_is_fitted_anew_once_after_seven_days(self, drifting: Drift) -> None:
        scene = drifting()
        moved(scene, hours=600)
        scene.look(at(MOVE + 12))
        accepted = scene.accept(at(MOVE), at(MOVE + 12))
        assert isinstance(accepted, Pinned)
        scene.look(at(MOVE + 170))
        assert current(scene) == accepted
        scene.look(at(MOVE + 12 + 169))
        fitted = current(scene)
        assert (fitted.how, fitted.author) == ("refitted", "cascadewatch")
        assert fitted.baseline.requests > accepted.baseline.requests
        assert fitted.baseline.rate == pytest.approx(0.40, abs=0.02)
        scene.look(at(MOVE + 12 + 300))
        assert current(scene) == fitted

    def test_it_is_not_fitted_to_a_change_that_is_open(self, drifting_sqlite: Drift) -> None:
        scene = drifting_sqlite()
        scene.add(traffic(lambda n: 0.30 if n < MOVE else 0.40 if n < MOVE + 60 else 0.80, 450))
        scene.look(at(MOVE + 12))
        accepted = scene.accept(at(MOVE), at(MOVE + 12))
        scene.look(at(MOVE + 12 + 200))
        assert current(scene) == accepted

    def test_routes_that_moved_with_their_cascade_go_with_it(self, drifting_sqlite: Drift) -> None:
        scene = drifting_sqlite()
        for number, route in enumerate(("faq", "orders")):
            scene.add(traffic(stepping(0.30, 0.45, MOVE), 300, seed=number), route=route)
        found = scene.look(at(MOVE + 12))
        assert {f.scope.route: f.phase for f in found} == {"": "alarm", "faq": "alarm", "orders": "alarm"}
        scene.episode(at(MOVE), None)
        scene.episode(at(MOVE), None, route="faq")
        scene.accept(at(MOVE), at(MOVE + 12))
        assert [current(scene, route).how for route in ("", "faq", "orders")] == [
            "accepted", "accepted", "automatic",
        ]  # fmt: skip


class TestPin:
    def test_the_last_seven_days_are_the_default(self, drifting: Drift) -> None:
        scene = drifting()
        scene.add(traffic(stepping(0.30, 0.32, MOVE), 400))
        scene.look(at(MOVE))
        made = scene.pin(None, None, at(400))
        assert isinstance(made, Pinned)
        assert (made.how, made.baseline.start) == ("pinned", at(400 - 168))
        assert current(scene) == made
        assert scene.look(at(400))[0].detail["baseline"] == made.baseline.to_dict()

    def test_what_a_period_lacks_is_said(self, drifting_sqlite: Drift) -> None:
        scene = drifting_sqlite()
        scene.add(traffic(always(0.30), 200))
        assert scene.pin(at(0), at(50), at(200)) == ("2 of the 7 days, with a weekend, that a baseline needs")

    def test_incidents_are_left_out(self, drifting: Drift) -> None:
        scene = drifting()
        scene.add(traffic(lambda n: 0.90 if 60 <= n < 84 else 0.30, 200))
        scene.episode(at(60), at(84))
        made = scene.pin(at(0), at(170), at(200))
        assert isinstance(made, Pinned)
        assert made.baseline.rate == pytest.approx(0.30, abs=0.02)
        assert made.baseline.requests == (170 - 24) * 100

    def test_what_was_left_out_is_said_where_too_little_is_left(self, drifting_sqlite: Drift) -> None:
        scene = drifting_sqlite()
        scene.add(traffic(always(0.30), 200, per_hour=4))
        scene.episode(at(20), None)
        said = scene.pin(at(0), at(170), at(200))
        assert (
            said
            == "80 of the 500 judged requests that a baseline needs; 150 hours inside episodes were left out"
        )

    def test_it_ends_what_is_open(self, drifting_sqlite: Drift) -> None:
        scene = drifting_sqlite()
        moved(scene)
        scene.pin(at(MOVE), at(MOVE + 165), at(MOVE + 165))
        found = [f for f in scene.look(at(MOVE + 166)) if f.phase]
        assert [(f.phase, f.direction) for f in found] == [("resolved", "up")]

    def test_small_steps_that_add_up_are_warned_of(self, drifting_sqlite: Drift) -> None:
        scene = drifting_sqlite()
        scene.add(traffic(lambda n: 0.30 + 0.04 * (n // 200), 600))
        scene.look(at(190))
        warned = [scene.pin(at(200 * n), at(200 * n + 190), at(200 * n + 190)) for n in (1, 2)]
        assert [isinstance(p, Pinned) and p.warning is not None for p in warned] == [False, True]
        (finding,) = scene.look(at(595))
        assert "a slow drift may have been taken for normal" in finding.detail["ratchet"]


def test_what_a_person_pinned_while_a_look_went_on_is_right(drifting: Drift) -> None:
    scene = drifting()
    scene.add(traffic(always(0.30), 200))
    found = scene.seen(at(190))
    pinned = scene.pin(at(0), at(180), at(190))
    scene.remember(found, at(190))
    assert current(scene) == pinned
    assert scene.look(at(200))[0].detail["baseline"]["end"] == at(180)
