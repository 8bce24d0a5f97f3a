"""Baselines and rules over HTTP: what is normal, what is watched, what would have fired."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from alerts.rules import DEFAULTS
from cascadewatch.drift.fitting import fit
from cascadewatch.drift.hours import Hour
from cascadewatch.moments import rfc3339
from cascadewatch.store import baselines, episodes

if TYPE_CHECKING:
    from tests.collectors.api.conftest import Api, Serve

HOUR = 3_600_000
SUPPORT = {"metric": "escalation_rate", "cascade": "support"}
Build = Callable[..., dict[str, Any]]


def pinned(api: "Api", days_ago: int, rate: float, **values: Any) -> baselines.Pinned:
    """A baseline learnt from the week before."""
    at = api.clock.now - days_ago * 24 * HOUR
    hours = [Hour(at - h * HOUR, round(100 * rate), 100) for h in range(168, 0, -1)]
    about = {"how": "automatic", "author": "cascadewatch", "note": None, "now": at} | values
    with api.store.writing() as connection:
        return baselines.pin(connection, "escalation_rate", "support", "", fit(hours), **about)


def fire(api: "Api", **values: Any) -> None:
    row: dict[str, Any] = {
        "rule": "escalation-drift", "kind": "drift", "metric": "escalation_rate", "cascade": "support",
        "route": "", "direction": "down", "severity": "ticket", "state": "firing", "acknowledged": None,
        "acknowledged_by": None, "updated": api.clock.now, "detail": {},
    }  # fmt: skip
    with api.store.writing() as connection:
        episodes.add(connection, row | values)


def refused(api: "Api", body: Any, path: str = "/v1/baselines") -> tuple[int, str]:
    answer = api.post(body, path=path)
    return answer.status_code, answer.json()["error"]["message"]


def week(api: "Api", event: Build, revision: str = "r1", rate: int = 3) -> None:
    """Eight days of 20 requests an hour, `rate` in ten of them escalated."""
    accept = [{"tier": "small", "cost_usd": 0.001, "verdict": {"outcome": "accept", "mechanism": "schema"}}]
    first = api.clock.now - 8 * 24 * HOUR
    sent = []
    for n in range(8 * 24 * 20):
        made = event(n, revision=revision, time=rfc3339(first + n * HOUR // 20))
        sent.append(made if n % 10 < rate else {**made, "attempts": accept})
    assert api.post(sent).json()["accepted"] == len(sent)


class TestBaselines:
    def test_they_are_listed_newest_first(self, either: "Api") -> None:
        assert either.get("/v1/baselines").json() == {"baselines": []}
        old, new = pinned(either, 20, 0.3), pinned(either, 3, 0.31, how="pinned", author="ada", note="why")
        listed = either.get("/v1/baselines?metric=escalation_rate&cascade=support").json()["baselines"]
        assert [b["id"] for b in listed] == [new.id, old.id]
        assert (listed[0]["author"], listed[0]["note"], listed[0]["retired"]) == ("ada", "why", None)
        assert listed[1]["retired"] == listed[0]["pinned"] == "2026-11-18T12:00:00.000Z"
        assert listed[0]["baseline"]["rate"] == pytest.approx(0.31)
        assert listed[0]["baseline"]["end"] == "2026-11-18T12:00:00.000Z"
        assert either.get("/v1/baselines?cascade=coding").json() == {"baselines": []}

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ({"metric": "escalation_rate"}, "cascade"),
            ({"cascade": "support"}, "metric"),
            (SUPPORT | {"from": "2026-11-01T00:00:00Z"}, "from and to"),
            (SUPPORT | {"from": "2026-11-02T00:00:00Z", "to": "2026-11-01T00:00:00Z"}, "from before to"),
            (SUPPORT | {"revision": "r1", "from": "2026-11-02T00:00:00Z"}, "not both"),
            (SUPPORT | {"accept": True, "to": "2026-11-01T00:00:00Z"}, "accept"),
            (SUPPORT | {"accept": "yes"}, "true or false"),
            (SUPPORT | {"accpet": True}, "did you mean accept?"),
        ],
    )
    def test_what_cannot_be_is_refused_with_the_reason(
        self, api: "Api", body: dict[str, Any], words: str
    ) -> None:
        status, said = refused(api, body)
        assert (status, words in said) == (400, True), said

    def test_a_cascade_or_a_revision_that_is_not_there_is_a_404(self, api: "Api", event: Build) -> None:
        api.post([event(1, revision="r1")])
        assert refused(api, SUPPORT | {"cascade": "suport"}) == (
            404,
            "no cascade is named 'suport'; known: support",
        )
        status, said = refused(api, SUPPORT | {"revision": "r2"})
        assert (status, "the latest: r1" in said) == (404, True), said

    def test_the_last_seven_days_are_pinned(self, serve: "Serve", event: Build) -> None:
        api = serve(token="t")
        week(api, event)
        body = SUPPORT | {"note": "as it is"}
        headers = {"Authorization": "Bearer t", "X-Cascadewatch-User": "ada"}
        answer = api.client.post("/v1/baselines", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        made = answer.json()
        assert (made["how"], made["author"], made["note"]) == ("pinned", "ada", "as it is")
        assert made["baseline"]["rate"] == pytest.approx(0.3, abs=0.01)
        assert made["baseline"]["start"] == "2026-11-14T12:00:00.000Z"
        assert api.get("/v1/baselines").json()["baselines"][0]["id"] == made["id"]

    def test_the_time_of_a_revision_is_pinned(self, either: "Api", event: Build) -> None:
        week(either, event)
        either.post([event("new", revision="r2")])
        answer = either.post(SUPPORT | {"revision": "r1"}, path="/v1/baselines")
        assert answer.status_code == 200, answer.text
        assert answer.json()["baseline"]["requests"] >= 8 * 24 * 20

    def test_too_little_is_a_409_that_says_what_is_lacking(self, api: "Api", event: Build) -> None:
        api.post([event(1)])
        status, said = refused(api, SUPPORT)
        assert (status, "500" in said) == (409, True), said

    def test_the_level_since_the_open_episode_began_is_accepted(self, api: "Api", event: Build) -> None:
        week(api, event)
        pinned(api, 1, 0.4)
        since = api.clock.now - 3 * 24 * HOUR
        fire(api, since=since, opened=since + HOUR)
        answer = api.post(SUPPORT | {"accept": True}, path="/v1/baselines")
        assert answer.status_code == 200, answer.text
        made = answer.json()
        assert (made["how"], made["author"]) == ("accepted", "local")
        assert made["baseline"]["rate"] == pytest.approx(0.3, abs=0.01)
        assert made["baseline"]["start"] == "2026-11-18T12:00:00.000Z"
        assert "10.0 points" in made["warning"]

    def test_nothing_can_be_accepted_where_nothing_moved(self, api: "Api", event: Build) -> None:
        week(api, event)
        status, said = refused(api, SUPPORT | {"accept": True})
        assert (status, "from" in said) == (400, True), said


class TestRules:
    def test_the_rules_in_force_are_listed_with_a_sentence(self, api: "Api") -> None:
        listed = api.get("/v1/rules").json()["rules"]
        assert [rule["name"] for rule in listed] == [rule.name for rule in DEFAULTS]
        assert all(rule["definition"].endswith(".") and rule["states"] == [] for rule in listed)

    def test_a_back_test_says_what_would_have_fired(self, either: "Api", event: Build) -> None:
        week(either, event)
        answer = either.post({"since": "14d"}, path="/v1/rules/escalation-drift/test")
        assert answer.status_code == 200, answer.text
        assert answer.json() == {
            "rule": "escalation-drift", "from": "2026-11-07T12:00:00.000Z", "to": "2026-11-21T12:00:00.000Z",
            "episodes": [], "sentence": "would not have fired",
        }  # fmt: skip

    def test_it_looks_back_30_days_unless_told(self, api: "Api") -> None:
        answer = api.post({}, path="/v1/rules/price-coverage/test").json()
        assert answer["from"] == "2026-10-22T12:00:00.000Z"

    @pytest.mark.parametrize(
        ("body", "status", "words"),
        [
            ({"since": "soon"}, 400, "since"),
            ({"since": "7d", "from": "2026-11-01T00:00:00Z"}, 400, "not both"),
            ({"to": "2026-11-01T00:00:00Z"}, 400, "from"),
            ({"sinse": "7d"}, 400, "did you mean since?"),
        ],
    )
    def test_a_range_that_cannot_be_is_refused(
        self, api: "Api", body: dict[str, str], status: int, words: str
    ) -> None:
        found, said = refused(api, body, "/v1/rules/no-data/test")
        assert (found, words in said) == (status, True), said

    def test_a_rule_that_is_not_there_is_named_with_the_nearest(self, api: "Api") -> None:
        status, said = refused(api, {}, "/v1/rules/no-dta/test")
        assert (status, "did you mean no-data?" in said) == (404, True)

    def test_without_rules_the_server_says_so(self, serve: "Serve") -> None:
        assert serve(watching=None).get("/v1/rules").status_code == 503
