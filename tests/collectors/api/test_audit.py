"""Every act over HTTP leaves exactly one row that says who did it; those who may ask for them are few."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cascadewatch.settings.replaying import Model, Replay
from cascadewatch.store import audit, keys
from collectors.api.guard import SCOPE
from tests.collectors.api.test_watching import HOUR, SUPPORT, fire, week

if TYPE_CHECKING:
    from tests.collectors.api.conftest import Api, Serve

Build = Callable[..., dict[str, Any]]
NIGHTLY = {
    "model": {"small": Model(kind="recorded", answer="cheap")},
    "replay": {"nightly": Replay.model_validate({"eval_set": "set.jsonl", "target": "small"})},
}
MARK = {"time": "2026-11-21T11:00:00Z", "text": "prompt v7", "cascade": "support", "deploy": True}

# Everything that people may do: method and path, the body, the act and what it is done to.
ACTS: dict[str, tuple[str, Any, str, str]] = {
    "POST /v1/annotations": ("/v1/annotations", MARK, "annotate", "1"),
    "POST /v1/episodes/{id}/ack": ("/v1/episodes/1/ack", {}, "episode.acknowledge", "1"),
    "POST /v1/silences": ("/v1/silences", {"hours": 1, "comment": "load test"}, "silence.create", "1"),
    "DELETE /v1/silences/{id}": ("/v1/silences/1", None, "silence.end", "1"),
    "POST /v1/baselines": ("/v1/baselines", SUPPORT, "baseline.pin", "escalation_rate / support"),
    "POST /v1/replays/{name:path}/run": ("/v1/replays/nightly/run", {}, "replay.run", "nightly"),
}
AGAIN = {  # the same once more changes nothing, or is refused
    "POST /v1/annotations", "POST /v1/episodes/{id}/ack", "DELETE /v1/silences/{id}",
    "POST /v1/replays/{name:path}/run",
}  # fmt: skip
# For admins because of what they show or cost, and they change nothing.
ASKING = {"GET /v1/audit", "POST /v1/rules/{name:path}/test"}


def test_no_route_for_admins_is_left_out() -> None:
    admins = {name for name, scope in SCOPE.items() if scope == "admin"}
    assert admins <= set(ACTS) | ASKING
    assert not set(ACTS) & ASKING


@pytest.mark.parametrize("act", sorted({act for _, _, act, _ in ACTS.values()}))
def test_each_act_is_explained(act: str) -> None:
    page = (Path(__file__).parents[3] / "docs" / "administration.md").read_text()
    assert f"`{act}`" in page.partition("## Who did what")[2].partition("\n## ")[0]


def rows(api: "Api") -> list[audit.Act]:
    with api.store.reading() as connection:
        return audit.acts(connection, limit=500)


def do(api: "Api", name: str, **headers: str) -> int:
    path, body, *_ = ACTS[name]
    return api.client.request(name.partition(" ")[0], path, json=body, headers=headers).status_code


def prepared(api: "Api", event: Build) -> None:
    week(api, event)
    fire(api, since=api.clock.now - HOUR, opened=api.clock.now - HOUR)


def test_each_act_leaves_one_row_by_the_key_that_acted(serve: "Serve", event: Build, now: int) -> None:
    api = serve(**NIGHTLY)
    prepared(api, event)
    locked = serve(require_keys=True, **NIGHTLY)
    headers = {"Authorization": f"Bearer {keys.create(locked.store, 'pages', ['admin'], now)}"}
    before = len(rows(api))
    for name, (_, _, act, subject) in ACTS.items():
        assert do(locked, name, **headers) in (200, 202), name
        newest, *others = rows(api)
        assert len(others) == before, name
        assert (newest.who, newest.via, newest.act, newest.subject) == ("pages", "key", act, subject)
        assert newest.time == now
        assert newest.before is not None or newest.after is not None
        before += 1
        if name in AGAIN:
            do(locked, name, **headers)
            assert len(rows(api)) == before, f"{name} again"


def test_who_acted_is_the_key_the_person_or_nobody_known(serve: "Serve", now: int) -> None:
    serve().post({"hours": 1}, path="/v1/silences", X_Cascadewatch_User="mallory")
    token = serve(token="t", require_keys=True)
    token.post({"hours": 1}, path="/v1/silences", Authorization="Bearer t", X_Cascadewatch_User="ada")
    key = keys.create(token.store, "pages", ["admin"], now)
    headers = {"Authorization": f"Bearer {key}", "X_Cascadewatch_User": "grace"}
    token.post({"hours": 1}, path="/v1/silences", **headers)
    found = [(act.who, act.via) for act in rows(token) if act.act == "silence.create"]
    assert found == [("grace (pages)", "user"), ("ada", "user"), ("local", "local")]


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("%D0%B6%D0%B0%D0%BD%D0%BD%D0%B0", "жанна"),
        ("%C5%BEofie@example.com", "žofie@example.com"),
        ("žofie".encode(), "žofie"),
        ("100%2525 Ada", "100%25 Ada"),
        ("o'neil+ops@example.com", "o'neil+ops@example.com"),
    ],
)
def test_a_person_is_named_in_any_alphabet(serve: "Serve", sent: str | bytes, name: str) -> None:
    api = serve(token="t", require_keys=True)
    headers = {
        b"Authorization": b"Bearer t",
        b"X-Cascadewatch-User": sent if isinstance(sent, bytes) else sent.encode(),
    }
    assert api.client.post("/v1/silences", json={"hours": 1}, headers=headers).status_code == 200
    assert rows(api)[0].who == name


@pytest.mark.parametrize("sent", ["%00", "ada%0Aroot", "%FF", "%1B[2J", "%C2%85"])
def test_what_is_no_name_is_refused(serve: "Serve", sent: str) -> None:
    api = serve(token="t", require_keys=True)
    headers = {"Authorization": "Bearer t", "X_Cascadewatch_User": sent}
    assert api.post({"hours": 1}, path="/v1/silences", **headers).status_code == 400
    assert rows(api) == []


def test_what_is_refused_and_what_only_asks_leaves_none(api: "Api") -> None:
    api.post({"hours": 0}, path="/v1/silences")
    api.post({}, path="/v1/episodes/7/ack")
    api.client.delete("/v1/silences/7")
    api.post(SUPPORT, path="/v1/baselines")
    api.post({}, path="/v1/rules/no-data/test")
    api.get("/v1/audit")
    assert rows(api) == []


def test_it_is_read_newest_first_page_by_page(either: "Api") -> None:
    for _ in range(3):
        either.post({"hours": 1}, path="/v1/silences")
        either.clock.now += HOUR
    first = either.get("/v1/audit?limit=2").json()
    assert [act["subject"] for act in first["acts"]] == ["3", "2"]
    rest = either.get(f"/v1/audit?limit=2&before={first['next']}").json()
    assert ([act["subject"] for act in rest["acts"]], rest["next"]) == (["1"], None)
    assert len(either.get("/v1/audit?since=150m").json()["acts"]) == 2
    assert rest["acts"][0] == {
        "id": 1, "time": "2026-11-21T12:00:00.000Z", "who": "local", "via": "local",
        "act": "silence.create", "subject": "1", "before": None,
        "after": {
            "id": 1, "rule": None, "cascade": None, "route": None, "starts": "2026-11-21T12:00:00.000Z",
            "ends": "2026-11-21T13:00:00.000Z", "author": "local", "comment": None,
            "created": "2026-11-21T12:00:00.000Z",
        },
    }  # fmt: skip


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "before=x", "since=soon", "who=ada"])
def test_a_question_that_cannot_be_is_refused(api: "Api", query: str) -> None:
    assert api.get(f"/v1/audit?{query}").status_code == 400
