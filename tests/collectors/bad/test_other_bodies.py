"""Bodies of everything but events: labels, annotations, silences, baselines, back-tests and wishes."""

from typing import Any

import pytest

from tests.collectors.bad.asked import Asked, Json, encoded, event

TIME = "2026-11-21T12:00:00Z"
LABEL: Json = {"id": "e", "attempt": 0, "correct": True, "label_source": "human"}
ANNOTATION: Json = {"time": TIME, "text": "deployed"}
SILENCE: Json = {"cascade": "support", "hours": 1}
BASELINE: Json = {"metric": "escalation_rate", "cascade": "support"}
BAD: dict[str, tuple[Json, dict[str, list[Any]]]] = {  # path: a good body, and per field what it cannot be
    "/v1/labels": (LABEL, {
        "id": [None, 0, "", "x" * 129, [], {}, True],
        "attempt": [None, -1, 16, 0.5, "0", True, 2**63, []],
        "correct": [None, 0, 1, "true", "yes", []],
        "label_source": [None, "", "Human", "robot", 0, ["human"]],
        "source": [0, "", [], {}],
        "sampling": ["", "all", 1],
        "probability": [0, -1, 1.1, 2**63, "1", True],
        "time": [0, "", "now", "2026-11-21", "2026-11-22T12:00:00Z", []],
        "surprise": [1, None], "reason": ["x"], "__class__": [{}],
    }),
    "/v1/annotations": (ANNOTATION, {
        "time": [None, 0, "", "now", "2026-11-21T12:00:00", [], "9999-12-31T23:59:59.999999-23:59"],
        "text": [None, 0, "", "x" * 2001, [], {"a": 1}],
        "cascade": [0, "", "x" * 129, []],
        "route": [0, "", "x" * 129, {}],
        "deploy": [0, 1, "yes"],
        "surprise": [1], "id": [1], "author": ["somebody else"], "kind": ["tiers"],
    }),
    "/v1/silences": (SILENCE, {
        "rule": [0, "", "no such rule", "x" * 129, []],
        "cascade": [0, "", "x" * 129],
        "route": [0, "", "x" * 129],
        "hours": [None, 0, -1, 8785, 2**63, "1", True, []],
        "until": [TIME, 0, "", "now", "2026-11-22", "2036-11-21T12:00:00Z"],
        "comment": [0, "x" * 2001, []],
        "surprise": [1], "author": ["somebody else"], "starts": [TIME], "id": [1],
    }),
    "/v1/baselines": (BASELINE, {
        "metric": [None, 0, "", "no_such_metric", "cost_usd; DROP", "x" * 129, []],
        "cascade": [None, 0, "", "no such cascade", "x" * 129, []],
        "route": [0, "", "x" * 129],
        "accept": [0, "yes"],
        "from": [0, "", "now", "2026-11-21", TIME, "0001-01-01T00:00:00Z"],
        "to": [0, "", "now", "2026-11-21", TIME],
        "revision": [0, "", "x" * 129, "no such revision", []],
        "note": [0, "x" * 2001],
        "surprise": [1], "rate": [0.3], "__proto__": [{}],
    }),
    "/v1/rules/no-data/test": ({}, {
        "since": [0, "", "soon", "0d", "-1d", "1e9d", "²d", [], "9" * 5000 + "d"],
        "from": [0, "", "now", TIME, "9999-12-31T23:59:59Z", []],
        "to": [0, "", "now", TIME, []],
        "surprise": [1], "name": ["x"],
    }),
    "/v1/episodes/1/ack": ({}, {"surprise": [1], "author": ["x"], "id": [1], "": [1]}),
    "/v1/replays/nightly/run": ({}, {"surprise": [1], "target": ["x"], "budget_usd": [1e9],
    "base_url": ["http://x"]}),
}  # fmt: skip
CASES = [
    (path, field, value)
    for path, (_, fields) in BAD.items()
    for field, values in fields.items()
    for value in values
]
WHOLE = (
    b"[]",
    b"null",
    b"true",
    b"5",
    b'"x"',
    b"[{}]",
    b"{",
    b"{]",
    b"NaN",
    b"\xff",
    b'{"a": "\\ud800"}',
    b"{} {}",
)


@pytest.mark.parametrize(
    ("path", "field", "value"), CASES, ids=[f"{p[4:]} {f} {str(v)[:24]}/{len(str(v))}" for p, f, v in CASES]
)
def test_a_field_that_cannot_be_is_refused(asked: Asked, path: str, field: str, value: Any) -> None:
    asked.post(encoded([event("known")]))
    body = {**BAD[path][0], field: value}
    said = asked.post(encoded([body] if path == "/v1/labels" else body), path)
    if path == "/v1/labels":
        assert said.body["rejected"] == 1
    else:
        assert said.status in (400, 404, 409)


@pytest.mark.parametrize("body", WHOLE, ids=ascii)
@pytest.mark.parametrize("path", BAD)
def test_a_body_that_is_no_record_is_refused(asked: Asked, path: str, body: bytes) -> None:
    said = asked.post(body, path)
    assert said.status in (400, 404) or (path == "/v1/labels" and said.body["accepted"] == 0)


@pytest.mark.parametrize("path", ["/v1/annotations", "/v1/silences", "/v1/baselines"])
def test_a_record_that_lacks_what_it_must_have_is_refused(asked: Asked, path: str) -> None:
    assert asked.post(b"{}", path).status == 400
    assert asked.post(b"", path).status == 400


IDS = ("0", "-1", "1.0", "1e3", "x", "null", "1%00", "%00", "1%202", "9" * 20, "9" * 5000,
    "9223372036854775807",
       "9223372036854775808", "١", "²", "１", "+1", "0x1", "01", "1%0A", "..", "%2e%2e")  # fmt: skip


@pytest.mark.parametrize("number", IDS, ids=[f"{n[:20]}/{len(n)}" for n in IDS])
def test_a_number_of_no_row_is_not_found(asked: Asked, number: str) -> None:
    for method, path, body in (
        ("GET", "/v1/episodes/{}", None),
        ("POST", "/v1/episodes/{}/ack", b"{}"),
        ("DELETE", "/v1/silences/{}", None),
        ("GET", "/v1/reports/{}", None),
    ):
        assert asked(method, path.format(number), body).status_code in (404, 405)
