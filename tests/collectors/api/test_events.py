"""POST /v1/events: what is answered, and that it is true of the store."""

import gzip
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from cascadewatch.store import tables

if TYPE_CHECKING:
    from tests.collectors.api.conftest import Api, Serve

Build = Callable[..., dict[str, Any]]


def held(api: "Api") -> int:
    with api.store.reading() as connection:
        return connection.execute(select(func.count()).select_from(tables.events)).scalar_one()


def test_what_is_answered_as_accepted_is_held(either: "Api", event: Build) -> None:
    answer = either.post([event(1), event(2)])
    assert answer.status_code == 200
    assert answer.json() == {
        "received": 2,
        "accepted": 2,
        "duplicate": 0,
        "conflict": 0,
        "rejected": 0,
        "errors": [],
    }
    assert held(either) == 2


def test_object_lines_and_gzip_are_read_too(either: "Api", event: Build) -> None:
    lines = b"\n".join(json.dumps(event(i)).encode() for i in (3, 4))
    assert either.post({"events": [event(1), event(2)]}).json()["accepted"] == 2
    assert either.post(lines, Content_Type="application/x-ndjson").json()["accepted"] == 2
    assert either.post(lines, Content_Type="application/jsonl; charset=utf-8").json()["duplicate"] == 2
    packed = gzip.compress(json.dumps([event(5)]).encode())
    assert either.post(packed, Content_Encoding="gzip").json()["accepted"] == 1
    assert held(either) == 5


def test_the_same_again_is_a_duplicate_and_other_content_a_conflict(either: "Api", event: Build) -> None:
    either.post([event(1)])
    assert either.post([event(1)]).json()["duplicate"] == 1
    answer = either.post([event(1, latency_ms=5)]).json()
    assert (answer["conflict"], answer["accepted"], held(either)) == (1, 0, 1)


POISONS: dict[str, Callable[[dict[str, Any]], object]] = {
    "negative count": lambda e: e["attempts"][0]["usage"].update(input=-1),
    "misspelt key": lambda e: e["attempts"][0]["usage"].update(inptu=1),
    "string for a cost": lambda e: e["attempts"][0].update(cost_usd="much"),
    "unknown outcome": lambda e: e["attempts"][0]["verdict"].update(outcome="meh"),
    "no tier": lambda e: e["attempts"][0].pop("tier"),
    "no attempts": lambda e: e.update(attempts=[]),
    "no time": lambda e: e.pop("time"),
    "time without a zone": lambda e: e.update(time="2026-11-21T12:00:00"),
    "time in the future": lambda e: e.update(time="2026-11-22T12:00:00Z"),
    "time long ago": lambda e: e.update(time="1999-01-01T00:00:00Z"),
    "number for a cascade": lambda e: e.update(cascade=7),
    "label of no attempt": lambda e: e.update(labels=[{"attempt": 9, "correct": True, "source": "human"}]),
}
FIELDS = {
    "negative count": "attempts[0].usage.input",
    "misspelt key": "attempts[0].usage.inptu",
    "string for a cost": "attempts[0].cost_usd",
    "unknown outcome": "attempts[0].verdict.outcome",
    "no tier": "attempts[0].tier",
    "no attempts": "attempts",
    "no time": "time",
    "time without a zone": "time",
    "time in the future": "time",
    "time long ago": "time",
    "number for a cascade": "cascade",
    "label of no attempt": "labels[0].attempt",
}


def test_one_invalid_event_in_a_thousand_is_refused_alone(either: "Api", event: Build) -> None:
    places = (0, 1, 2, 99, 250, 333, 499, 500, 501, 750, 998, 999)
    for poison, place in zip(POISONS, places, strict=True):
        batch = [event(f"{poison}-{i}") for i in range(1000)]
        POISONS[poison](batch[place])
        answer = either.post(batch).json()
        assert (answer["accepted"], answer["rejected"]) == (999, 1)
        (error,) = answer["errors"]
        assert (error["index"], error["id"], error["field"]) == (place, f"e-{poison}-{place}", FIELDS[poison])
        assert 0 < len(error["reason"]) <= 300
        again = either.post(batch).json()
        assert (again["accepted"], again["duplicate"], again["rejected"]) == (0, 999, 1)
    assert held(either) == 999 * len(POISONS)


def test_a_hundred_refusals_are_listed_and_all_are_counted(api: "Api") -> None:
    answer = api.post([{"id": str(i)} for i in range(150)]).json()
    assert (answer["received"], answer["rejected"], len(answer["errors"])) == (150, 150, 100)


@pytest.mark.parametrize(
    "raw",
    [b"", b"5", b"{}", b"[NaN]", b'[{"id": "\\ud800"}]', b'["\xff"]', b"[" * 100_000, b"[" * 33 + b"]" * 33],
)
def test_a_body_that_is_not_json_is_refused_whole(api: "Api", raw: bytes) -> None:
    answer = api.post(raw)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "bad_request"
    assert len(answer.json()["error"]["message"]) <= 300
    assert held(api) == 0


def test_an_empty_list_is_fine(api: "Api") -> None:
    assert api.post([]).json()["received"] == 0


def test_no_more_events_than_configured(serve: "Serve", event: Build) -> None:
    api = serve(ingest={"max_events": 3})
    assert api.post([event(i) for i in range(3)]).json()["accepted"] == 3
    answer = api.post([event(i) for i in range(4)])
    assert answer.status_code == 413
    assert "4 events" in answer.json()["error"]["message"]


def test_five_copies_at_once_are_stored_once(either: "Api", event: Build) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(5) as pool:
        answers = [a.json() for a in pool.map(either.post, [[event(1)]] * 5)]
    assert sum(a["accepted"] for a in answers) == 1
    assert sum(a["duplicate"] for a in answers) == 4
    assert held(either) == 1


@pytest.mark.parametrize("path", ["/v1/events/", "//v1/events", "/v1//events", "/V1/events", "/v1/events;x"])
def test_another_spelling_of_the_path_is_never_redirected(api: "Api", event: Build, path: str) -> None:
    answer = api.post([event(1)], path=path)
    assert answer.status_code == 404
    assert "location" not in answer.headers
    assert answer.json()["error"]["code"] == "not_found"
    assert held(api) == 0
