"""Who may call what: keys and scopes, Host and Origin, and that every route is in the tables."""

import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.routing import Route

from cascadewatch.store import keys
from collectors.api.app import HANDLERS
from collectors.api.guard import PROBE, PUBLIC, SCOPE

if TYPE_CHECKING:
    from tests.collectors.api.conftest import Api, Serve

Build = Callable[..., dict[str, Any]]
ROLES = ("nobody", *keys.SCOPES)  # the columns of the table
EXAMPLES = {"{id:path}": "e-1", "{id}": "1", "{name:path}": "no-data"}
PATHS = {name: name.partition(" ")[2] for name in HANDLERS}
for placeholder, example in EXAMPLES.items():
    PATHS = {name: path.replace(placeholder, example) for name, path in PATHS.items()}


def call(api: "Api", name: str, **headers: str) -> int:
    """The status of a request that is right in every respect but, perhaps, its rights."""
    method = name.partition(" ")[0]
    named = {"Content-Type": "application/json", **headers} if method == "POST" else headers
    return api.client.request(
        method, PATHS[name], headers=named, content=b"[]" if method == "POST" else None
    ).status_code


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def table() -> dict[str, dict[str, bool]]:
    """Which roles each route lets in, as SECURITY.md promises: what a reviewer reads is what is held."""
    text = (Path(__file__).parents[3] / "SECURITY.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `((?:GET|POST|PUT|PATCH|DELETE) \S+)` \|(.+)\|$", text, re.MULTILINE)
    answers = {name: [cell.strip() for cell in cells.split("|")] for name, cells in rows}
    assert {word for words in answers.values() for word in words} == {"yes", "no"}
    return {
        name: {r: w == "yes" for r, w in zip(ROLES, words, strict=True)} for name, words in answers.items()
    }


def test_every_route_is_in_the_table_with_every_role() -> None:
    assert set(table()) == set(HANDLERS)


@pytest.mark.parametrize("role", ROLES)
def test_a_route_lets_in_whom_the_table_says(serve: "Serve", now: int, role: str) -> None:
    api = serve(require_keys=True)
    headers = {} if role == "nobody" else bearer(keys.create(api.store, f"only-{role}", [role], now))
    for name, allowed in table().items():
        status = call(api, name, **headers)
        refused = 401 if role == "nobody" else 403
        assert (status != refused) == allowed[role], f"{name} answered {status} to {role}"
        assert status in (401, 403) or allowed[role], name


def test_every_route_has_a_scope() -> None:
    assert set(SCOPE) == set(HANDLERS)
    assert set(SCOPE.values()) <= {PUBLIC, PROBE, *keys.SCOPES}


def test_a_route_without_a_scope_is_closed(serve: "Serve", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(SCOPE, "GET /v1/status")
    assert call(serve(token="t"), "GET /v1/status", **bearer("t")) == 403


def test_a_wrong_key_is_told_apart_from_a_right_one_only_by_the_answer(serve: "Serve", now: int) -> None:
    api = serve(require_keys=True)
    key = keys.create(api.store, "sender", ["ingest"], now)
    answers = {
        api.post(b"[]", **bearer(wrong)).json()["error"]["message"]
        for wrong in (key + "x", key[:-1], "cw_00000000_" + key.split("_", 2)[2], "cw_", "x", "ü")
        if wrong.isascii()
    }
    assert len(answers) == 1
    refused = api.post(b"[]", **bearer("cw_00000000_x"))
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert api.post(b"[]", **bearer(key)).status_code == 200


def test_the_log_says_whose_key_was_refused(
    serve: "Serve", now: int, caplog: pytest.LogCaptureFixture
) -> None:
    api = serve(require_keys=True)
    key = keys.create(api.store, "sender", ["ingest"], now)
    _, prefix, secret = key.split("_", 2)
    keys.revoke(api.store, "sender", now)
    with caplog.at_level("INFO", logger="cascadewatch.api"):
        assert api.post(b"[]", **bearer(key)).status_code == 401
    assert f'"key": "sender ({prefix}), revoked"' in caplog.text
    assert secret not in caplog.text


@pytest.mark.parametrize("form", ["Basic {}", "{}", "Bearer", "bearer  {}x"])
def test_another_form_of_authorization_is_no_key(serve: "Serve", now: int, form: str) -> None:
    api = serve(require_keys=True)
    key = keys.create(api.store, "sender", ["ingest"], now)
    assert api.post(b"[]", Authorization=form.format(key)).status_code == 401


def test_a_key_made_while_the_server_runs_works_and_a_revoked_one_stops(serve: "Serve", now: int) -> None:
    api = serve(require_keys=True)
    assert api.post(b"[]", **bearer("cw_0_0")).status_code == 401  # the ring has read its keys
    key = keys.create(api.store, "sender", ["ingest"], now)
    api.clock.now += 1000
    assert api.post(b"[]", **bearer(key)).status_code == 200
    keys.revoke(api.store, "sender", now)
    api.clock.now += 3000
    assert api.post(b"[]", **bearer(key)).status_code == 401


def test_events_are_kept_under_the_name_of_the_key(serve: "Serve", event: Build, now: int) -> None:
    api = serve(require_keys=True)
    one, two = (keys.create(api.store, name, ["ingest"], now) for name in ("one", "two"))
    assert api.post([event(1)], **bearer(one)).json()["accepted"] == 1
    assert api.post([event(1)], **bearer(one)).json()["duplicate"] == 1
    assert api.post([event(1)], **bearer(two)).json()["accepted"] == 1  # another sender's ids are its own


def test_when_a_key_was_last_used_is_noted(serve: "Serve", now: int) -> None:
    api = serve(require_keys=True)
    key = keys.create(api.store, "sender", ["ingest"], now)
    for _ in range(3):
        api.clock.now += 61_000
        assert api.post(b"[]", **bearer(key)).status_code == 200
    with api.store.reading() as connection:
        assert keys.all_keys(connection)[0].last_used == now + 122_000


def test_the_token_of_the_process_may_do_everything(serve: "Serve") -> None:
    api = serve(require_keys=True, token="process-token")
    for name in SCOPE:
        assert call(api, name, **bearer("process-token")) not in (401, 403)
    assert api.post(b"[]", **bearer("process-toke")).status_code == 401


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "LOCALHOST:99", "[::1]:8765", "watch.example.com", "watch.example.com:443"],
)
def test_the_server_answers_to_its_own_names(serve: "Serve", host: str) -> None:
    api = serve(ingest={"allowed_hosts": ["watch.example.com"]})
    assert api.get("/v1/status", Host=host).status_code not in (400, 421)


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8765", "evil.example:127.0.0.1"],
)
def test_a_foreign_host_is_refused_on_every_route_but_the_probes(api: "Api", host: str) -> None:
    for name, needed in SCOPE.items():
        assert (call(api, name, Host=host) == 421) == (needed != PROBE), name


def test_no_host_at_all_is_refused(api: "Api") -> None:
    assert call(api, "GET /v1/status", Host="") == 400


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:3000", "file://", "http://127.0.0.1", ""]
)
def test_a_write_from_another_origin_is_refused(api: "Api", event: Build, origin: str) -> None:
    assert api.post([event(1)], Origin=origin).status_code == 403
    assert api.post([event(1)]).json()["accepted"] == 1


def test_a_write_from_our_own_pages_is_taken(api: "Api") -> None:
    for origin in (f"http://127.0.0.1:{api.port}", "http://127.0.0.1:8765"):
        assert api.post(b"[]", Origin=origin).status_code == 200


FORMS = [
    "/{0}",
    "//{0}",
    "/./{0}",
    "/x/../{0}",
    "/{0}/",
    "/{0}//",
    "/{0}?",
    "/%2e/{0}",
    "/{0}%2f",
    "/{0}/.",
    "/{0};a=b",
    "/{0}%00",
    "/{0}%20",
    "/{1}",
    "/{0}.json",
    "/{0}/..",
    "/%2f{0}",
    "/{0}#x",
    "/\\{0}",
    "/{0}\\",
    "/{0}%0a",
    "/{0}%0d%0ahost:x",
    "/{0}%09",
    "/{0}%2e%2e",
    "/{0}%252f",
    "/{0}?key=cw_0_0&token=x",
    "/{0}%3fx",
    "/{0}%23x",
    "/%2e%2e/{0}",
    "/%c0%af{0}",
    "/{0}/%2e%2e/{0}",
    "///{0}",
    "http://localhost/{0}",
    "http://evil.example/{0}",
    "/docs/../{0}",
    "/healthz/../{0}",
    "/healthz%2f..%2f{0}",
    "/docs;/../{0}",
    "/{0}:80",
]


@pytest.mark.parametrize("name", [n for n, s in SCOPE.items() if s not in (PUBLIC, PROBE)])
def test_no_spelling_of_a_path_gives_more_rights(serve: "Serve", name: str) -> None:
    api = serve(require_keys=True)
    path = PATHS[name].removeprefix("/")
    for form in FORMS:
        spelled = form.format(path, path.upper())
        status = raw_status(api, name.partition(" ")[0], spelled)
        assert status in (400, 401, 404, 405), f"{spelled} answered {status} without a key"


def raw_status(api: "Api", method: str, path: str) -> int:
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    with socket.create_connection(("127.0.0.1", api.port), timeout=10) as sock:
        sock.sendall(head.encode())
        return int(sock.recv(4096).split()[1])


def test_the_app_has_exactly_the_routes_of_the_table(serve: "Serve", api: "Api") -> None:
    from cascadewatch.settings import Settings
    from collectors.api import create_app

    app = create_app(api.store, api.writer, Settings(), api.clock)
    made = {f"{min(r.methods - {'HEAD'})} {r.path}" for r in app.routes if isinstance(r, Route) and r.methods}
    assert made == set(HANDLERS)
