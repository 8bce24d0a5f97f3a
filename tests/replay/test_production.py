"""Which labelled live events become cases of an eval set, and what becomes of the others."""

from collections.abc import Sequence
from typing import Any

import pytest

from cascadewatch.model import Event, Label, Text, Usage
from cascadewatch.replay.evalset import load
from cascadewatch.replay.production import Collected, Wanted, collected
from cascadewatch.settings import Cascade
from cascadewatch.store.reads import known
from cascadewatch.store.reads.labelled import Where
from tests.model.events import NOON, attempt, event
from tests.replay.conftest import write
from tests.store.opened import Opened, settings_for

DAY = 86_400_000
HUMAN = Label(0, False, "human", "random")


@pytest.fixture
def opened(store_url: str, now: int) -> Any:
    url = store_url.replace("postgresql+psycopg", "postgresql")
    cascade = Cascade(tiers=("small", "flagship"), store_text=True)
    found = Opened(settings_for(url, cascade={"support": cascade}), now)
    yield found
    found.close()


def asked(name: str, *labels: Label, prompt: str | None = None, answers: Sequence[str | None] = ("4", "5"),
          **fields: Any) -> Event:  # fmt: skip
    """An escalated event with both answers in words."""
    tried = [attempt("small", "reject", cost_usd=1e-6, usage=Usage(input=9, output=3)), attempt("flagship")]
    text = Text(f"What of {name}?" if prompt is None else prompt, list(answers))
    fields.setdefault("text", text)
    return event(name, *tried, at=NOON - DAY, labels=list(labels), **fields)


def made(opened: Opened, n: int = 100, **wanted: Any) -> Collected:
    with opened.store.reading() as connection:
        order = known(connection, opened.settings).cascades["support"].order
        return collected(connection, Where("support", 0, NOON), order, Wanted(n, **wanted))


def test_a_case_has_what_was_asked_and_what_each_tier_answered(opened: Opened, tmp_path: Any) -> None:
    opened.send(asked("q1", HUMAN, Label(1, True, "executable"), route="faq"))
    found = made(opened)
    (case,) = load(write(tmp_path / "set.jsonl", found.cases)).cases
    assert (case.id, case.prompt, case.tags) == ("q1", "What of q1?", ["faq", "escalated"])
    cheap, flagship = case.answers["cheap"], case.answers["flagship"]
    assert (cheap.text, cheap.correct, cheap.cost_usd, cheap.model) == ("4", False, 1e-6, "small-1")
    assert cheap.usage == Usage(input=9, output=3)
    assert (flagship.text, flagship.correct) == ("5", True)
    assert case.reference == "5", "the answer that is labelled right"
    assert (found.events, dict(found.left_out)) == (1, {})


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (asked("a"), "no_label"),
        (asked("a", Label(0, False, "user", "random")), "other_source"),
        (asked("a", Label(0, False, "human", "selected")), "selected"),
        (asked("a", HUMAN, text=None), "no_text"),
        (asked("a", HUMAN, answers=(None, "5")), "no_text"),
        (asked("a", HUMAN, Label(0, True, "executable")), "conflict"),
    ],
)
def test_what_is_no_case_is_counted_by_its_reason(opened: Opened, one: Event, why: str) -> None:
    opened.send(one, asked("good", HUMAN))
    found = made(opened)
    assert [case["id"] for case in found.cases] == ["good"]
    assert (found.events, dict(found.left_out)) == (2, {why: 1})


def test_selected_and_other_labels_are_taken_when_asked_for(opened: Opened) -> None:
    opened.send(asked("a", Label(0, False, "user", "selected")))
    assert made(opened).cases == []
    assert len(made(opened, sources=("user",), selected=True).cases) == 1


def test_a_prompt_is_asked_once_with_the_event_that_knows_most(opened: Opened) -> None:
    both = (HUMAN, Label(1, True, "human", "random"))
    opened.send(asked("a", *both, prompt="Why?"), asked("b", HUMAN, prompt=" Why? "), asked("c", HUMAN))
    found = made(opened)
    assert [case["id"] for case in found.cases] == ["a", "c"]
    assert dict(found.left_out) == {"duplicate": 1}


def test_the_same_answer_called_right_and_wrong_is_neither(opened: Opened) -> None:
    right = Label(0, True, "human", "random")
    opened.send(asked("a", HUMAN, prompt="Why?"), asked("b", right, prompt="Why?"), asked("c", HUMAN))
    found = made(opened)
    assert [case["id"] for case in found.cases] == ["c"]
    assert dict(found.left_out) == {"conflict": 2}


def test_of_a_tier_that_was_tried_again_the_labelled_answer_counts(opened: Opened) -> None:
    tried = [attempt("small", "reject"), attempt("small", "accept")]
    opened.send(event("a", *tried, labels=[HUMAN], text=Text("Why?", ["first", "second"]), at=NOON - DAY))
    assert made(opened).cases[0]["answers"]["cheap"]["text"] == "first"


def test_replayed_answers_are_not_production(opened: Opened) -> None:
    opened.send(asked("a", HUMAN))
    opened.writer.write([opened.batch([asked("b", HUMAN)])._replace(origin="replay")])
    assert [case["id"] for case in made(opened).cases] == ["a"]


def test_the_same_id_of_two_senders_makes_two_cases(opened: Opened) -> None:
    opened.send(asked("a", HUMAN), source="one")
    opened.send(asked("a", HUMAN, prompt="Why?"), source="two")
    first, second = made(opened).cases
    assert first["id"] == "a" != second["id"]


class TestTheDraw:
    def test_is_the_seed_s_and_steady_when_more_events_come(self, opened: Opened) -> None:
        opened.send(*(asked(f"q{i}", HUMAN) for i in range(60)))
        few = {case["id"] for case in made(opened, 10).cases}
        assert len(few) == 10
        assert made(opened, 10).left_out == {"not_drawn": 50}
        assert {case["id"] for case in made(opened, 10).cases} == few
        assert {case["id"] for case in made(opened, 10, seed=1).cases} != few
        opened.send(*(asked(f"r{i}", HUMAN) for i in range(20)))
        again = {case["id"] for case in made(opened, 10).cases}
        assert len(few & again) >= 5
        assert few < {case["id"] for case in made(opened, 30).cases}

    def test_makes_up_for_labels_that_were_drawn_more_rarely(self, opened: Opened) -> None:
        rare = Label(0, False, "human", "random", 0.1)
        opened.send(*(asked(f"q{i}", rare if i % 2 else HUMAN) for i in range(200)))
        found = made(opened, 50)
        assert sum(int(case["id"][1:]) % 2 for case in found.cases) > 35
        assert found.is_uneven
