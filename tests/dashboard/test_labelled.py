"""A label checks quality when it is of an answer that users got, and was drawn: no other makes it checked."""

import time
from collections.abc import Iterator

import pytest

from cascadewatch.metrics.window import LabelCounts
from cascadewatch.model import Attempt, Event, Label, Verdict
from cascadewatch.moments import utc
from cascadewatch.store.reads import LabelBucket
from dashboard import health, labelled, quality_words, sentence
from dashboard.choice import Choice
from dashboard.facts import Facts, is_checked
from tests.dashboard.conftest import LookAt, Place, made
from tests.dashboard.mixed import page, words
from tests.metrics.windows import labels, window

HOUR, DAY = 3_600_000, 86_400_000
NONE_DRAWN = "No served answer has an executable or randomly drawn label."
ACCEPTED = [Attempt("small", verdict=Verdict("accept"))]
ESCALATED = [Attempt("small", verdict=Verdict("reject")), Attempt("flagship")]
UNSERVED, DRAWN = Label(0, False, "executable"), Label(0, True, "executable")
COMPLAINT = Label(0, False, "user")


def events(now: int, cascade: str, served: Label | None, age: int = 0, route: str = "faq") -> Iterator[Event]:
    """A day of judged events, rejected answers labelled all the time; one served answer is, `age` ago."""

    def event(number: str, at: int, attempts: list[Attempt], said: list[Label]) -> Event:
        moment = utc(at)
        name = f"{cascade}-{route}-{number}"
        return Event(name, moment, cascade, route=route, attempts=attempts, labels=said)

    for i in range(240):
        rejected = i % 3 == 0
        yield event(
            str(i), now - i * 300_000, ESCALATED if rejected else ACCEPTED, [UNSERVED] if rejected else []
        )
    if served is not None:
        yield event("served", now - age, ACCEPTED, [served])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    now = time.time_ns() // 1_000_000
    sent = [
        *events(now, "rejected", None),
        *events(now, "complained", COMPLAINT),
        *events(now, "old", DRAWN, 9 * DAY),
        *events(now, "fresh", DRAWN),
        *events(now, "both", DRAWN, 3 * DAY),
        *events(now, "both", DRAWN, route="orders"),
    ]
    return made(tmp_path_factory.mktemp("labelled"), sent, [])


def facts(cascade: str, route: str | None = None) -> Facts:
    return health.facts(cascade, Choice(cascade, route, range="24h"), time.time_ns() // 1_000_000)


def said(of: Facts) -> str:
    return " ".join(sentence.describe(of).lines).replace("\xa0", " ")


@pytest.mark.parametrize("cascade", ["rejected", "complained"])
def test_labels_that_say_nothing_of_quality_are_no_check(place: Place, look_at: LookAt, cascade: str) -> None:
    look_at(place)
    of = facts(cascade)
    assert not is_checked(of)
    assert sentence.describe(of).label == "steady; quality unchecked"
    assert f"Quality was never checked. {NONE_DRAWN}" in said(of)
    assert quality_words.sentence(of) == f"Nobody knows whether the answers are right. {NONE_DRAWN}"
    assert "drawn at random" in (quality_words.next_step(of, has_replays=True) or "")


def test_an_old_check_stays_old_however_many_rejected_answers_are_labelled_since(
    place: Place, look_at: LookAt
) -> None:
    look_at(place)
    of = facts("old")
    assert sentence.describe(of).label == "steady; quality unchecked"
    assert "Quality last checked 9 days ago, not in this range." in said(of)


def test_a_served_answer_labelled_now_is_a_check(place: Place, look_at: LookAt) -> None:
    look_at(place)
    of = facts("fresh")
    assert sentence.describe(of).label == "steady"
    assert "Quality 100.0 %" in said(of)
    assert "last checked less than a minute ago" in said(of)


def test_labels_of_one_route_do_not_check_another(place: Place, look_at: LookAt) -> None:
    look_at(place)
    assert is_checked(facts("fresh", route="faq"))
    assert not is_checked(facts("fresh", route="orders"))


def bucket(start: int, *rows: LabelCounts) -> LabelBucket:
    return LabelBucket(start, start + HOUR, rows)


def test_in_a_past_range_the_newest_labelled_hour_that_tells_of_quality_counts() -> None:
    of, served, cheap = window(), *(labels(3, correct=True, role=role) for role in ("served", "cheap"))
    assert labelled.last_check(of, [bucket(0, cheap), bucket(HOUR, served, cheap)]) == HOUR
    assert labelled.last_check(of, [bucket(2 * HOUR, served), bucket(7 * HOUR, cheap)]) == 2 * HOUR
    assert labelled.last_check(of, [bucket(2 * HOUR, cheap)]) is None
    assert labelled.last_check(of, []) is None


def test_a_route_is_not_younger_than_its_own_labels(place: Place, look_at: LookAt) -> None:
    look_at(place)
    old, new = facts("both", route="faq").last_check, facts("both", route="orders").last_check
    now = time.time_ns() // 1_000_000
    assert old is not None
    assert new is not None
    assert now - old > DAY
    assert now - new < 2 * HOUR


def test_where_no_label_tells_of_quality_no_empty_chart_of_it_is_drawn(place: Place, look_at: LookAt) -> None:
    look_at(place)
    app = page("overview", cascade="rejected", range="24h")
    assert not app.exception
    assert "No served answer of this range has an executable or randomly drawn label." in words(app)
