"""The demo month: valid events, every path, the stated incidents, all of it repeatable."""

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec
import pytest

from cascadewatch.demo import build
from cascadewatch.demo.rhythm import HOUR_MS
from cascadewatch.demo.scenario import LABEL_SHARE, NEWCOMER, calendar
from cascadewatch.model import NAME_LENGTH, PATHS, Event

if TYPE_CHECKING:
    from tests.demo.conftest import Month

BERLIN = ZoneInfo("Europe/Berlin")


def test_counts_what_it_yields_in_time_order_up_to_the_last_minute(month: "Month") -> None:
    times = [e.millis for e in month.events]
    assert len(times) == month.count >= 60_000
    assert times == sorted(times)
    assert month.now - 60_000 <= times[-1] <= month.now
    assert times[0] >= month.when.start


def test_ids_are_unique(month: "Month") -> None:
    assert len({e.id for e in month.events}) == month.count


def test_events_are_such_as_the_collector_accepts(month: "Month") -> None:
    for event in month.events[::50]:
        assert msgspec.json.decode(msgspec.json.encode(event), type=Event) == event


def test_names_fit_their_columns(month: "Month") -> None:
    names = {n for e in month.events for n in (e.id, e.route, e.caller, e.session, e.revision)}
    assert max(len(n) for n in names if n is not None) <= NAME_LENGTH


def test_same_arguments_give_the_same_events(month: "Month") -> None:
    again = build(month.now, month.timezone)
    assert list(islice(again.events, 5000)) == month.events[:5000]
    assert again.annotations == month.annotations


@pytest.mark.parametrize(("shift", "seed"), [(0, 8), (1, 9)], ids=["another seed", "another end"])
def test_other_arguments_share_no_id(month: "Month", shift: int, seed: int) -> None:
    other = build(month.now + shift, month.timezone, seed)
    assert not {e.id for e in other.events} & {e.id for e in month.events}


def test_support_is_on_target_outside_its_break(month: "Month") -> None:
    before = month.rate("support", month.when.start, month.when.broken)
    after = month.rate("support", month.when.mended, month.now)
    assert before == pytest.approx(0.39, abs=0.02)
    assert after == pytest.approx(before, abs=0.02)


def test_support_escalates_about_90_percent_for_three_hours_of_a_working_day(month: "Month") -> None:
    assert month.when.mended - month.when.broken == 3 * HOUR_MS
    assert 0.85 < month.rate("support", month.when.broken, month.when.mended) < 0.95
    reasons = Counter(
        (v.outcome, v.mechanism)
        for e in month.events
        for a in e.attempts
        if (v := a.verdict) is not None and v.reason == "format"
    )
    assert list(reasons) == [("reject", "schema")]


def test_documents_rise_by_more_than_5_points_because_of_one_tenant_on_one_route(month: "Month") -> None:
    start, cut, end = month.when.start, month.when.onboarded, month.now
    assert month.rate("documents", cut, end) - month.rate("documents", start, cut) > 0.07
    within = month.rate("documents", cut, end, "contracts") - month.rate("documents", start, cut, "contracts")
    assert abs(within) < 0.05
    joined = [e for e in month.events if e.caller == NEWCOMER]
    assert {(e.cascade, e.route) for e in joined} == {("documents", "contracts")}
    assert min(e.millis for e in joined) >= cut


def test_coding_falls_by_more_than_5_points_with_its_threshold(month: "Month") -> None:
    start, cut, end = month.when.start, month.when.loosened, month.now
    assert month.rate("coding", cut, end) - month.rate("coding", start, cut) < -0.10
    thresholds = {
        (e.millis >= cut, a.verdict.threshold)
        for e in month.events
        if e.cascade == "coding"
        for a in e.attempts
        if a.verdict is not None and a.verdict.score is not None
    }
    assert thresholds == {(False, 0.75), (True, 0.25)}


def test_the_fall_lets_more_wrong_answers_through(month: "Month") -> None:
    def precision(start: int, end: int) -> float:
        correct = [
            label.correct
            for e, f in zip(month.events, month.facts, strict=True)
            if e.cascade == "coding" and f.path == "accepted" and start <= e.millis < end
            for label in e.labels
            if label.attempt == f.cheap_index
        ]
        return sum(correct) / len(correct)

    fallen = precision(month.when.loosened, month.now)
    assert fallen < precision(month.when.start, month.when.loosened) - 0.015


def test_number_check_changes_its_models_once_and_escalates_more(month: "Month") -> None:
    seen: dict[bool, set[str | None]] = {False: set(), True: set()}
    for event in month.events:
        if event.route == "number-check":
            seen[event.millis >= month.when.snapshot] |= {
                a.model for a in event.attempts if a.kind == "model"
            }
    assert seen[False] == {"gpt-3.5-turbo-0301", "gpt-4-0314"}
    assert seen[True] == {"gpt-3.5-turbo-0613", "gpt-4-0613"}
    assert month.rate("documents", month.when.start, month.when.snapshot, "number-check") < 0.04
    assert month.rate("documents", month.when.snapshot, month.now, "number-check") > 0.10


def test_every_path_and_every_cause_occurs_and_arranged_courses_stay_few(month: "Month") -> None:
    paths = Counter(f.path for f in month.facts)
    assert set(paths) == set(PATHS)
    causes = {f.cause for f in month.facts} - {None}
    assert causes == {"error", "timeout", "refused", "rate_limited", "judge"}
    assert any(f.exhausted for f in month.facts)
    assert any(f.retries for f in month.facts)
    assert any(not f.completed for f in month.facts)
    few = sum(paths[p] for p in ("cached", "routed", "fallback", "unverified"))
    assert 0.03 < few / month.count < 0.06


def test_labels_are_a_random_sample_with_its_probability(month: "Month") -> None:
    answering = [
        (e, f) for e, f in zip(month.events, month.facts, strict=True) if f.path != "cached" and f.completed
    ]
    labelled = [(e, f) for e, f in answering if e.labels]
    assert len(labelled) / len(answering) == pytest.approx(LABEL_SHARE, abs=0.01)
    kinds = {(x.source, x.sampling, x.probability) for e, _ in labelled for x in e.labels}
    assert kinds == {("executable", "random", LABEL_SHARE)}
    assert all(f.served_index in {x.attempt for x in e.labels} for e, f in labelled)


def test_texts_come_with_labels_of_the_last_week_and_match_the_attempts(month: "Month") -> None:
    told = [e for e in month.events if e.text is not None]
    assert len(told) > 500
    for event in told:
        assert event.text is not None
        assert event.text.prompt
        assert len(event.text.answers) == len(event.attempts)
        assert event.millis >= month.now - 7 * 24 * HOUR_MS


def test_tenants_share_the_traffic_unevenly(month: "Month") -> None:
    callers = Counter(e.caller for e in month.events)
    assert len(callers) == 61
    assert callers.most_common()[0][1] > 10 * callers.most_common()[-1][1]


def test_each_cascade_has_several_revisions_in_order(month: "Month") -> None:
    for cascade in ("support", "documents", "coding"):
        revisions = [e.revision or "" for e in month.events if e.cascade == cascade]
        assert len(set(revisions)) >= 2
        assert revisions == sorted(revisions)


def test_annotations_lie_in_the_month_and_say_demo(month: "Month") -> None:
    assert all("demo" in mark.text for mark in month.annotations)
    assert all(month.when.start <= mark.time_ms <= month.now for mark in month.annotations)
    marked = {(mark.cascade, mark.time_ms) for mark in month.annotations}
    incidents = {("support", month.when.broken), ("documents", month.when.snapshot),
                 ("documents", month.when.onboarded), ("coding", month.when.loosened)}  # fmt: skip
    assert incidents <= marked


@pytest.mark.parametrize("day", range(7))
def test_incidents_lie_in_the_past_whatever_the_weekday_or_hour(month: "Month", day: int) -> None:
    for hour in range(0, 24, 3):
        when = calendar(month.now + day * 24 * HOUR_MS + hour * HOUR_MS, BERLIN)
        assert when.start < when.snapshot < when.broken < when.mended < when.onboarded < when.loosened
        assert 3.5 < (when.end - when.onboarded) / (24 * HOUR_MS) < 7
        assert 7 < (when.end - when.broken) / (24 * HOUR_MS) < 11
