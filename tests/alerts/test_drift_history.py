"""Walking over history: what is arranged is found, and nothing else."""

from tests.alerts.conftest import Drift
from tests.alerts.drifting import at, traffic
from tests.drift.streams import Rate, always, stepping


def test_arranged_breaks_are_found_and_no_more(drifting: Drift) -> None:
    scene = drifting()
    courses: dict[str, Rate] = {
        "broken": lambda n: 0.90 if 300 <= n < 303 else 0.30,
        "loosened": stepping(0.40, 0.20, 400),
        "quiet": always(0.30),
        "weekends": lambda n: 0.20 if n % 168 >= 120 else 0.30,
    }
    for number, (name, rate) in enumerate(courses.items()):
        scene.add(traffic(rate, 500, seed=number), cascade=name)
    found = scene.walk(at(0), at(500))
    assert [(p.scope.cascade, p.direction, p.resolved is None) for p in found] == [
        ("broken", "up", False),
        ("loosened", "down", True),
    ]
    broken, loosened = found
    assert (broken.estimate.since, loosened.estimate.since) == (at(300), at(400))
    assert at(300) < broken.opened < at(301)
    assert at(400) < loosened.opened < at(410)


def test_what_the_first_look_finds_is_what_the_walk_finds(drifting_sqlite: Drift) -> None:
    scene = drifting_sqlite()
    scene.add(traffic(lambda n: 0.90 if 300 <= n < 303 else 0.30, 400))
    (finding,) = scene.look(at(400))
    assert list(finding.past) == scene.walk(at(0), at(400))


def test_a_walk_uses_the_baselines_that_were_in_force(drifting_sqlite: Drift) -> None:
    scene = drifting_sqlite()
    scene.add(traffic(stepping(0.30, 0.40, 200), 500))
    scene.look(at(212))
    scene.accept(at(200), at(212))
    scene.look(at(213))
    (past,) = scene.walk(at(190), at(480))
    assert at(200) < past.opened < at(212)
    assert past.resolved == at(212)


def test_a_walk_over_days_learns_from_the_week_before(drifting_sqlite: Drift) -> None:
    scene = drifting_sqlite()
    scene.add(traffic(stepping(0.30, 0.50, 300), 330))
    (past,) = scene.walk(at(290), at(330))
    assert at(300) < past.opened < at(306)


def test_what_ended_before_the_walk_began_is_left_out(drifting_sqlite: Drift) -> None:
    scene = drifting_sqlite()
    scene.add(traffic(lambda n: 0.90 if 200 <= n < 203 else 0.30, 400))
    scene.look(at(400))
    assert scene.walk(at(350), at(400)) == []
    assert len(scene.walk(at(180), at(400))) == 1


def test_quarter_hours_are_walked_where_minutes_are_gone(drifting_sqlite: Drift) -> None:
    from tests.alerts.poured import keep_minutes_since

    scene = drifting_sqlite()
    with scene.store.writing() as connection:
        keep_minutes_since(connection, at(15 * 24))
    scene.add(traffic(stepping(0.30, 0.60, 300), 400))
    (past,) = scene.walk(at(0), at(400))
    assert past.estimate.since == at(300)
    assert at(300) < past.opened < at(303)
    assert past.opened % 900_000 == 0


def test_nothing_is_written(drifting_sqlite: Drift) -> None:
    scene = drifting_sqlite()
    scene.add(traffic(always(0.30), 200))
    scene.walk(at(0), at(200))
    assert scene.rows() == {}


def test_a_store_without_traffic_gives_nothing(drifting_sqlite: Drift) -> None:
    scene = drifting_sqlite()
    assert scene.look(at(100)) == []
    scene.add(traffic(always(0.30), 1))
    (finding,) = scene.look(at(0) - 1)
    assert finding.outcome == "no_data"
    assert scene.rows() == {}
