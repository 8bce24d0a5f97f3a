"""Replays over HTTP: the wish for a run, and what ran."""

from typing import TYPE_CHECKING

from cascadewatch.settings.replaying import Model, Replay
from cascadewatch.store import replays, reports, wishes

if TYPE_CHECKING:
    from tests.collectors.api.conftest import Api, Serve

RUN = "/v1/replays/nightly/run"
NIGHTLY = {
    "model": {"small": Model(kind="recorded", answer="cheap")},
    "replay": {"nightly": Replay.model_validate({"eval_set": "set.jsonl", "target": "small"})},
}


def test_a_wish_waits_once_for_a_worker(serve: "Serve", now: int) -> None:
    api = serve(token="t", **NIGHTLY)
    headers = {"Authorization": "Bearer t", "X-Cascadewatch-User": "ada"}
    first = api.client.post(RUN, json={}, headers=headers)
    assert (first.status_code, first.json()) == (
        202,
        {"replay": "nightly", "asked": "2026-11-21T12:00:00.000Z"},
    )
    second = api.client.post(RUN, json={}, headers=headers)
    assert second.status_code == 409
    with api.store.writing() as connection:
        assert wishes.waiting(connection) == [wishes.Wish("nightly", "ada", now)]
        assert wishes.take(connection, "nightly")
        assert not wishes.take(connection, "nightly")
    assert api.client.post(RUN, json={}, headers=headers).status_code == 202


def test_an_unknown_replay_names_the_known_ones(serve: "Serve") -> None:
    api = serve(**NIGHTLY)
    answer = api.post({}, path="/v1/replays/nigthly/run")
    assert answer.status_code == 404
    assert "known here: nightly" in answer.text


def test_runs_and_reports_can_be_read(either: "Api", now: int) -> None:
    values: dict[str, object] = {
        "name": "nightly", "cascade": None, "eval_set": "0" * 16, "cause": "cli", "author": "cli", "cases": 1,
        "limit": None, "config": {}, "config_hash": "1" * 16, "owner": None, "claimed": None,
    }  # fmt: skip
    with either.store.writing() as connection:
        run = replays.start(connection, values, now)
        number = reports.write(
            connection,
            replay=run.id,
            name="nightly",
            cascade=None,
            verdict="unchanged",
            body={"a": 1},
            now=now,
        )
    (found,) = either.get("/v1/replays?replay=nightly").json()["replays"]
    assert (found["name"], found["state"], found["started"]) == (
        "nightly", "running", "2026-11-21T12:00:00.000Z",
    )  # fmt: skip
    assert either.get("/v1/replays?replay=other").json() == {"replays": [], "unmet": []}
    assert either.get(f"/v1/reports/{number}").json()["body"] == {"a": 1}
    assert either.get("/v1/reports/99").status_code == 404
