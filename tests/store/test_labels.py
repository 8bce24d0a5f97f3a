"""Labels: with their event, later, or early; whose word counts; what samples are kept apart."""

from itertools import pairwise
from typing import Any

import pytest

from cascadewatch.model import Label, Verdict
from cascadewatch.store.reads import Reader, arrivals, report
from cascadewatch.store.receipt import LabelRequest
from tests.model.events import NOON, accepted, attempt, escalated, event, moment
from tests.store.opened import DAY, Opened


def says(event_id: str, correct: bool, by: Any = "human", **more: Any) -> LabelRequest:
    more.setdefault("sampling", "random")
    return LabelRequest(event_id, more.pop("attempt", 0), correct, by, **more)


def in_force(opened: Opened, role: str = "cheap") -> list[tuple[str, str, bool]]:
    """(source, sampling, correct) of the labels that count, as the metrics see them."""
    with opened.store.reading() as connection:
        reader = Reader(connection, opened.settings)
        window = reader.window("support", None, reader.cover(NOON - 30 * DAY, NOON + DAY))
    return sorted(
        (x.source, x.sampling, x.correct) for x in window.labels if x.role == role and x.counts["n"]
    )


def quality(opened: Opened) -> float | None:
    with opened.store.reading() as connection:
        row = report(connection, opened.settings, NOON - 30 * DAY, NOON + DAY)["cascades"][0]
    value: float | None = row["metrics"]["quality"]["value"]
    return value


def test_a_later_label_counts_as_if_it_had_come_with_the_event(opened: Opened) -> None:
    opened.send(escalated("a"), escalated("b", labels=[Label(1, False, "human", "random")]))
    receipt = opened.label(says("a", True, attempt=1))
    assert (receipt.received, receipt.accepted) == (1, 1)
    assert quality(opened) == 0.5
    assert opened.broken() == {}


def test_the_report_names_what_quality_rests_on(opened: Opened) -> None:
    opened.send(accepted("a", labels=[Label(0, True, "executable")]), accepted("b", route="faq"))
    opened.label(says("b", True, time=moment(NOON)))
    with opened.store.reading() as connection:
        rows = report(connection, opened.settings, NOON - 30 * DAY, NOON + DAY)["cascades"]
    told = {row["route"]: row["metrics"]["quality"]["reason"] for row in rows}
    newest = "the cascade's newest of 2026-11-21T12:00:00.000Z"
    assert f"from labels: 1 executable, 1 human; {newest}" in told[None]
    assert f"from labels: 1 human; {newest}" in told["faq"]


def test_an_early_label_waits_for_its_event(opened: Opened) -> None:
    opened.label(says("a", True))
    assert opened.number("waiting_labels") == 1
    opened.send(accepted("a"))
    assert opened.number("waiting_labels") == 0
    assert in_force(opened) == [("human", "random", True)]
    assert opened.broken() == {}


def test_an_early_label_waits_seven_days_and_no_longer(opened: Opened) -> None:
    opened.label(says("in-time", True), says("too-late", True), received=NOON)
    opened.send(accepted("in-time"), received=NOON + 7 * DAY)
    opened.send(accepted("too-late"), received=NOON + 7 * DAY + 1)
    assert [row["event"] for row in opened.rows("labels")] == [1]
    assert opened.number("waiting_labels") == 0


def test_of_two_early_labels_of_one_source_the_last_counts(opened: Opened) -> None:
    opened.label(says("a", True), says("a", False))
    opened.label(says("a", True), says("a", False))
    opened.send(accepted("a"))
    assert in_force(opened) == [("human", "random", False)]


def rejected(opened: Opened) -> list[tuple[str, str, int]]:
    """Sender, reason and number of what was counted as refused."""
    with opened.store.reading() as connection:
        rows = arrivals(connection, NOON - DAY, NOON + DAY)
    return [(r.source, r.reason, r.n) for r in rows if r.outcome == "rejected"]


def test_a_label_on_an_attempt_the_event_does_not_have_is_rejected(opened: Opened) -> None:
    opened.send(accepted("a"))
    receipt = opened.label(says("a", True, attempt=1), says("a", True))
    assert (receipt.received, receipt.accepted, receipt.rejected) == (2, 1, 1)
    assert (receipt.errors[0].index, receipt.errors[0].field) == (0, "attempt")
    assert opened.number("labels") == 1


def test_an_early_one_is_counted_as_rejected_for_the_same_reason_once_its_event_is_there(
    opened: Opened,
) -> None:
    opened.send(accepted("there"))
    opened.label(says("there", True, attempt=3))
    [(sender, reason, n)] = rejected(opened)
    opened.label(says("a", True, attempt=3), says("a", True, attempt=2), says("a", True))
    assert opened.send(accepted("a", labels=[Label(0, False, "user")])).rejected == 0
    assert (sender, n) == ("local/labels", 1)
    assert rejected(opened) == [(sender, reason, 3)]
    assert (opened.number("labels"), opened.number("waiting_labels")) == (2, 0)
    assert opened.broken() == {}


PRECEDENCE = ["human", "executable", "user", "judge"]


@pytest.mark.parametrize(("over", "under"), list(pairwise(PRECEDENCE)))
@pytest.mark.parametrize("last", ["over", "under"])
def test_one_source_outranks_another_whichever_comes_last(
    opened: Opened, over: str, under: str, last: str
) -> None:
    opened.send(accepted("a"))
    said = [says("a", True, over), says("a", False, under)]
    for request in said if last == "under" else reversed(said):
        opened.label(request)
    assert in_force(opened) == [(over, "random", True)]
    assert opened.number("labels") == 2
    assert opened.broken() == {}


def test_the_same_source_may_change_its_mind(opened: Opened) -> None:
    opened.send(accepted("a"))
    for correct in (True, False, False, True):
        opened.label(says("a", correct))
    assert in_force(opened) == [("human", "random", True)]
    assert quality(opened) == 1.0
    assert opened.number("labels") == 1
    assert opened.broken() == {}


def test_complaints_are_kept_apart_from_samples(opened: Opened) -> None:
    opened.send(accepted("a"), accepted("b"))
    opened.label(says("a", True, "executable"), says("b", False, "user", sampling="selected"))
    assert in_force(opened) == [("executable", "random", True), ("user", "selected", False)]
    assert quality(opened) == 1.0


def test_a_selected_label_does_not_outrank_a_random_one(opened: Opened) -> None:
    opened.send(accepted("a"))
    opened.label(says("a", True, "judge"), says("a", False, "human", sampling="selected"))
    assert quality(opened) == 1.0
    assert opened.broken() == {}


def test_a_label_of_a_smaller_sample_weighs_more(opened: Opened) -> None:
    opened.send(accepted("a"), accepted("b"))
    opened.label(says("a", True), says("b", False, probability=0.25))
    assert quality(opened) == 0.2


CHECKED, DRAWN = range(0, 80, 2), range(4)  # of 80 answers: 40, all right; and one in twenty of all


def right(i: int) -> bool:
    """All of the checked answers, and half of the others."""
    return i in CHECKED or i % 4 == 1


@pytest.mark.parametrize(
    ("by", "come"),
    [
        ("executable", "with their events"),
        ("executable", "checks first"),
        ("executable", "reviews first"),
        ("judge", "reviews first"),
    ],
)
def test_an_answer_that_is_labelled_anyway_weighs_no_more_for_being_drawn_too(
    opened: Opened, by: Any, come: str
) -> None:
    checks = [says(f"e{i}", right(i), by) for i in CHECKED]
    reviews = [says(f"e{i}", right(i), probability=0.05) for i in DRAWN]
    if come == "with their events":
        said = {f"e{i}": [x.label() for x in checks + reviews if x.id == f"e{i}"] for i in range(80)}
        opened.send(*(accepted(name, labels=labels) for name, labels in said.items()))
    else:
        opened.send(*(accepted(f"e{i}") for i in range(80)))
        for requests in (checks, reviews) if come == "checks first" else (reviews, checks):
            opened.label(*requests)
    assert quality(opened) == 0.75
    assert opened.broken() == {}
    opened.rebuild()
    assert quality(opened) == 0.75


def test_the_word_of_the_source_in_force_still_counts(opened: Opened) -> None:
    opened.send(accepted("a"), accepted("b"))
    opened.label(says("a", True, "executable"), says("b", True, "executable"))
    opened.label(says("a", False, probability=0.05))
    assert in_force(opened) == [("executable", "random", True), ("human", "random", False)]
    assert quality(opened) == 0.5
    assert opened.broken() == {}


def test_a_label_finds_the_event_of_the_source_it_names(opened: Opened) -> None:
    opened.send(accepted("a"), source="service")
    opened.label(says("a", True), source="reviewer")
    assert opened.number("waiting_labels") == 1
    opened.label(says("a", False, source="service"), source="reviewer")
    assert in_force(opened) == [("human", "random", False)]


def test_labels_in_the_same_commit_as_their_event_find_it(opened: Opened) -> None:
    batch = opened.writer.submit(opened.batch([accepted("a")]))
    said = opened.writer.submit_labels("local", [(0, says("a", True))], [], NOON)
    assert (batch.result(20).accepted, said.result(20).accepted) == (1, 1)
    assert in_force(opened) == [("human", "random", True)]


def test_the_age_of_quality_is_that_of_the_newest_label(opened: Opened) -> None:
    opened.send(accepted("a"), accepted("b"))
    opened.label(says("a", True, time=moment(NOON - DAY)), says("b", True, time=moment(NOON - 3 * DAY)))
    opened.label(says("b", False, time=moment(NOON - 2 * DAY)))
    with opened.store.reading() as connection:
        assert Reader(connection, opened.settings).cascade("support").last_label == NOON - DAY


def test_labels_that_quality_does_not_rest_on_do_not_make_it_younger(opened: Opened) -> None:
    old = says("a", True, time=moment(NOON - 9 * DAY))
    opened.send(accepted("a"), escalated("b"), event("c", attempt("small"), labels=[Label(0, True, "user")]))
    opened.label(old, says("a", False, "user", sampling="selected"), says("b", True, "executable"))
    with opened.store.reading() as connection:
        assert Reader(connection, opened.settings).cascade("support").last_label == NOON - 9 * DAY


def test_labels_are_counted_under_their_own_name_and_leave_the_events_counters_alone(opened: Opened) -> None:
    opened.send(accepted("a"))
    opened.label(says("a", True), says("a", True, attempt=9), says("waits", True))
    with opened.store.reading() as connection:
        rows = arrivals(connection, NOON - DAY, NOON + DAY)
    found = {(r.source, r.outcome): r.n for r in rows}
    assert found == {
        ("local", "accepted"): 1,
        ("local/labels", "accepted"): 2,
        ("local/labels", "rejected"): 1,
    }
    assert opened.broken() == {}


def test_the_scores_of_an_unlabelled_answer_move_when_a_label_comes(opened: Opened) -> None:
    verdict = Verdict("accept", mechanism="rule", score=0.9)
    opened.send(event("a", attempt("small", verdict=verdict)))
    bins = {k[4:6]: v[0] for k, v in opened.rollups()["rollup_bins_day"].items() if k[2] == ""}
    assert bins == {("score", "accept/unknown"): 1}
    opened.label(says("a", False))
    bins = {k[4:6]: v[0] for k, v in opened.rollups()["rollup_bins_day"].items() if k[2] == ""}
    assert bins == {("score", "accept/wrong"): 1}
