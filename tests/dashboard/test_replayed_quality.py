"""Quality is what the newer of live labels and the last replay of the whole cascade says."""

from dataclasses import replace
from typing import Any

import pytest

from cascadewatch.metrics.window import Metric
from cascadewatch.store.reports import Report
from dashboard import quality_words, replayed, sentence
from dashboard.facts import Facts, is_checked
from dashboard.replayed import Replayed
from tests.dashboard.test_sentence import DAY, cascade, facts, said

GOOD, BAD = Metric(0.93, 1319, 0.915, 0.945), Metric(0.80, 1319, 0.78, 0.82)


def report(at: int, verdict: str = "unchanged", **body: Any) -> Report:
    rates = {"accuracy": {"value": 0.5, "n": 1000, "low": 0.47, "high": 0.53}}
    return Report(at, at, "nightly", "support", at, verdict, {"rates": rates, "sweep": None} | body)


PRESENT = {"present": {"quality": 0.9, "n": 1319, "low": 0.88, "high": 0.92}}


def test_a_replay_after_the_last_label_counts() -> None:
    now = replace(facts(cascade(), now=DAY), replayed=Replayed("nightly", DAY // 2, GOOD))
    assert now.quality == GOOD
    assert now.quality_age == DAY // 2
    assert "Quality 93.0 % (92–94), on the eval set, last checked 12 h ago." in said(now)
    assert "by nightly on 1,319 fixed cases" in quality_words.sentence(now)


def test_a_label_after_the_last_replay_counts() -> None:
    now = replace(facts(cascade(checked=DAY), now=DAY), replayed=Replayed("nightly", DAY // 2, GOOD))
    assert now.quality.value == 0.95
    assert "100 live labels" in quality_words.sentence(now)


def test_a_replay_makes_unlabelled_quality_checked() -> None:
    unlabelled = facts(cascade(checked=None), now=DAY)
    assert not is_checked(unlabelled)
    assert is_checked(replace(unlabelled, replayed=Replayed("nightly", DAY, GOOD)))


def test_a_replay_below_the_bar_is_said() -> None:
    now = replace(facts(cascade(), now=DAY, bar=0.88), replayed=Replayed("nightly", DAY, BAD))
    assert sentence.describe(now).state == "quality_low"
    assert "below the bar of 88" in quality_words.sentence(now)


def test_one_model_alone_is_not_the_cascade() -> None:
    found = [report(2, sweep=PRESENT), report(3)]
    assert [one.whole for one in replayed.quality(found)] == [True, False]
    newest = replayed.newest(found)
    assert newest is not None
    assert (newest.at, newest.metric.value) == (2, 0.9)


def test_an_incomplete_run_measures_nothing() -> None:
    assert replayed.quality([report(1, "incomplete", sweep=PRESENT)]) == []


def test_nobody_knows_without_labels_and_replays() -> None:
    now = facts(cascade(checked=None), now=DAY)
    assert quality_words.sentence(now).startswith("Nobody knows")
    assert "drawn at random" in (quality_words.next_step(now, has_replays=False) or "")


@pytest.mark.parametrize(("labelled", "said_of_labels"), [(False, "No answer here"), (True, "No served")])
def test_replays_of_parts_are_told_where_nobody_knows_the_whole(labelled: bool, said_of_labels: str) -> None:
    of = cascade(checked=None) if labelled else replace(cascade(checked=None), labels=())
    now = replace(facts(of, now=DAY), last_replay=DAY // 2)
    told = quality_words.sentence(now).replace("\xa0", " ")
    assert told.startswith(f"Nobody knows whether the answers are right. {said_of_labels}")
    assert told.endswith("Replays checked parts of the cascade 12 h ago, none the whole.")
    assert "Quality unknown. Replays checked parts of the cascade 12 h ago, none the whole." in said(now)


def test_a_replay_of_parts_makes_quality_checked_but_is_not_its_figure() -> None:
    now = replace(facts(cascade(checked=0), now=9 * DAY), last_replay=9 * DAY - DAY // 2)
    assert is_checked(now)
    assert now.quality.value == 0.95
    assert (
        "Quality 95.0 % (89–98), last measured 9 days ago. Replays checked parts of the cascade 12 h ago."
        in said(replace(now, last_event=9 * DAY))
    )
    assert "nobody should call it healthy" not in quality_words.sentence(now)


def test_parts_replayed_before_the_last_label_add_nothing() -> None:
    now = replace(facts(cascade(checked=DAY // 2), now=DAY), last_replay=DAY // 4)
    assert "last checked 12 h ago." in said(now)
    assert "parts" not in said(now)


def test_the_last_replay_of_the_whole_and_of_a_part_are_told_apart() -> None:
    whole = replace(facts(cascade(), now=2 * DAY), replayed=Replayed("nightly", 0, GOOD), last_replay=0)
    assert "The last replay of the whole cascade ran 2 days ago." in _plain(whole)
    assert "parts" not in _plain(whole)
    part = replace(whole, last_replay=2 * DAY - DAY // 2)
    assert "ran 2 days ago. Replays checked parts of the cascade 12 h ago." in _plain(part)


def test_of_a_route_replays_say_nothing() -> None:
    now = replace(facts(replace(cascade(checked=None), labels=()), now=DAY), route="faq")
    assert _plain(now).endswith("Replays are of the whole cascade, not of one route.")
    assert not is_checked(now)


def _plain(of: Facts) -> str:
    return quality_words.sentence(of).replace("\xa0", " ")


def test_the_last_check_by_a_replay_is_of_any_kind_that_ran_through() -> None:
    assert replayed.last([report(3), report(2, sweep=PRESENT), report(5, "incomplete")]) == 3
    assert replayed.last([report(5, "incomplete")]) is None
