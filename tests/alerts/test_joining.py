"""What breaks together is told once: an episode is joined to the one that speaks for it."""

from typing import Any

from alerts.joining import order, parent_of
from cascadewatch.settings import Rule
from tests.alerts.conftest import Watch
from tests.alerts.findings import drifted, said
from tests.alerts.test_telling import START, episode
from tests.alerts.watched import HOUR, MINUTE, TOO_MANY

FALLBACK = Rule(name="a-fallback-drift", kind="drift", metric="fallback_rate")
EARLY = {**TOO_MANY, "name": "early"}
LATE = {**TOO_MANY, "name": "late", "for": "20m"}


def test_escalation_of_a_whole_cascade_opens_first_and_routes_last() -> None:
    whole = drifted("alarm")
    route = drifted("alarm", scope=whole.scope._replace(route="faq"))
    fallback = drifted("alarm", rule=FALLBACK)
    assert sorted([route, fallback, whole], key=order) == [whole, fallback, route]


def test_the_earliest_that_is_open_or_began_lately_is_the_parent() -> None:
    old = episode(id=1, opened=START - 9 * HOUR)
    young = episode(id=2, opened=START - HOUR)
    assert parent_of("drift", "support", START, [young, old]) is old
    over = episode(id=1, opened=START - 9 * HOUR, state="resolved", resolved=START - 8 * HOUR)
    assert parent_of("threshold", "support", START, [young, over]) is young
    lately = episode(id=3, opened=START - 3 * HOUR, state="resolved", resolved=START - 2 * HOUR)
    assert parent_of("burn_rate", "support", START, [young, lately]) is lately


def test_what_is_joined_itself_speaks_for_nobody_nor_does_another_cascade() -> None:
    assert parent_of("drift", "support", START, [episode(parent=7)]) is None
    assert parent_of("drift", "billing", START, [episode()]) is None


def test_silence_and_failing_rules_are_never_joined() -> None:
    for kind in ("no_data", "error"):
        assert parent_of(kind, "support", START, [episode()]) is None
        assert parent_of("drift", "support", START, [episode(kind=kind)]) is None


def joined(watching_sqlite: Watch, now: int, **late: Any) -> Any:
    """Two rules that see the same breach, one after the other."""
    watched = watching_sqlite(EARLY, {**LATE, **late})
    watched.send(now - HOUR, now + HOUR, 0.9, 120)
    watched.minutes(now, now + 30 * MINUTE, 5 * MINUTE)
    return watched


def test_a_joined_episode_is_kept_and_not_told(watching_sqlite: Watch, now: int) -> None:
    watched = joined(watching_sqlite, now)
    early, late = watched.episodes()
    assert (early.parent, late.parent) == (None, early.id)
    assert late.state == "firing"
    assert watched.said() == [(early.id, "firing", "team")]


def test_a_more_severe_one_speaks_for_itself(watching_sqlite: Watch, now: int) -> None:
    watched = joined(watching_sqlite, now, severity="page")
    early, late = watched.episodes()
    assert late.parent == early.id
    assert watched.said() == [(early.id, "firing", "team"), (late.id, "firing", "team")]


def test_it_speaks_once_its_parent_is_over(watching_sqlite: Watch, now: int) -> None:
    watched = joined(watching_sqlite, now)
    early, late = watched.episodes()
    (_, kept) = watched.settings.rule
    watched.run(now + 40 * MINUTE, watched.settings.model_copy(update={"rule": (kept,)}))
    assert watched.said()[1:] == [(early.id, "resolved", "team"), (late.id, "firing", "team")]


def test_what_ends_with_its_parent_is_never_told(watching_sqlite: Watch, now: int) -> None:
    watched = joined(watching_sqlite, now)
    early, _late = watched.episodes()
    watched.run(now + 40 * MINUTE, watched.settings.model_copy(update={"rule": ()}))
    assert [episode.state for episode in watched.episodes()] == ["resolved", "resolved"]
    assert watched.said() == [(early.id, "firing", "team"), (early.id, "resolved", "team")]


def test_within_a_silence_of_its_parent_it_speaks(watching_sqlite: Watch, now: int) -> None:
    from tests.alerts.test_evaluation import silence

    watched = watching_sqlite(EARLY, LATE)
    watched.send(now - HOUR, now + HOUR, 0.9, 120)
    silence(watched, now, now + HOUR, rule="early")
    watched.minutes(now, now + 30 * MINUTE, 5 * MINUTE)
    early, late = watched.episodes()
    assert late.parent == early.id
    assert watched.said() == [(late.id, "firing", "team")]


def test_a_finding_without_a_phase_has_an_order_too() -> None:
    assert order(said("ok")) > order(drifted(None))
