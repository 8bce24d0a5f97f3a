"""What a diagnosis rests on is counted right, on both databases: the time since against the time before."""

from collections.abc import Iterator
from typing import Any

import pytest

from cascadewatch.drift.baseline import Baseline
from cascadewatch.drift.diagnosis import diagnose
from cascadewatch.drift.diagnosis.material import Material, Share, Span
from cascadewatch.errors import UsageError
from cascadewatch.model import Event, Label, Usage, Verdict
from cascadewatch.store import baselines, evidence
from tests.model.events import NOON, attempt, event
from tests.store.conftest import Open
from tests.store.opened import Opened

HOUR, DAY = 3_600_000, 86_400_000
SINCE = NOON - 10 * HOUR


def verdict(outcome: Any, **fields: Any) -> Verdict:
    fields.setdefault("verifier", "judge-v2")
    return Verdict(outcome, mechanism="judge", cost_usd=0.0, **fields)


class Traffic:
    """Events one after another, no id twice."""

    def __init__(self) -> None:
        self.number = 0

    def events(self, start: int, end: int, number: int, rate: float, **fields: Any) -> Iterator[Event]:
        """So many evenly over [start, end), of which the share `rate` is rejected and goes up."""
        said = fields.pop("verdict", {})
        why = fields.pop("reason", "low_score")
        cheap = fields.pop("cheap", "small-1")
        for place in range(number):
            up = int((place + 1) * rate + 1e-9) > int(place * rate + 1e-9)
            self.number += 1
            given = verdict("reject" if up else "accept", reason=why if up else None, **said)
            tries = [
                attempt("small", verdict=given, model=cheap, cost_usd=1e-6, usage=Usage(900, None, None, 90))
            ]
            if up:
                tries.append(attempt("flagship", cost_usd=2e-5))
            yield event(f"e{self.number}", *tries, at=start + (end - start) * place // number, **fields)


def gathered(opened: Opened, route: str = "", since: int = SINCE, **said: Any) -> Material:
    with opened.store.reading() as connection:
        return evidence.gather(connection, opened.settings, "support", route, since, NOON, **said)


@pytest.fixture
def week(opened: Opened) -> Opened:
    """Seven days at 30 % on faq and 60 % on contracts; then ten hours at 30 % and 60 % with other shares."""
    traffic = Traffic()
    before = NOON - 7 * DAY
    opened.send(
        *traffic.events(before, SINCE, 400, 0.30, route="faq", caller="a"),
        *traffic.events(before, SINCE, 100, 0.60, route="contracts", caller="b"),
        *traffic.events(SINCE, NOON, 100, 0.30, route="faq", caller="a"),
        *traffic.events(SINCE, NOON, 100, 0.60, route="contracts", caller="new"),
    )
    return opened


def test_both_sides_are_counted(week: Opened) -> None:
    found = gathered(week)
    assert found.moved[1:] == (Share(180, 500), Share(90, 200))
    assert found.escalated[1:] == (Share(180, 500), Share(90, 200))
    assert found.after == Span(SINCE, NOON)
    assert found.before.end == SINCE
    assert found.against == "days before"


def test_routes_add_up_to_the_whole(week: Opened) -> None:
    found = gathered(week)
    assert {g.name: (g.before, g.after) for g in found.routes} == {
        "faq": (Share(120, 400), Share(30, 100)),
        "contracts": (Share(60, 100), Share(60, 100)),
    }
    assert diagnose(found, NOON).title == "traffic mix changed"


def test_one_route_has_its_own_counts_and_no_split(week: Opened) -> None:
    found = gathered(week, "contracts")
    assert found.moved[1:] == (Share(60, 100), Share(60, 100))
    assert found.routes == ()
    assert found.callers is None


def test_callers_have_their_own_past(week: Opened) -> None:
    found = gathered(week).callers
    assert found is not None
    by_name = {g.name: g for g in found.busiest}
    assert set(by_name) == {"a", "new"}
    assert by_name["new"].before == Share(0, 0)
    assert by_name["new"].after == Share(60, 100)
    assert by_name["a"].after == Share(30, 100)
    assert by_name["a"].before.n > 300  # whole UTC days of the week
    assert found.rest.after == Share(0, 0)
    assert found.rest.before.n > 70  # caller b, who is not there any more
    assert found.seen == 2


def test_the_small_routes_together_are_what_the_watched_ones_leave_over(week: Opened) -> None:
    pinned = Baseline(0.3, 500, 0, 1, "UTC", 0.3, 0, 0, 0, 0.01, 1, 0.01, 0.01)
    with week.store.writing() as connection:
        baselines.pin(
            connection,
            "escalation_rate",
            "support",
            "faq",
            pinned,
            how="automatic",
            author="",
            note=None,
            now=1,
        )
    found = gathered(week, "__other__")
    assert found.moved[1:] == (Share(60, 100), Share(60, 100))
    assert [g.name for g in found.routes] == ["contracts"]
    assert sum(use.after.n for use in found.uses) == 100
    assert {g.name: g.after for g in found.reasons} == {"low_score": Share(60, 100)}


def test_rejects_by_reason_are_of_all_judged(opened: Opened) -> None:
    traffic = Traffic()
    opened.send(
        *traffic.events(NOON - 3 * DAY, SINCE, 200, 0.25),
        *traffic.events(SINCE, NOON, 60, 1.0, reason="format"),
        *traffic.events(SINCE, NOON, 40, 0.25),
    )
    found = gathered(opened)
    assert {g.name: (g.before, g.after) for g in found.reasons} == {
        "low_score": (Share(50, 200), Share(10, 100)),
        "format": (Share(0, 200), Share(60, 100)),
    }
    assert diagnose(found, NOON).causes[0].key == "verifier_broken"


def test_verdicts_are_told_apart_by_verifier_and_model(opened: Opened) -> None:
    traffic = Traffic()
    opened.send(
        *traffic.events(NOON - 3 * DAY, SINCE, 200, 0.25),
        *traffic.events(SINCE, NOON, 100, 0.50, verdict={"verifier": "judge-v3"}, cheap="small-2"),
    )
    found = gathered(opened)
    uses = {(u.tier, u.model, u.verifier): (u.before, u.after) for u in found.uses}
    assert uses == {
        ("small", "small-1", "judge-v2"): (Share(50, 200), Share(0, 0)),
        ("small", "small-2", "judge-v3"): (Share(0, 0), Share(50, 100)),
    }
    assert found.cheap == "small"
    changes = {(c.what, c.subject, c.before, c.after) for c in found.changes}
    assert changes == {
        ("model", "small", "small-1", "small-2"),
        ("verifier", "small", "judge-v2", "judge-v3"),
    }
    assert all(abs(change.time - SINCE) <= 15 * 60_000 for change in found.changes)


def test_failures_fallbacks_and_scores(opened: Opened) -> None:
    traffic = Traffic()
    events = list(traffic.events(NOON - 3 * DAY, SINCE, 100, 0.25, verdict={"score": 0.61, "threshold": 0.5}))
    for n in range(30):
        failed = attempt("small", verdict=verdict("timeout"), cost_usd=1e-6)
        events.append(event(f"f{n}", failed, attempt("flagship", cost_usd=2e-5), at=SINCE + n * 60_000))
    opened.send(*events, *traffic.events(SINCE, NOON, 70, 0.1, verdict={"score": 0.32, "threshold": 0.3}))
    found = gathered(opened)
    assert found.failures[1:] == (Share(0, 100), Share(30, 100))
    assert {g.name: g.after for g in found.fallbacks}["judge"] == Share(30, 100)
    assert found.scores == {
        "accept": ({30: 75}, {16: 63}),
        "reject": ({30: 25}, {16: 7}),
    }
    assert [(c.what, c.before, c.after) for c in found.changes] == [("threshold", "0.5", "0.3")]


def test_a_threshold_that_changed_later_counts_too(opened: Opened) -> None:
    """The estimated start lies days too early; the verdicts that the new threshold turned still tell."""
    traffic, later = Traffic(), NOON - 2 * DAY
    old, new = {"score": 0.61, "threshold": 0.7}, {"score": 0.61, "threshold": 0.5}
    opened.send(
        *traffic.events(NOON - 14 * DAY, later, 600, 1.0, verdict=old),
        *traffic.events(later, NOON, 200, 0.0, verdict=new),
    )
    found = gathered(opened, since=NOON - 6 * DAY)
    assert [(c.what, c.before, c.after, c.time) for c in found.changes] == [
        ("threshold", "0.7", "0.5", later)
    ]
    first = diagnose(found, NOON).causes[0]
    assert (first.key, first.n) == ("threshold_changed", 200)


def test_labels_count_as_many_as_they_stand_for(opened: Opened) -> None:
    traffic = Traffic()
    drawn = [Label(0, True, "executable", "random", 0.5)]
    chosen = [Label(0, False, "user", "selected")]
    opened.send(
        *traffic.events(NOON - 3 * DAY, SINCE, 40, 0.25, labels=drawn),
        *traffic.events(SINCE, NOON, 20, 0.50, labels=drawn),
        *traffic.events(SINCE, NOON, 20, 0.50, labels=chosen),
    )
    found = gathered(opened).labels
    assert found is not None
    assert (found.n_before, found.n_after) == (40, 20)
    assert found.right.before == pytest.approx((10, 40))
    assert found.right.after == pytest.approx((10, 20))
    assert found.wrong.after == (0, 0)


def test_without_labels_there_is_nothing_to_say_of_right_and_wrong(week: Opened) -> None:
    assert gathered(week).labels is None


def test_days_that_do_not_show_the_move_give_way_to_the_baseline(opened: Opened) -> None:
    """A slow drift: the days before the estimated start are as bad as what came since."""
    traffic = Traffic()
    first = NOON - 28 * DAY
    opened.send(
        *traffic.events(first, first + 7 * DAY, 300, 0.30),
        *traffic.events(NOON - 8 * DAY, NOON, 400, 0.50),
    )
    pinned = Baseline(0.3, 300, first, first + 7 * DAY, "UTC", 0.3, 0, 0, 0, 0.01, 1, 0.01, 0.01)
    with opened.store.writing() as connection:
        baselines.pin(
            connection, "escalation_rate", "support", "", pinned, how="automatic", author="", note=None, now=1
        )
    found = gathered(opened, shift=0.20)
    assert found.against == "baseline"
    assert found.before == Span(first, first + 7 * DAY)
    assert found.moved.growth == pytest.approx(0.20, abs=0.02)
    assert gathered(opened).against == "days before"


def test_other_rates_have_their_own_parts(week: Opened) -> None:
    found = gathered(week, metric="flagship_share")
    assert found.moved[1:] == (Share(180, 500), Share(90, 200))
    found = gathered(week, metric="judge_failure_rate")
    assert found.moved[1:] == (Share(0, 500), Share(0, 200))


def test_a_metric_that_is_no_rate_is_seen_through_the_escalation_rate(week: Opened) -> None:
    assert gathered(week, metric="cost_ratio").moved[1:] == (Share(180, 500), Share(90, 200))


def test_replays_and_other_cascades_are_left_out(week: Opened) -> None:
    traffic = Traffic()
    traffic.number = 10_000
    week.send(*traffic.events(SINCE, NOON, 100, 1.0, cascade="coding"))
    assert gathered(week).moved.after == Share(90, 200)


def test_an_unknown_cascade_is_refused_by_name(opened: Opened) -> None:
    with pytest.raises(UsageError, match="'support'"):
        gathered(opened)


def test_a_cascade_that_began_with_the_move(opened: Opened) -> None:
    opened.send(*Traffic().events(SINCE, NOON, 50, 0.5))
    found = gathered(opened)
    assert found.moved.before == Share(0, 0)
    assert [cause.key for cause in diagnose(found, NOON).causes] == ["unknown"]


def test_local_days_of_another_zone_count_the_same(opening: Open) -> None:
    opened = opening(timezone="Pacific/Auckland")
    traffic = Traffic()
    opened.send(*traffic.events(NOON - 7 * DAY, SINCE, 300, 0.30), *traffic.events(SINCE, NOON, 100, 0.60))
    assert gathered(opened).moved[1:] == (Share(90, 300), Share(60, 100))
