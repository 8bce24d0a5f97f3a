"""Text of every kind in every field: stored as it came or cut with a mark, on both databases."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import select

from cascadewatch.store import tables
from tests.collectors.bad.asked import Asked, Json, encoded, event, put
from tests.collectors.bad.hostile_text import LONG, NFC, NFD, TEXTS

OF_EVENT = ("route", "caller", "session", "revision")
OF_ATTEMPT = {
    "attempts.0.provider": "provider", "attempts.0.model": "model", "attempts.0.verdict.verifier": "verifier",
    "attempts.0.verdict.reason": "reason", "attempts.0.verdict.model": "verify_model",
}  # fmt: skip
ALL = TEXTS | LONG


def kept(text: str) -> str:
    """As the store holds it."""
    cut = text if len(text) <= 128 else text[:127] + "…"
    return cut.replace("\0", "\u2400")


def everywhere(case: str) -> Json:
    """An event with that text in every name."""
    text = ALL[case]
    record = event(f"in {case}", cascade="text", tags={text: text, "team": text})
    for path in (*OF_EVENT, *OF_ATTEMPT, "fingerprints.prefix", "text.prompt"):
        put(record, path, text)
    return record


@pytest.fixture(scope="module")
def stored(both: Asked) -> Mapping[str, tuple[Any, Any]]:
    """All of them sent at once; event and first attempt as they are held, by id."""
    for cases in (TEXTS, *([case] for case in LONG)):
        assert both.post(encoded([everywhere(case) for case in cases])).body["accepted"] == len(cases)
    assert both.post(encoded([event(text, cascade="ids") for text in TEXTS.values()])).body["conflict"] == 0
    first = select(tables.attempts).where(tables.attempts.c.position == 0)
    with both.store.reading() as connection:
        attempts = {row.event: row for row in connection.execute(first)}
    return {row.id: (row, attempts[row.seq]) for row in both.events()}


@pytest.mark.parametrize("case", ALL)
def test_text_in_every_name_comes_back_as_it_was_or_cut(
    stored: Mapping[str, tuple[Any, Any]], case: str
) -> None:
    row, attempt = stored[f"in {case}"]
    wanted = kept(ALL[case])
    assert {getattr(row, name) for name in OF_EVENT} == {wanted}
    assert {getattr(attempt, name) for name in OF_ATTEMPT.values()} == {wanted}
    assert json.loads(row.tags) == {wanted: wanted, "team": wanted}
    assert row.prefix == wanted
    assert wanted.endswith("…") == (case in LONG)


@pytest.mark.parametrize("case", TEXTS)
def test_text_is_an_id_like_any_other(stored: Mapping[str, tuple[Any, Any]], case: str) -> None:
    assert kept(TEXTS[case]) in stored


@pytest.mark.parametrize("case", TEXTS)
def test_an_event_is_found_under_any_id(asked: Asked, case: str) -> None:
    asked.post(encoded([event(TEXTS[case], cascade="found")]))
    answer = asked("GET", f"/v1/events/{quote(TEXTS[case], safe='')}")
    assert answer.json()["id"] == kept(TEXTS[case])


@pytest.mark.parametrize("case", LONG)
def test_a_long_id_is_refused_and_not_repeated(asked: Asked, case: str) -> None:
    error = asked.post(encoded([event(LONG[case])])).body["errors"][0]
    assert error["field"] == "id"
    assert error["id"] is None or len(error["id"]) <= 128


@pytest.mark.parametrize("case", LONG)
@pytest.mark.parametrize("path", ["attempts.0.status", "time", "surprise"])
def test_a_long_value_where_none_belongs_is_not_repeated(asked: Asked, path: str, case: str) -> None:
    said = asked.post(encoded([put(event(), path, LONG[case])]))
    assert said.body["rejected"] == 1
    assert len(said.body["errors"][0]["field"]) <= 128


def test_twins_of_unicode_are_two(both: Asked) -> None:
    sent = [event(f"twin {name}", cascade="twins", route=name) for name in (NFC, NFD)]
    assert both.post(encoded(sent)).body["accepted"] == 2
    assert {row.route for row in both.events() if row.cascade == "twins"} == {NFC, NFD}


QUESTIONS = ("metrics?cascade=", "metrics?route=", "episodes?cascade=", "baselines?metric=",
    "replays?replay=",
             "events/e?source=", "status?")  # fmt: skip


@pytest.mark.parametrize("case", ALL)
def test_text_in_a_question_finds_nothing_and_breaks_nothing(both: Asked, case: str) -> None:
    text, number = quote(ALL[case][:3000], safe=""), [*ALL].index(case)
    for path in (QUESTIONS[number % len(QUESTIONS)], ("events/", "episodes/", "reports/")[number % 3]):
        assert both("GET", f"/v1/{path}{text}").status_code in (200, 400, 404)
    answer = both("POST", f"/v1/rules/{text}/test", b"{}")
    assert answer.status_code in (400, 404)
    assert len(answer.json()["error"]["message"]) <= 300


BODIES: tuple[tuple[str, Callable[[str], Json]], ...] = (
    ("/v1/annotations", lambda text: {"time": "2026-11-21T12:00:00Z", "text": text}),
    (
        "/v1/annotations",
        lambda text: {"time": "2026-11-21T12:00:00Z", "text": "x", "cascade": text, "route": text},
    ),
    ("/v1/silences", lambda text: {"cascade": text, "comment": text, "hours": 1}),
    ("/v1/baselines", lambda text: {"metric": text, "cascade": text}),
)


@pytest.mark.parametrize("case", ALL)
def test_text_in_the_other_bodies_is_stored_or_refused(both: Asked, case: str) -> None:
    path, make = BODIES[[*ALL].index(case) % len(BODIES)]
    assert both.post(encoded(make(ALL[case])), path).status in (200, 400, 404)


def test_text_in_labels_is_stored_or_refused(both: Asked) -> None:
    label = {"attempt": 0, "correct": True, "label_source": "human"}
    said = both.post(encoded([{**label, "id": text, "source": text} for text in ALL.values()]), "/v1/labels")
    assert said.body["rejected"] == len(LONG)
    assert both("GET", "/v1/silences").status_code == 200
