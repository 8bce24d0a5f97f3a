"""Callers that escalate far beyond their own past are named, and those that were always so are not."""

import json
from typing import Any

import pytest

from alerts.backtest import back_test
from alerts.finding import Finding
from alerts.kinds import callers
from alerts.messages import compose
from alerts.windows import Windows
from alerts.words.speaking import Told
from cascadewatch.drift.diagnosis.spoken import dollars
from cascadewatch.settings import Rule
from cascadewatch.store import episodes, erasure
from cascadewatch.store.audit import Actor
from tests.alerts.conftest import Watch
from tests.alerts.watched import DAY, HOUR, MINUTE, Watched

RULE = {"name": "callers", "kind": "callers"}
TENANTS = [f"t{number}" for number in range(10)]
LATELY = 40  # judged events of a caller in the last day


def fleet(watched: Watched, start: int, end: int, rate: float = 0.3, number: int = LATELY) -> None:
    """Ten callers at one rate."""
    for name in TENANTS:
        watched.send(start, end, rate, number, caller=name)


def past(watched: Watched, now: int, **rates: float) -> None:
    """Ten callers at 30 %, from 16 to 8 days ago; others at their own `rates`."""
    fleet(watched, now - 16 * DAY, now - 8 * DAY, number=80)
    for name, rate in rates.items():
        watched.send(now - 16 * DAY, now - 8 * DAY, rate, 80, caller=name)


def found(watched: Watched, now: int, **said: Any) -> Finding:
    rule = Rule.model_validate({**RULE, **said})
    with watched.store.reading() as connection:
        (one,) = callers.look(Windows(connection, watched.settings), watched.settings, rule, now)
    json.dumps(dict(one.detail), allow_nan=False)
    return one


def names(one: Finding) -> list[str]:
    """Who stands out; [] where the rule is ok."""
    assert one.outcome == ("breached" if "about" in one.detail else "ok")
    return [row["caller"] for row in one.detail.get("about", {"callers": []})["callers"]]


@pytest.fixture
def watched(watching_sqlite: Watch) -> Watched:
    return watching_sqlite(RULE)


class TestAProbe:
    """One caller with 5 % of the traffic always escalates: 3.5 points, which no rule of drift sees."""

    def test_fires_names_the_caller_and_resolves(self, watching: Watch, now: int) -> None:
        watched = watching(RULE, cascade={"support": {"tiers": ["small", "flagship"]}})
        past(watched, now)
        fleet(watched, now - DAY, now, number=80)
        watched.send(now - 12 * HOUR, now, 1.0, LATELY, caller="probe")
        watched.minutes(now, now + 11 * MINUTE, 5 * MINUTE)

        one = watched.episode()
        assert (one.state, one.severity, one.route, one.direction) == ("firing", "ticket", "", "up")
        assert one.since == now - 12 * HOUR
        about = one.detail["about"]
        (row,) = about["callers"]
        assert (row["caller"], row["escalated"], row["judged"], row["before_n"]) == ("probe", 40, 40, 0)
        assert row["expected"] == pytest.approx(0.3, abs=0.01)
        assert row["low"] == pytest.approx(0.91, abs=0.01)
        assert one.detail["message"] == (
            "Caller probe: 100 % (91–100 %) of 40 judged events escalated, 30 % expected."
        )
        assert about["of_judged"] == pytest.approx(40 / 840)
        cost = one.detail["cost_usd_per_day"]
        assert cost["value"] == pytest.approx(28 * 2e-5, rel=0.02)

        fleet(watched, now + HOUR, now + 2 * DAY)
        watched.minutes(now + 2 * DAY, now + 2 * DAY + 21 * MINUTE, 5 * MINUTE)
        assert watched.episode().state == "resolved"
        assert [kind for _, kind, _ in watched.said()] == ["firing", "repeat", "resolved"]

    def test_is_found_by_the_back_test(self, watched: Watched, now: int) -> None:
        past(watched, now)
        fleet(watched, now - DAY, now)
        watched.send(now - 12 * HOUR, now, 1.0, LATELY, caller="probe")
        rule = Rule.model_validate(RULE)
        (one,) = back_test(watched.store, watched.settings, rule, now - 2 * DAY, now).episodes
        assert now - 12 * HOUR < one.opened < now
        assert one.resolved is None

    def test_of_few_events_is_not_worth_a_word(self, watched: Watched, now: int) -> None:
        past(watched, now)
        fleet(watched, now - DAY, now)
        watched.send(now - DAY, now, 1.0, 29, caller="probe")
        assert names(found(watched, now)) == []
        assert names(found(watched, now, min_n=29)) == ["probe"]

    def test_below_the_share_asked_for_is_not_either(self, watched: Watched, now: int) -> None:
        past(watched, now)
        fleet(watched, now - DAY, now)
        watched.send(now - DAY, now, 1.0, LATELY, caller="probe")
        assert found(watched, now).metric.value == pytest.approx(28 / 160, abs=0.01)
        assert names(found(watched, now, above=0.15)) == ["probe"]
        assert found(watched, now, above=0.2).outcome == "undecided"  # within a fifth of the limit
        assert names(found(watched, now, above=0.5)) == []

    def test_is_looked_for_in_the_window_alone(self, watched: Watched, now: int) -> None:
        past(watched, now)
        fleet(watched, now - 3 * DAY, now)
        watched.send(now - 3 * DAY, now - 2 * DAY, 1.0, LATELY, caller="probe")
        assert names(found(watched, now)) == []
        assert names(found(watched, now, window="3d")) == ["probe"]


class TestASecondCaller:
    """One episode holds all callers of a cascade that stand out."""

    @pytest.fixture
    def watched(self, watching_sqlite: Watch, now: int) -> Watched:
        """A new tenant stands out from noon on, and somebody knows of it; a day later another one does."""
        watched = watching_sqlite(RULE, cascade={"support": {"tiers": ["small", "flagship"]}})
        past(watched, now)
        fleet(watched, now - DAY, now + 2 * DAY, number=240)
        watched.send(now - 12 * HOUR, now + 2 * DAY, 1.0, 200, caller="tenant")
        watched.minutes(now, now + 11 * MINUTE, 5 * MINUTE)
        with watched.store.writing() as connection:
            episodes.acknowledge(connection, watched.episode().id, "mia", now + 12 * MINUTE)
        return watched

    def test_is_told_although_the_first_is_known(self, watched: Watched, now: int) -> None:
        before = watched.episode().detail["cost_usd_per_day"]["value"]
        watched.send(now + DAY, now + 2 * DAY, 1.0, 1000, caller="probe")
        watched.minutes(now + 20 * HOUR, now + 30 * HOUR, HOUR)

        one = watched.episode()
        assert sorted(one.detail["told"]["callers"]) == ["probe", "tenant"]
        assert one.acknowledged is None
        assert [kind for _, kind, _ in watched.said()] == ["firing", "update"]
        reasons = [change.reason for change in watched.transitions(one.id)]
        assert reasons == ["breached at 2 looks", "acknowledged by mia", "another caller stands out"]
        message = compose([Told(one, ("update",))], watched.settings, now + 30 * HOUR)
        assert dict(message.items[0].facts)["New"] == "caller probe, since you were last told."
        assert one.detail["cost_usd_per_day"]["value"] > 1.2 * before

    def test_that_was_told_is_not_told_again(self, watched: Watched, now: int) -> None:
        watched.minutes(now + 20 * HOUR, now + 30 * HOUR, 2 * HOUR)
        assert [kind for _, kind, _ in watched.said()] == ["firing"]
        assert watched.episode().acknowledged_by == "mia"


class TestTheEnd:
    def test_is_when_they_stopped_and_not_when_the_window_had_passed(
        self, watched: Watched, now: int
    ) -> None:
        past(watched, now)
        fleet(watched, now - DAY, now + 2 * DAY, number=240)
        watched.send(now - 12 * HOUR, now, 1.0, LATELY, caller="probe")
        watched.minutes(now - 6 * HOUR, now + 26 * HOUR, HOUR)

        one = watched.episode()
        assert one.state == "resolved"
        assert one.resolved is not None
        assert one.resolved > now + 12 * HOUR
        assert (one.since, one.detail["about"]["until"]) == (now - 12 * HOUR, now)
        assert one.detail["about"]["beyond"] == pytest.approx(28, abs=0.5)
        message = compose([Told(one, ("resolved",))], watched.settings, one.resolved)
        facts = dict(message.items[0].facts)
        assert facts["Lasted"].startswith("Sat 00:00 to Sat 12:00, 12 h, as far as can be told;")
        each = one.detail["cost_usd_per_day"]["each"]
        assert facts["In all"] == f"It cost about {dollars(one.detail['about']['beyond'] * each)} more."


def test_where_nothing_was_escalated_there_is_no_share_of_it(watched: Watched, now: int) -> None:
    past(watched, now)
    fleet(watched, now - DAY, now, 0.0)
    one = found(watched, now)
    assert (one.outcome, one.metric.value, one.metric.n) == ("ok", None, 0)
    fleet(watched, now - DAY, now)
    assert (found(watched, now).metric.value, found(watched, now).metric.n) == (0.0, 120)


class TestATenantWithHardQuestions:
    def test_that_has_always_escalated_is_left_alone(self, watched: Watched, now: int) -> None:
        past(watched, now, hard=0.95)
        fleet(watched, now - DAY, now)
        watched.send(now - DAY, now, 0.95, LATELY, caller="hard")
        assert names(found(watched, now)) == []

    def test_that_is_new_stands_out_until_a_week_is_its_own_past(self, watched: Watched, now: int) -> None:
        past(watched, now)
        for day in range(10):
            fleet(watched, now + (day - 1) * DAY, now + day * DAY)
            watched.send(now + (day - 1) * DAY, now + day * DAY, 0.95, LATELY, caller="hard")
        assert names(found(watched, now)) == ["hard"]
        assert names(found(watched, now + 5 * DAY)) == ["hard"]
        assert names(found(watched, now + 9 * DAY)) == []


class TestAStricterVerifier:
    def test_moves_everybody_and_names_nobody(self, watched: Watched, now: int) -> None:
        past(watched, now)
        fleet(watched, now - DAY, now, 0.7)
        assert names(found(watched, now)) == []

    def test_hides_no_caller_that_rises_beyond_it(self, watched: Watched, now: int) -> None:
        past(watched, now, probe=0.3)
        fleet(watched, now - DAY, now, 0.5)
        watched.send(now - DAY, now, 1.0, LATELY, caller="probe")
        assert names(found(watched, now)) == ["probe"]

    def test_is_told_from_a_probe_with_three_callers_too(self, watched: Watched, now: int) -> None:
        for name in TENANTS[:3]:
            watched.send(now - 16 * DAY, now - 8 * DAY, 0.3, 400, caller=name)
            watched.send(now - DAY, now, 0.7, 100, caller=name)
        assert names(found(watched, now)) == []


def test_several_are_named_the_largest_first_and_the_rest_is_counted(watched: Watched, now: int) -> None:
    past(watched, now)
    fleet(watched, now - DAY, now, number=200)
    for number in range(7):
        watched.send(now - DAY, now, 1.0, 40 + number, caller=f"probe{number}")
    one = found(watched, now)
    assert names(one) == [f"probe{number}" for number in (6, 5, 4, 3, 2)]
    assert (one.detail["about"]["number"], one.message.endswith("; and 2 more.")) == (7, True)


def test_a_doubtful_look_neither_fires_nor_ends_anything(watched: Watched, now: int) -> None:
    past(watched, now, probe=0.3)
    fleet(watched, now - DAY, now)
    watched.send(now - DAY, now, 0.56, 100, caller="probe")
    one = found(watched, now)
    assert (one.outcome, one.message) == ("undecided", "No caller surely stands out among 11.")


def test_it_learns_until_there_is_a_past_older_than_a_week(watched: Watched, now: int) -> None:
    fleet(watched, now - 6 * DAY, now, number=200)
    watched.send(now - DAY, now, 1.0, LATELY, caller="probe")
    one = found(watched, now)
    assert (one.outcome, one.message) == (
        "learning",
        "Callers are compared with the events judged more than 7 days ago: 0 of the 500 that it takes.",
    )  # fmt: skip


def test_without_callers_there_is_nothing_to_judge(watched: Watched, now: int) -> None:
    watched.send(now - 16 * DAY, now, 0.3, 800)
    assert found(watched, now).outcome == "no_data"


def test_a_caller_that_is_forgotten_stands_in_no_episode(watched: Watched, now: int) -> None:
    past(watched, now)
    fleet(watched, now - DAY, now)
    watched.send(now - DAY, now, 1.0, LATELY, caller="ada")
    watched.minutes(now, now + 11 * MINUTE, 5 * MINUTE)
    assert "ada" in json.dumps(watched.episode().detail)
    held = erasure.find(watched.store, {"ada"})
    erasure.forget(watched.opened.writer, {"ada"}, held, Actor("ops", "command"), None)
    assert "ada" not in json.dumps(watched.episode().detail)
    assert all("ada" not in f"{json.dumps(s.detail)} {s.message}" for s in watched.states().values())
