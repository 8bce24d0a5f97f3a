"""How the pages act: requests to the API with the right key, in the name of whoever is logged in."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cascadewatch.store import episodes
from dashboard import acting, data, text_incidents
from tests.dashboard.alarmed import alarmed, write
from tests.dashboard.conftest import LookAt, Place
from tests.dashboard.mixed import page, words
from tests.dashboard.replayed_place import tables
from tests.dashboard.test_incidents_page import copied, number_of

Said = dict[str, Any]


class Api(ThreadingHTTPServer):
    """Answers everything alike, and remembers what was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[Said] = []
        self.status = 200
        self.answer = b"{}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Api

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.asked.append(
            {"method": self.command, "path": self.path, "body": json.loads(body) if body else None,
             "headers": {name.lower(): value for name, value in self.headers.items()}}
        )  # fmt: skip
        self.send_response(self.server.status)
        self.send_header("content-length", str(len(self.server.answer)))
        self.send_header("location", "/elsewhere")
        self.end_headers()
        self.wfile.write(self.server.answer)

    def do_GET(self) -> None:
        self.do_POST()

    def do_DELETE(self) -> None:
        self.do_POST()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def api() -> Iterator[Api]:
    server = Api()
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def moved(recorded: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = copied(recorded, tmp_path_factory.mktemp("moved"))
    write(place, alarmed)
    return place


@pytest.fixture
def beside(api: Api, look_at: LookAt, moved: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Pages beside their API, as `up` starts them."""
    look_at(moved)
    monkeypatch.setenv(data.API_VARIABLE, api.url)
    monkeypatch.setenv(acting.TOKEN, "token-of-this-start")
    return moved


def clicked(app: AppTest, key: str, api: Api) -> Said:
    app.button(key=key).click().run()
    assert not app.exception
    return next(asked for asked in reversed(api.asked) if asked["method"] != "GET")


def test_acknowledging_asks_the_api_with_the_token_of_this_start(beside: Place, api: Api) -> None:
    number = number_of(beside)
    asked = clicked(page("incidents", episode=number), "acknowledge", api)
    assert (asked["method"], asked["path"], asked["body"]) == ("POST", f"/v1/episodes/{number}/ack", {})
    assert asked["headers"]["authorization"] == "Bearer token-of-this-start"
    assert "x-cascadewatch-user" not in asked["headers"]


def test_a_run_of_a_replay_is_asked_for(
    api: Api, look_at: LookAt, recorded: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = copied(recorded, tmp_path)
    with place.config.open("a", encoding="utf-8") as config:
        config.write(tables())
    look_at(place)
    monkeypatch.setenv(data.API_VARIABLE, api.url)
    monkeypatch.setenv(acting.TOKEN, "token-of-this-start")
    asked = clicked(page("replays"), "go-never", api)
    assert (asked["method"], asked["path"], asked["body"]) == ("POST", "/v1/replays/never/run", {})


def test_a_silence_names_rule_and_cascade_how_long_and_why(beside: Place, api: Api) -> None:
    app = page("incidents", episode=number_of(beside))
    app.text_input(key="silence_comment").set_value("release").run()
    asked = clicked(app, "silence", api)
    assert asked["path"] == "/v1/silences"
    assert asked["body"] == {
        "rule": "escalation-drift", "cascade": "support", "hours": 4, "comment": "release"
    }  # fmt: skip


def test_a_silence_of_the_whole_cascade_names_no_rule_and_no_route(beside: Place, api: Api) -> None:
    app = page("incidents", episode=number_of(beside, route="faq"))
    app.button_group(key="silence_what").set_value(text_incidents.SILENCE_CASCADE).run()
    app.button_group(key="silence_hours").set_value(24).run()
    assert clicked(app, "silence", api)["body"] == {"cascade": "support", "hours": 24}


def test_a_silence_about_a_route_names_it(beside: Place, api: Api) -> None:
    app = page("incidents", episode=number_of(beside, route="faq"))
    assert clicked(app, "silence", api)["body"] == {
        "rule": "escalation-drift", "cascade": "support", "route": "faq", "hours": 4,
    }  # fmt: skip


def test_accepting_the_level_names_metric_and_scope(beside: Place, api: Api) -> None:
    app = page("incidents", episode=number_of(beside))
    assert "What happened until now can then no longer be seen" in words(app)
    asked = clicked(app, "accept", api)
    assert asked["path"] == "/v1/baselines"
    assert asked["body"] == {"metric": "escalation_rate", "cascade": "support", "accept": True}


def test_a_silence_is_ended_by_its_number(beside: Place, api: Api) -> None:
    app = page("incidents")
    key = next(str(b.key) for b in app.button if str(b.key).startswith("end-"))
    asked = clicked(app, key, api)
    assert (asked["method"], asked["path"]) == ("DELETE", f"/v1/silences/{key.removeprefix('end-')}")


def test_what_the_api_refuses_is_said_in_its_words(beside: Place, api: Api) -> None:
    api.status, api.answer = (
        409,
        b'{"error": {"code": "conflict", "message": "412 of the 500 <b>judged</b>"}}',
    )
    app = page("incidents", episode=number_of(beside))
    app.button(key="accept").click().run()
    assert "412 of the 500 <b>judged</b>" in [text.value for text in app.text]


@pytest.mark.parametrize("answer", [b"", b"[]", b"<html>", b'{"error": "no"}', b"\xff"])
def test_a_refusal_without_words_tells_its_status(beside: Place, api: Api, answer: bytes) -> None:
    api.status, api.answer = 502, answer
    with pytest.raises(acting.ActError, match="status 502"):
        acting.post("/v1/silences", {})


def test_a_redirect_is_not_followed(beside: Place, api: Api) -> None:
    api.status = 307
    with pytest.raises(acting.ActError, match="status 307"):
        acting.post("/v1/silences", {})
    assert [asked["path"] for asked in api.asked] == ["/v1/silences"]


def test_an_endless_answer_is_not_read(beside: Place, api: Api) -> None:
    api.answer = b"x" * (acting.LONGEST + 1)
    with pytest.raises(acting.ActError, match="longer"):
        acting.post("/v1/silences", {})


def test_an_api_that_is_not_there_is_named(beside: Place, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(data.API_VARIABLE, "http://127.0.0.1:1")
    with pytest.raises(acting.ActError, match=r"http://127\.0\.0\.1:1 cannot be reached"):
        acting.post("/v1/silences", {})


def test_a_proxy_of_the_environment_is_not_used(
    beside: Place, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert acting.post("/v1/silences", {}) == {}


def test_a_dashboard_by_itself_uses_the_key_of_its_settings(
    recorded: Place, api: Api, look_at: LookAt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = f'\n[dashboard]\napi_url = "{api.url}"\napi_key = "env:MY_KEY"\n'
    look_at(copied(recorded, tmp_path, more))
    monkeypatch.delenv(acting.TOKEN, raising=False)
    monkeypatch.setenv("MY_KEY", "cw_admin")
    acting.post("/v1/silences", {})
    assert api.asked[-1]["headers"]["authorization"] == "Bearer cw_admin"


def test_a_key_that_is_not_where_it_should_be_disables_the_buttons(
    recorded: Place, look_at: LookAt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = '\n[dashboard]\napi_url = "http://127.0.0.1:1"\napi_key = "env:MISSING_KEY"\n'
    look_at(copied(recorded, tmp_path, more))
    monkeypatch.delenv(acting.TOKEN, raising=False)
    assert "MISSING_KEY is not set" in str(acting.hindrance())


def test_a_name_in_a_rule_cannot_leave_its_place_in_the_address(beside: Place, api: Api) -> None:
    acting.back_test("a/../b?c#d", 7)
    assert api.asked[-1]["path"] == "/v1/rules/a%2F..%2Fb%3Fc%23d/test"
    assert api.asked[-1]["body"] == {"since": "7d"}


def test_a_link_alone_changes_nothing(beside: Place, api: Api) -> None:
    page("incidents", episode=number_of(beside), acknowledge="1", silence="1")
    assert {asked["method"] for asked in api.asked} <= {"GET"}


def test_a_baseline_that_hides_a_drift_is_said_to(beside: Place, api: Api) -> None:
    api.answer = b'{"id": 7, "warning": "this baseline lies 6.0 points from the one of a month before"}'
    app = page("incidents", episode=number_of(beside))
    app.button(key="accept").click().run()
    (said,) = [toast.value.replace("\\", "") for toast in app.toast]
    assert said == (
        "The new level is the baseline now. But this baseline lies 6.0 points from the one of a month before."
    )


def test_what_is_over_can_neither_be_silenced_nor_accepted(beside: Place, api: Api) -> None:
    found: list[int] = []
    write(beside, lambda connection, now: found.extend(e.id for e in episodes.page(connection, limit=3)))
    app = page("incidents", episode=str(found[-1]))
    assert {b.key for b in app.button} & {"acknowledge", "silence", "accept"} == set()
