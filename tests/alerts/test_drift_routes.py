"""Which routes are streams of their own, and the family they share with the rest."""

import pytest

from tests.alerts.conftest import Drift
from tests.alerts.drifting import Drifting, at, traffic
from tests.drift.streams import Rate, always, stepping

MOVE = 200
STEADY = always(0.30)


def routes(scene: Drifting, rate: Rate = STEADY, hours: int = 230, **per_hour: int) -> None:
    for number, (route, n) in enumerate(per_hour.items()):
        scene.add(traffic(rate, hours, per_hour=n, seed=number), route=route)


def scopes(scene: Drifting, hour: float) -> list[str]:
    return [finding.scope.route for finding in scene.look(at(hour))]


def test_routes_join_when_their_cascade_has_its_baseline(drifting: Drift) -> None:
    scene = drifting()
    routes(scene, faq=20, orders=10)
    assert scopes(scene, 100) == [""]
    assert scopes(scene, 170) == ["", "faq", "orders"]
    assert scopes(scene, 180) == ["", "faq", "orders"]


def test_small_ones_are_watched_together(drifting_sqlite: Drift) -> None:
    scene = drifting_sqlite()
    routes(scene, faq=20, rare=2, rarer=2)
    assert scopes(scene, 170) == ["", "faq", "__other__"]
    (other,) = [f for f in scene.look(at(180)) if f.scope.route == "__other__"]
    assert other.detail["per_hour"] == 4


def test_what_is_left_over_is_no_stream_below_500_requests(drifting_sqlite: Drift) -> None:
    scene = drifting_sqlite()
    routes(scene, faq=20, orders=10, rare=1)
    assert scopes(scene, 170) == ["", "faq", "orders"]


@pytest.mark.parametrize("rare", [0, 1])
def test_a_cascade_with_one_route_has_no_route_stream(drifting_sqlite: Drift, rare: int) -> None:
    scene = drifting_sqlite()
    routes(scene, faq=20, rare=rare)
    assert scopes(scene, 170) == [""]


def test_routes_of_other_metrics_are_not_watched(drifting_sqlite: Drift) -> None:
    scene = drifting_sqlite({"metric": "fallback_rate"})
    routes(scene, faq=20, orders=10)
    assert scopes(scene, 170) == [""]


def test_a_rule_for_one_route_watches_that_alone(drifting_sqlite: Drift) -> None:
    scene = drifting_sqlite({"cascade": "support", "route": "faq"})
    routes(scene, faq=20, orders=10)
    scene.add(traffic(always(0.30), 200), cascade="other")
    (finding,) = scene.look(at(180))
    assert finding.scope == ("support", "faq")
    assert finding.detail["state"] == "watching"


def test_a_rule_for_one_cascade_leaves_the_others_alone(drifting_sqlite: Drift) -> None:
    scene = drifting_sqlite({"cascade": "support"})
    routes(scene, faq=20)
    scene.add(traffic(always(0.30), 200), cascade="other")
    assert [f.scope.cascade for f in scene.look(at(180))] == ["support"]


def test_one_route_that_breaks_is_found(drifting_sqlite: Drift) -> None:
    scene = drifting_sqlite()
    routes(scene, faq=60, orders=60)
    scene.add(traffic(stepping(0.30, 0.75, MOVE), 230, per_hour=20, seed=5), route="billing")
    found = {f.scope.route: f for f in scene.look(at(MOVE + 12))}
    assert found["billing"].phase == "alarm"
    assert (found["faq"].phase, found["orders"].phase) == (None, None)


def test_a_route_with_its_own_rate_has_its_own_baseline(drifting_sqlite: Drift) -> None:
    scene = drifting_sqlite()
    routes(scene, faq=20)
    routes(scene, always(0.60), orders=20)
    found = {f.scope.route: f.detail["baseline"]["rate"] for f in scene.look(at(180))}
    assert found == {"": pytest.approx(0.45, abs=0.03), "faq": pytest.approx(0.30, abs=0.03),
                     "orders": pytest.approx(0.60, abs=0.03)}  # fmt: skip


def test_among_many_streams_a_move_takes_longer_to_see(drifting_sqlite: Drift) -> None:
    scene = drifting_sqlite()
    scene.add(traffic(always(0.30), 200))
    alone = scene.look(at(200))[0].detail["hours_to_see"]
    scene.forget()
    for number in range(8):
        scene.add(traffic(always(0.30), 200, seed=number + 2), cascade=f"other-{number}")
    among = next(f for f in scene.look(at(200)) if f.scope.cascade == "support").detail["hours_to_see"]
    assert among > alone


def test_a_shorter_time_between_false_alarms_is_sooner(drifting_sqlite: Drift) -> None:
    usual = drifting_sqlite()
    usual.add(traffic(always(0.30), 200))
    slow = usual.look(at(200))[0].detail["hours_to_see"]
    usual.forget()
    quick = drifting_sqlite(false_alarm_days=30)
    assert quick.look(at(200))[0].detail["hours_to_see"] < slow
