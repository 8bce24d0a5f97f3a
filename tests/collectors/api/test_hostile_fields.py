"""What senders write is a value: never a piece of SQL, never an address that is called, never a setting."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from sqlalchemy import event as on

from cascadewatch.store import keys
from collectors.decode import decode_event

if TYPE_CHECKING:
    from tests.collectors.api.conftest import Api, Serve

Build = Callable[..., dict[str, Any]]
MARK = "zq7canary"
BREAKS = (
    *(
        "'",
        '"',
        "`",
        "''",
        "';",
        "\\'",
        "')",
        "'))",
        "%27",
        "\u02bc",
        "\u2019",
        "' -- ",
        "'/*",
        "*/",
        "#",
        ";",
    ),
    *(
        "' OR '1'='1",
        "' OR 1=1 --",
        '" OR ""="',
        "') OR ('1'='1",
        "1 OR 1=1",
        "' UNION SELECT hash FROM keys --",
    ),
    *(
        "'; DROP TABLE events; --",
        "'; UPDATE keys SET scopes='admin'; --",
        "' || (SELECT hash FROM keys) || '",
    ),
    *(
        "%s",
        "%(x)s",
        ":id",
        "?",
        "?1",
        "$1",
        "@x",
        "{0}",
        "{x}",
        "\\",
        "\\x27",
        "%",
        "_",
        "x'41'",
        "CAST(1 AS TEXT)",
    ),
    *(
        "sqlite_master",
        "pg_sleep(5)",
        "' AND randomblob(100000000) --",
        "ATTACH DATABASE 'x' AS y",
        "PRAGMA x",
    ),
)
FOREIGN = (
    "api_base",
    "base_url",
    "url",
    "headers",
    "api_key",
    "endpoint",
    "proxy",
    "model_list",
    "webhook_url",
)


@pytest.fixture
def watched(serve: "Serve", now: int) -> tuple["Api", str, list[str]]:
    """A server with keys, an administrator's key, and every statement that is sent to the database."""
    api = serve(require_keys=True)
    key = keys.create(api.store, "root", ["admin"], now)
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    for engine in (api.store.engine, api.store.reader):
        on.listen(engine, "before_cursor_execute", note)
    return api, key, statements


def test_no_text_of_a_sender_is_ever_part_of_a_statement(
    watched: tuple["Api", str, list[str]], event: Build
) -> None:
    api, key, statements = watched
    admin = {"Authorization": f"Bearer {key}"}
    for number, breaking in enumerate(BREAKS):
        said = f"{MARK}{breaking}{MARK}"
        names = dict.fromkeys(("cascade", "route", "caller", "session", "revision"), said)
        sent = event(number, **names, tags={said: said}) | {"id": f"{said}{number}"}
        asked = dict.fromkeys(("cascade", "route", "metric", "since", "until", "state", "cursor"), said)
        answers = [
            api.post([sent], **admin),
            api.get(f"/v1/events/{quote(said, safe='')}{number}", **admin),
            api.client.get(
                "/v1/metrics", params={"cascade": said, "route": said, "since": "7d"}, headers=admin
            ),
            *(api.client.get(path, params=asked, headers=admin) for path in ("/v1/episodes", "/v1/silences")),
            api.post({"cascade": said, "rule": said, "hours": 1, "comment": said}, "/v1/silences", **admin),
            api.client.delete(f"/v1/silences/{quote(said, safe='')}", headers=admin),
            api.post({}, f"/v1/replays/{quote(said, safe='')}/run", **admin),
        ]
        if said.isascii():
            answers.append(api.get("/v1/status", Authorization=f"Bearer cw_{said}_{said}"))
        assert {answer.status_code for answer in answers} <= {200, 201, 400, 401, 404, 405}, said
        assert answers[0].json()["accepted"] == 1, answers[0].text
        assert answers[1].json()["cascade"] == said
    assert len(statements) > 2 * len(BREAKS)
    assert [statement for statement in statements if MARK in statement] == []
    with api.store.reading() as connection:
        assert [known.name for known in keys.all_keys(connection)] == ["root"]


@pytest.mark.parametrize("field", FOREIGN)
def test_no_record_names_an_address_or_a_key(event: Build, now: int, field: str) -> None:
    """Which address is called with which key is a matter of the settings alone."""
    whole = event(0)
    attempt = whole["attempts"][0]
    inside = {**attempt, "verdict": {"outcome": "accept", field: "https://evil.example"}}
    for record in (
        {**whole, field: "https://evil.example"},
        {**whole, "attempts": [{**attempt, field: "https://evil.example"}]},
        {**whole, "attempts": [inside]},
    ):
        decoded = decode_event(json.dumps(record).encode(), 0, now, 0)
        assert "unknown key" in str(getattr(decoded, "reason", getattr(decoded, "message", decoded))), decoded
