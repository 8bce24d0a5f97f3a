"""GET: what is answered about the events held, and what a question may look like."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from sqlalchemy import func, select

from cascadewatch.store import tables, totals
from cascadewatch.store.rollup_tables import ROLLUPS
from collectors.api.scrape import Counters

if TYPE_CHECKING:
    from tests.collectors.api.conftest import Api

Build = Callable[..., dict[str, Any]]


def accepted(**fields: Any) -> dict[str, Any]:
    """What turns the example into an event the cheap tier served."""
    verdict = {"outcome": "accept", "mechanism": "schema"}
    return {"attempts": [{"tier": "small", "cost_usd": 0.001, "verdict": verdict}], **fields}


def test_the_report_of_a_range_counts_what_was_sent(either: "Api", event: Build) -> None:
    either.post([event(1), event(2, **accepted()), event(3, **accepted(route="mail"))])
    answer = either.get("/v1/metrics?since=1d")
    assert answer.status_code == 200
    rows = {row["route"]: row for row in answer.json()["cascades"]}
    assert {route: row["events"] for route, row in rows.items()} == {None: 3, "faq": 2, "mail": 1}
    rate = rows[None]["metrics"]["escalation_rate"]
    assert (round(rate["value"], 4), rate["n"]) == (0.3333, 3)
    only = either.get("/v1/metrics?since=1d&cascade=support&route=mail").json()["cascades"]
    assert {row["route"] for row in only} <= {None, "mail"}


def test_a_range_can_be_named_by_its_ends(either: "Api", event: Build) -> None:
    either.post([event(1)])
    for ends, events in (
        ("from=2026-11-21T00:00:00Z&to=2026-11-22T00:00:00Z", 1),
        ("from=2026-11-21T00:00:00%2B01:00", 1),
        ("from=2026-11-21T00:00:00+01:00", 1),  # a plus that nobody escaped
        ("from=2026-11-19T00:00:00Z&to=2026-11-20T00:00:00Z", 0),
    ):
        answer = either.get(f"/v1/metrics?{ends}")
        assert answer.status_code == 200, answer.text
        assert sum(r["events"] for r in answer.json()["cascades"] if r["route"] is None) == events


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("since=soon", "since"),
        ("since=7d&from=2026-11-21T00:00:00Z", "not both"),
        ("from=yesterday", "RFC 3339"),
        ("from=2026-11-21T00:00:00", "zone"),
        ("from=0001-01-01T00:00:00Z", "from must be"),
        ("from=2026-11-21T00:00:00Z&to=2026-11-20T00:00:00Z", "before"),
        ("cascde=x", "did you mean cascade?"),
        ("cascade=a&cascade=b", "twice"),
        ("cascade=", "characters"),
        ("cascade=" + "x" * 129, "128 characters"),
        ("cascade=nobody", "nobody"),
        ("since=-7d", "since"),
        ("since=99999999999d", "since"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(api: "Api", query: str, words: str) -> None:
    answer = api.get(f"/v1/metrics?{query}")
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]


STRANGE = [
    "'; DROP TABLE events; --",
    "%",
    "../../etc/passwd",
    "\0",
    "é",
    "\ud7ff",
    "{0.__class__}",
    "${jndi:x}",
    " ",
    "a/b",
    "a%2Fb",
    "?x",
    "x" * 5000,
]


def test_strange_text_in_a_question_is_only_text(either: "Api", event: Build) -> None:
    either.post([event(1)])
    forms = (
        "events/{}",
        "events/e-1?source={}",
        "metrics?cascade={}",
        "metrics?since={}",
        "metrics?{}=1",
        "status?{}",
    )
    for text in STRANGE:
        for form in forms:
            path = "/v1/" + form.format(quote(text, safe=""))
            assert either.get(path).status_code in (200, 400, 404), path
    assert either.get("/v1/events/e-1").status_code == 200


def test_what_an_event_without_any_price_cost_is_unknown_and_not_zero(either: "Api", event: Build) -> None:
    either.post([event(1, attempts=[{"tier": "small", "model": "nobody-knows-it", "usage": {"input": 9}}])])
    found = either.get("/v1/events/e-1").json()
    assert found["priced"] is False
    assert set(found["cost_usd"].values()) == {None}


def test_an_event_is_found_by_its_id(either: "Api", event: Build) -> None:
    either.post([event(1), {**event(), "id": "a/b c?ü"}])
    answer = either.get("/v1/events/e-1")
    assert answer.status_code == 200
    found = answer.json()
    assert (found["id"], found["source"], found["cascade"]) == ("e-1", "local", "support")
    assert [a["tier"] for a in found["attempts"]] == ["small", "flagship"]
    assert either.get("/v1/events/" + quote("a/b c?ü", safe="")).json()["id"] == "a/b c?ü"
    assert either.get("/v1/events/e-1?source=local").status_code == 200
    assert either.get("/v1/events/e-1?source=other").status_code == 404
    assert either.get("/v1/events/e-2").status_code == 404


def test_what_was_sent_of_an_event_comes_back(either: "Api", event: Build) -> None:
    usage = {"input": 700, "cache_read": None, "cache_write": None, "output": 8, "reasoning": None}
    verdict = {"outcome": "accept", "mechanism": "judge", "service_tier": "flex", "usage": usage}
    ends = {"prefix": "ab", "suffix": "cd"}
    label = {"attempt": 0, "correct": True, "source": "human", "time": "2026-11-21T11:59:30.000Z"}
    attempts = [{"tier": "small", "verdict": verdict}]
    either.post([event(1, attempts=attempts, fingerprints=ends, labels=[label]), event(2)])
    found = either.get("/v1/events/e-1").json()
    said = found["attempts"][0]["verdict"]
    assert (said["usage"], said["service_tier"], found["fingerprints"]) == (usage, "flex", ends)
    assert found["labels"] == [{**label, "sampling": "selected", "probability": 1.0}]
    assert either.get("/v1/events/e-2").json()["fingerprints"] is None


def test_the_status_says_what_came_and_from_whom(either: "Api", event: Build) -> None:
    either.post([event(1), event(1), {"id": "x"}])
    found = either.get("/v1/status").json()
    assert found["ingest"] == {"accepted": 1, "duplicate": 1, "conflict": 0, "rejected": 1}
    assert [(s["source"], s["cascade"], s["events"]) for s in found["sources"]] == [("local", "support", 1)]
    assert found["database"] in ("sqlite", "postgresql")
    assert found["version"]
    assert found["schema"]


def test_labels_are_applied_and_early_ones_wait(either: "Api", event: Build) -> None:
    either.post([event(1)])
    label = {"id": "e-1", "attempt": 0, "correct": False, "label_source": "human"}
    answer = either.post([label, {**label, "id": "e-2"}, {**label, "attempt": 5}], path="/v1/labels").json()
    assert (answer["received"], answer["accepted"], answer["rejected"]) == (3, 2, 1)
    assert answer["errors"][0]["index"] == 2
    assert either.get("/v1/events/e-1").json()["labels"][0]["correct"] is False
    assert either.get("/v1/status").json()["waiting_labels"] == 1


def test_an_annotation_is_put_on_the_time_line(either: "Api") -> None:
    mark = {"time": "2026-11-21T11:00:00Z", "cascade": "support", "text": "judge-v3"}
    answer = either.post(mark, path="/v1/annotations")
    assert answer.status_code == 200
    with either.store.reading() as connection:
        row = connection.execute(select(tables.annotations)).one()
    assert (row.seq, row.cascade, row.text, row.author) == (
        answer.json()["id"],
        "support",
        "judge-v3",
        "local",
    )


def test_the_author_of_an_annotation_is_the_acting_user_only_behind_the_token(serve: Any) -> None:
    mark = {"time": "2026-11-21T11:00:00Z", "text": "x"}
    api = serve(token="t")
    api.post(mark, path="/v1/annotations", X_Cascadewatch_User="ada")
    api.post(mark, path="/v1/annotations", X_Cascadewatch_User="ada", Authorization="Bearer t")
    with api.store.reading() as connection:
        authors = list(connection.execute(select(tables.annotations.c.author)).scalars())
    assert authors == ["local", "ada"]


def test_prometheus_reads_the_same_sums(either: "Api", event: Build) -> None:
    either.post([event(1), event(2, **accepted()), {"id": "x"}])
    answer = either.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert 'cascadewatch_events_total{cascade="support",route="faq"} 2' in lines
    assert 'cascadewatch_judged_total{cascade="support",route="faq"} 2' in lines
    assert 'cascadewatch_escalated_total{cascade="support",route="faq"} 1' in lines
    assert 'cascadewatch_cost_nanousd_total{cascade="support",route="faq"} 22000000' in lines
    assert 'cascadewatch_verdicts_total{cascade="support",route="faq",outcome="reject"} 1' in lines
    assert 'cascadewatch_ingest_total{source="local",outcome="accepted"} 2' in lines
    assert 'cascadewatch_ingest_total{source="local",outcome="rejected"} 1' in lines


def test_counters_follow_and_never_fall(either: "Api", event: Build) -> None:
    def events() -> int:
        either.clock.now += 6000
        lines = either.get("/metrics").text.splitlines()
        return int(next(x for x in lines if x.startswith("cascadewatch_events_total")).split()[-1])

    either.post([event(1), event(2)])
    assert events() == 2
    day = ROLLUPS["events"].tiers["day"]
    with either.store.writing() as connection:  # as retention does with days of long ago
        connection.execute(day.update().values(events=day.c.events - 1))
    assert events() == 2
    either.post([event(3)])
    assert events() == 3
    with either.store.reading() as connection:
        assert connection.execute(select(func.sum(day.c.events)).where(day.c.route == "faq")).scalar() == 2


def test_a_restart_tells_the_same_after_what_lowers_the_sums(either: "Api", event: Build) -> None:
    either.post([event(1), event(2)])
    with either.store.writing() as connection:
        was, day = totals.held(connection), ROLLUPS["events"].tiers["day"]
        connection.execute(day.update().values(cost_cheap=0))
        totals.keep_fallen(connection, was)
    both = [counters.read(either.store, either.clock.now) for counters in (Counters(), Counters())]
    cost = next(f for f in both[0] if f.name == "cascadewatch_cost_nanousd_total")
    assert cost.values == {("support", "faq"): 2 * 21_000_000}
    assert both[0] == both[1]


def test_nothing_acts_on_get(either: "Api", event: Build) -> None:
    for path in ("/v1/labels", "/v1/annotations", "/v1/events"):
        answer = either.get(path)
        assert answer.status_code == 405
        assert answer.json()["error"]["code"] == "method_not_allowed"
        assert answer.json()["error"]["message"] == "GET is not taken here, only POST"
        assert answer.headers["Allow"] == "POST"
