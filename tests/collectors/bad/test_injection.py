"""SQL in every header, question, path and field: bound as a value each time, never part of a statement."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import Engine
from sqlalchemy import event as listening

from cascadewatch.store import keys
from tests.collectors.bad.asked import TOKEN, Asked, Json, asking, encoded, event, put

CANARY = "cwcanary"
CLAUSES = (
    "OR 1=1", "OR '1'='1", "AND 1=0", "; DROP TABLE events", "; DELETE FROM events",
    "; UPDATE meta SET value='0'",
    "UNION SELECT 1,2,3", "UNION ALL SELECT NULL,NULL", "UNION SELECT secret FROM keys",
    "; ATTACH DATABASE 'x' AS y",
    "; PRAGMA writable_schema=1", "; VACUUM", "; COPY events TO PROGRAM 'id'", "; SELECT pg_sleep(10)",
    "|| (SELECT name FROM sqlite_master)", "AND (SELECT COUNT(*) FROM events) > 0", "LIMIT 0", "ORDER BY 99",
    "GROUP BY 1 HAVING 1=1", "RETURNING *", "; SET ROLE postgres", "; CREATE TABLE x (y)",
    "; INSERT INTO keys VALUES (1)",
    "AND randomblob(1000000000)", "AND load_extension('x')",
)  # fmt: skip
QUOTES = ("'", '"', "`", "')", '")', "';", "\\'", "''", "%27", "\u02bc", "\uff07", "$$", "/*", "-- ", "\0'",
    "' /*!", "[", ":a", "?",
          "{}")  # fmt: skip
STRINGS = [f"{CANARY}{n}{mark} {clause} --" for n, (mark, clause) in
           enumerate((mark, clause) for mark in QUOTES for clause in CLAUSES)]  # fmt: skip
HEADERS = (
    "Authorization",
    "X-Cascadewatch-User",
    "Origin",
    "Host",
    "Content-Encoding",
    "User-Agent",
    "X-Forwarded-For",
    "Cookie",
)
QUERIES = (
    "/v1/metrics?cascade={}", "/v1/metrics?route={}", "/v1/metrics?since={}", "/v1/metrics?from={}",
    "/v1/metrics?{}=1",
    "/v1/episodes?cascade={}", "/v1/episodes?state={}", "/v1/episodes?limit={}", "/v1/episodes?before={}",
    "/v1/baselines?metric={}", "/v1/baselines?cascade={}", "/v1/replays?replay={}", "/v1/events/e?source={}",
)  # fmt: skip
PATHS = ("GET /v1/events/{}", "GET /v1/episodes/{}", "GET /v1/reports/{}", "DELETE /v1/silences/{}",
         "POST /v1/episodes/{}/ack", "POST /v1/rules/{}/test", "POST /v1/replays/{}/run", "GET /v1/{}",
         "GET /{}")  # fmt: skip
NAMES = ("route", "caller", "session", "revision", "attempts.0.provider", "attempts.0.model",
"attempts.0.verdict.verifier",
         "attempts.0.verdict.reason", "tags.team", "text.prompt", "fingerprints.prefix",
         "attempts.0.service_tier")  # fmt: skip
VALUES = ("time", "completed", "attempts.0.status", "attempts.0.cost_usd", "attempts.0.kind",
    "attempts.0.usage.input",
          "attempts.0.verdict.outcome", "labels.0.source")  # fmt: skip
OTHERS = {
    "/v1/annotations": ("text", "cascade", "route", "time", "deploy"),
    "/v1/silences": ("rule", "cascade", "route", "comment", "hours", "until"),
    "/v1/baselines": ("metric", "cascade", "route", "note", "revision", "from"),
}  # fmt: skip
GOOD: dict[str, Json] = {
    "/v1/annotations": {"time": "2026-11-21T12:00:00Z", "text": "x"},
    "/v1/silences": {"hours": 1},
    "/v1/baselines": {"metric": "escalation_rate", "cascade": "support"},
}


@pytest.fixture(scope="module")
def statements() -> Iterator[list[str]]:
    """Every statement any database was sent, without its values."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    listening.listen(Engine, "before_cursor_execute", note)
    yield sent
    listening.remove(Engine, "before_cursor_execute", note)


@pytest.fixture(scope="module")
def guarded(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, now: int, statements: list[str]
) -> Iterator[Asked]:
    """Wants keys, so that what is sent as a key is looked up."""
    path = tmp_path_factory.mktemp("injected") / "cascadewatch.db"
    shutil.copy(sqlite_template, path)
    with asking(f"sqlite:///{path}", now, require_keys=True, token=TOKEN) as asked:
        keys.create(asked.store, "a", ["read"], now)
        assert asked("GET", "/v1/status", Authorization=f"Bearer {TOKEN}").status_code == 200
        assert statements
        yield asked
    assert not [s for s in statements if CANARY in s]


def test_there_are_five_hundred() -> None:
    assert len(set(STRINGS)) == 500


def test_as_headers(guarded: Asked) -> None:
    """A key above all: it is looked up before anything is known of who asks."""
    for number, text in enumerate(STRINGS):
        name = HEADERS[number % len(HEADERS)]
        value = f"Bearer cw_{text[:60]}" if name == "Authorization" else text
        answer = guarded("GET", "/v1/status", **{name: value.replace("\0", "").encode()})
        assert answer.status_code in (400, 401, 421)
        prefix = f"Bearer cw_{number:08x}_{text}".replace("\0", "")
        assert guarded("GET", "/v1/status", Authorization=prefix.encode()).status_code == 401


def test_as_questions(guarded: Asked) -> None:
    for number, text in enumerate(STRINGS):
        path = QUERIES[number % len(QUERIES)].format(quote(text, safe=""))
        assert guarded("GET", path, Authorization=f"Bearer {TOKEN}").status_code in (200, 400, 404)


def test_as_paths(guarded: Asked) -> None:
    for number, text in enumerate(STRINGS):
        method, _, path = PATHS[number % len(PATHS)].format(quote(text, safe="")).partition(" ")
        body = b"{}" if method == "POST" else None
        answer = guarded(method, path, body, Authorization=f"Bearer {TOKEN}")
        assert answer.status_code in (400, 404, 405)


def test_as_fields_of_events(guarded: Asked) -> None:
    named = [event(text, cascade="injected") for text in STRINGS]
    for record, text in zip(named, STRINGS, strict=True):
        for path in NAMES:
            put(record, path, text)
    assert guarded.post(encoded(named), Authorization=f"Bearer {TOKEN}").body["accepted"] == 500
    for path in VALUES:
        wrong = [put(event("e"), path, text) for text in STRINGS]
        assert guarded.post(encoded(wrong), Authorization=f"Bearer {TOKEN}").body["rejected"] == 500
    grown = [event(f"tier {n}", cascade=text, attempts=[{"tier": text}]) for n, text in enumerate(STRINGS)]
    assert guarded.post(encoded(grown), Authorization=f"Bearer {TOKEN}").body["accepted"] < 200  # cascades


def test_as_fields_of_the_other_bodies(guarded: Asked) -> None:
    places = [(path, field) for path, fields in OTHERS.items() for field in fields]
    for number, text in enumerate(STRINGS):
        path, field = places[number % len(places)]
        said = guarded.post(encoded({**GOOD[path], field: text}), path, Authorization=f"Bearer {TOKEN}")
        assert said.status in (200, 400, 404, 409)
    for field in ("id", "source", "label_source", "sampling", "attempt"):
        labels = [
            {"id": "e", "attempt": 0, "correct": True, "label_source": "human", field: text}
            for text in STRINGS
        ]
        said = guarded.post(encoded(labels), "/v1/labels", Authorization=f"Bearer {TOKEN}")
        assert said.body["received"] == 500


def test_nothing_is_lost_and_what_was_sent_can_be_read(guarded: Asked) -> None:
    held = {row.id for row in guarded.events()}
    for text in STRINGS[::25]:
        assert text.replace("\0", "\u2400") in held
        answer = guarded("GET", f"/v1/events/{quote(text, safe='')}", Authorization=f"Bearer {TOKEN}")
        assert answer.json()["id"] == text.replace("\0", "\u2400")
