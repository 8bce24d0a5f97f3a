"""Silences over HTTP: begun, listed, ended."""

from typing import TYPE_CHECKING, Any

import pytest

from cascadewatch.store import keys
from cascadewatch.store.reads import annotations

if TYPE_CHECKING:
    from tests.collectors.api.conftest import Api, Serve


def begin(api: "Api", **asked: Any) -> Any:
    return api.post(asked, path="/v1/silences")


def test_one_is_begun_listed_and_ended(either: "Api") -> None:
    made = begin(either, rule="no-data", cascade="support", hours=4, comment="load test")
    assert made.status_code == 200, made.text
    assert made.json() == {
        "id": made.json()["id"], "rule": "no-data", "cascade": "support", "route": None,
        "starts": "2026-11-21T12:00:00.000Z", "ends": "2026-11-21T16:00:00.000Z", "author": "local",
        "comment": "load test", "created": "2026-11-21T12:00:00.000Z",
    }  # fmt: skip
    assert either.get("/v1/silences").json() == {"silences": [made.json()]}
    path = f"/v1/silences/{made.json()['id']}"
    assert either.client.delete(path).json() == {"id": made.json()["id"]}
    assert either.get("/v1/silences").json() == {"silences": []}
    assert either.client.delete(path).status_code == 200, "ending it twice is harmless"


def test_its_end_can_be_named(api: "Api") -> None:
    made = begin(api, until="2026-11-21T14:30:00+01:00").json()
    assert (made["ends"], made["cascade"]) == ("2026-11-21T13:30:00.000Z", None)


def test_it_ends_by_itself(api: "Api") -> None:
    begin(api, hours=0.5)
    api.clock.now += 30 * 60_000
    assert api.get("/v1/silences").json() == {"silences": []}


def test_the_acting_user_is_its_author(serve: "Serve") -> None:
    api = serve(token="t")
    headers = {"Authorization": "Bearer t", "X-Cascadewatch-User": "ada"}
    assert api.client.post("/v1/silences", json={"hours": 1}, headers=headers).json()["author"] == "ada"


def test_a_dashboard_with_an_admin_key_names_the_person_beside_the_key(serve: "Serve", now: int) -> None:
    api = serve(require_keys=True)
    key = keys.create(api.store, "pages", ["admin"], now)
    headers = {"Authorization": f"Bearer {key}", "X-Cascadewatch-User": "ada"}
    made = api.client.post("/v1/silences", json={"hours": 1}, headers=headers)
    assert made.json()["author"] == "ada (pages)"


def test_another_key_acts_for_nobody_else(serve: "Serve", now: int) -> None:
    api = serve(require_keys=True)
    key = keys.create(api.store, "sender", ["ingest"], now)
    headers = {"Authorization": f"Bearer {key}", "X-Cascadewatch-User": "ada"}
    mark = {"time": "2026-11-21T11:00:00Z", "text": "x"}
    assert api.client.post("/v1/annotations", json=mark, headers=headers).status_code == 200
    with api.store.reading() as connection:
        assert [mark.author for mark in annotations(connection, 0, now)] == ["sender"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "either hours or until"),
        ({"hours": 1, "until": "2026-11-21T14:30:00Z"}, "either hours or until"),
        ({"hours": 0}, "hours"),
        ({"hours": -1}, "hours"),
        ({"hours": 1e9}, "hours"),
        ({"hours": "4"}, "hours"),
        ({"until": "2026-11-21T11:00:00Z"}, "future"),
        ({"until": "2099-11-21T11:00:00Z"}, "a year"),
        ({"until": "2026-11-21T14:00:00"}, "zone"),
        ({"hours": 1, "route": "faq"}, "cascade"),
        ({"hour": 1}, "did you mean hours?"),
        ({"hours": 1, "comment": "x" * 2001}, "comment"),
        ({"hours": 1, "cascade": "x" * 129}, "128"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(api: "Api", asked: dict[str, Any], words: str) -> None:
    answer = begin(api, **asked)
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]
    assert api.get("/v1/silences").json() == {"silences": []}


def test_a_rule_that_is_not_there_is_named_with_the_nearest(api: "Api") -> None:
    answer = begin(api, hours=1, rule="no-dta")
    assert answer.status_code == 404
    assert "did you mean no-data?" in answer.json()["error"]["message"]


@pytest.mark.parametrize("number", ["7", "x", "9" * 30])
def test_ending_what_is_not_there_is_a_404(api: "Api", number: str) -> None:
    assert api.client.delete(f"/v1/silences/{number}").status_code == 404


def test_another_site_can_neither_begin_nor_end_one(api: "Api") -> None:
    evil = {"Origin": "http://evil.example"}
    assert api.client.post("/v1/silences", json={"hours": 1}, headers=evil).status_code == 403
    made = begin(api, hours=1).json()
    assert api.client.delete(f"/v1/silences/{made['id']}", headers=evil).status_code == 403
    form = {"Content-Type": "text/plain"}
    assert api.client.post("/v1/silences", content=b'{"hours": 1}', headers=form).status_code == 415
    assert len(api.get("/v1/silences").json()["silences"]) == 1
