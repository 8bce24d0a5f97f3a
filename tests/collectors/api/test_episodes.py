"""Episodes over HTTP: listed page by page, shown whole, acknowledged."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from cascadewatch.store import episodes, keys, outbox

if TYPE_CHECKING:
    from tests.collectors.api.conftest import Api, Serve

HOUR = 3_600_000
Fire = Callable[..., int]
ESTIMATE = {"value": 0.36, "baseline": 0.3, "low": 0.33, "high": 0.39, "n": 2410, "effective": 900.5}


def fire(api: "Api", hours_ago: float = 1, **values: Any) -> int:
    """Writes an episode as the evaluation does; its number."""
    at = api.clock.now - round(hours_ago * HOUR)
    row = {
        "rule": "escalation-drift", "kind": "drift", "metric": "escalation_rate", "cascade": "support",
        "route": "", "direction": "up", "severity": "ticket", "state": "firing", "opened": at,
        "since": at - HOUR, "acknowledged": None, "acknowledged_by": None, "updated": at,
        "detail": {"message": "moved", "estimate": ESTIMATE | {"since": at - HOUR}},
    }  # fmt: skip
    with api.store.writing() as connection:
        made = episodes.add(connection, row | values)
        change = episodes.note(connection, made.id, at, "", "firing", "alarm")
        outbox.enqueue(
            connection, episode=made.id, transition=change, kind="firing", channels=["team"], now=at
        )
    return made.id


def ended(api: "Api", hours_ago: float, **values: Any) -> int:
    at = api.clock.now - round(hours_ago * HOUR)
    return fire(api, hours_ago + 1, state="resolved", easing=at, resolved=at, **values)


def listed(api: "Api", query: str = "") -> list[int]:
    answer = api.get(f"/v1/episodes{query}")
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["episodes"]]


def test_what_goes_on_is_listed_with_its_estimate_in_rfc_3339(either: "Api") -> None:
    number = fire(either)
    answer = either.get("/v1/episodes?state=open").json()
    assert answer["next"] is None
    (row,) = answer["episodes"]
    assert (row["id"], row["rule"], row["direction"]) == (number, "escalation-drift", "up")
    assert (row["opened"], row["since"]) == ("2026-11-21T11:00:00.000Z", "2026-11-21T10:00:00.000Z")
    assert (row["route"], row["resolved"], row["acknowledged"]) == (None, None, None)
    assert row["detail"]["estimate"] == ESTIMATE | {"since": "2026-11-21T10:00:00.000Z"}


def test_nothing_has_fired_yet(api: "Api") -> None:
    assert api.get("/v1/episodes").json() == {"episodes": [], "next": None}


def test_they_can_be_chosen_by_state_cascade_and_time(either: "Api") -> None:
    old, over = ended(either, 100), ended(either, 5)
    running, other = fire(either, 2), fire(either, 1, cascade="coding")
    assert listed(either) == [other, running, over, old]
    assert listed(either, "?state=open") == [other, running]
    assert listed(either, "?cascade=support") == [running, over, old]
    assert listed(either, "?since=1d") == [other, running, over]
    assert listed(either, "?from=2026-11-16T00:00:00Z&to=2026-11-18T12:00:00Z") == [old]


def test_pages_follow_one_another(either: "Api") -> None:
    made = [fire(either, 10 - n, cascade=f"c{n}") for n in range(5)]
    found, query = [], "?limit=2"
    while query:
        answer = either.get(f"/v1/episodes{query}").json()
        found += [row["id"] for row in answer["episodes"]]
        query = f"?limit=2&before={answer['next']}" if answer["next"] else ""
    assert found == made[::-1]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("state=closed", "open or all"),
        ("limit=0", "1 to 500"),
        ("limit=501", "1 to 500"),
        ("before=x", "whole number"),
        ("stat=open", "did you mean state?"),
        ("since=7d&from=2026-11-21T00:00:00Z", "not both"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(api: "Api", query: str, words: str) -> None:
    answer = api.get(f"/v1/episodes?{query}")
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]


def test_one_is_shown_with_all_that_came_of_it(either: "Api") -> None:
    number = fire(either)
    child = fire(either, 0.5, rule="flagship-drift", parent=number)
    found = either.get(f"/v1/episodes/{number}").json()
    assert found["children"] == [child]
    assert [(t["state"], t["reason"], t["time"]) for t in found["transitions"]] == [
        ("firing", "alarm", "2026-11-21T11:00:00.000Z")
    ]
    (delivery,) = found["deliveries"]
    assert (delivery["channel"], delivery["kind"], delivery["state"]) == ("team", "firing", "pending")
    assert delivery["created"] == "2026-11-21T11:00:00.000Z"


@pytest.mark.parametrize("number", ["99", "0", "-1", "x", "9" * 30, "1.0", "%C2%B2"])
def test_an_unknown_one_is_a_404(api: "Api", number: str) -> None:
    assert api.get(f"/v1/episodes/{number}").status_code == 404
    assert api.post({}, path=f"/v1/episodes/{number}/ack").status_code == 404


def test_an_acknowledgement_is_kept_under_the_name_of_the_key(serve: "Serve", now: int) -> None:
    api = serve(require_keys=True)
    number = fire(api)
    key = keys.create(api.store, "on-call", ["admin"], now)
    answer = api.post({}, path=f"/v1/episodes/{number}/ack", Authorization=f"Bearer {key}")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["acknowledged_by"], answer.json()["state"]) == ("on-call", "firing")
    assert answer.json()["acknowledged"] == "2026-11-21T12:00:00.000Z"


def test_the_first_acknowledgement_stays(serve: "Serve") -> None:
    api = serve(token="t")
    number = fire(api)
    for user in ("ada", "bob"):
        headers = {"Authorization": "Bearer t", "X-Cascadewatch-User": user}
        answer = api.client.post(f"/v1/episodes/{number}/ack", json={}, headers=headers)
        assert answer.json()["acknowledged_by"] == "ada"


def test_an_acknowledgement_says_nothing_else(api: "Api") -> None:
    number = fire(api)
    answer = api.post({"by": "me"}, path=f"/v1/episodes/{number}/ack")
    assert answer.status_code == 400
    assert '"by"' in answer.json()["error"]["message"]


def test_prometheus_counts_episodes_and_deliveries(either: "Api") -> None:
    fire(either)
    fire(either, cascade="coding", direction="down")
    ended(either, 5)
    with either.store.writing() as connection:
        outbox.bury_strangers(connection, [])
    lines = either.get("/metrics").text.splitlines()
    up = '{rule="escalation-drift",cascade="support",direction="up"}'
    assert f"cascadewatch_episodes_total{up} 2" in lines
    assert f"cascadewatch_episodes_open{up} 1" in lines
    assert 'cascadewatch_deliveries_total{channel="team",state="dead"} 3' in lines


def test_an_open_count_falls_again(either: "Api") -> None:
    number = fire(either)

    def shown() -> bool:
        either.clock.now += 6000
        return any(
            x.startswith("cascadewatch_episodes_open{") for x in either.get("/metrics").text.splitlines()
        )

    assert shown()
    with either.store.writing() as connection:
        found = episodes.episode(connection, number)
        assert found is not None
        episodes.change(connection, found, either.clock.now, state="resolved", resolved=either.clock.now)
    assert not shown()
