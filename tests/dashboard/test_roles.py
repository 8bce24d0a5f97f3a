"""What each role finds on the pages: strangers nothing, viewers no button that works, administrators all."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cascadewatch.login import Person, Stranger
from dashboard import acting, alerting, data, replaying, signing_in
from tests.dashboard.conftest import LookAt, Place
from tests.dashboard.test_incidents_page import copied

BY_HEADER = """
[dashboard]
login = "header"
user_header = "X-Forwarded-User"
api_url = "http://127.0.0.1:1"

[login]
admins = ["ada@example.com"]
groups_header = "X-Groups"
admin_groups = ["sre"]
sign_out_url = "https://watch.example.com/sign_out"
"""
ENTRY = str(Path(signing_in.__file__).with_name("app.py"))


class Headers(dict[str, str]):
    """Of a request, as `st.context` gives them."""


@pytest.fixture
def behind(empty: Place, look_at: LookAt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Headers:
    """Pages behind a proxy; the headers of the next request."""
    place = copied(empty, tmp_path)
    place.config.write_text(f"{place.config.read_text(encoding='utf-8')}{BY_HEADER}", encoding="utf-8")
    look_at(place)
    headers = Headers()
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.headers", headers)
    monkeypatch.delenv(acting.TOKEN, raising=False)
    return headers


def test_whom_the_proxy_names_may_look(behind: Headers) -> None:
    behind["X-Forwarded-User"] = "bob@example.com"
    assert signing_in.somebody() == Person("bob@example.com", admin=False)
    assert "bob@example.com is none" in str(acting.hindrance())
    with pytest.raises(acting.ActError, match="Only administrators"):
        acting.post("/v1/silences", {})
    with pytest.raises(acting.ActError, match="Only administrators"):
        acting.delete("/v1/silences/3")


@pytest.mark.parametrize(
    "headers",
    [{"X-Forwarded-User": "ADA@example.com"}, {"X-Forwarded-User": "eve", "X-Groups": "dev, sre"}],
)
def test_an_administrator_by_name_or_group_may_act(behind: Headers, headers: dict[str, str]) -> None:
    behind.update(headers)
    assert signing_in.somebody() == Person(headers["X-Forwarded-User"], admin=True)
    assert acting.hindrance() is None
    assert acting.user() == headers["X-Forwarded-User"]
    with pytest.raises(acting.ActError, match="cannot be reached"):
        acting.post("/v1/silences", {})


@pytest.mark.parametrize(
    ("name", "carried"),
    [
        ("жанна", "%D0%B6%D0%B0%D0%BD%D0%BD%D0%B0"),
        ("žofie@example.com", "%C5%BEofie@example.com"),
        ("100%25 Ada", "100%2525 Ada"),
        ("o'neil+ops@example.com", "o'neil+ops@example.com"),
    ],
)
def test_every_name_reaches_the_api(behind: Headers, name: str, carried: str) -> None:
    behind["X-Forwarded-User"] = name
    assert acting.user() == carried


def test_without_a_login_everybody_acts_unnamed(empty: Place, look_at: LookAt) -> None:
    look_at(empty)
    assert signing_in.somebody() == Person(None, admin=True)
    assert acting.user() is None


def test_who_is_not_named_gets_one_page_and_no_question_is_asked(
    behind: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(signing_in.somebody(), Stranger)

    def asked() -> None:
        raise AssertionError("the store was asked")

    for module in (data, alerting, replaying):  # each has it by a name of its own
        monkeypatch.setattr(module, "reading", asked)
    app = AppTest.from_file(ENTRY, default_timeout=60).run()
    assert not app.exception
    assert [header.value for header in app.header] == ["Sign in"]
    assert any("no user" in told.value for told in app.text)
    assert not app.sidebar.children
    with pytest.raises(acting.ActError, match="who is not signed in is none"):
        acting.post("/v1/silences", {})


def test_that_the_server_stands_open_is_said_on_every_page(
    empty: Place, look_at: LookAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_at(empty)
    monkeypatch.setenv("CASCADEWATCH_OPEN", 'ingest.keys is "off"')
    app = AppTest.from_file(ENTRY, default_timeout=60).run()
    said = [text.value for text in app.text]
    assert any("change or send what they like" in words for words in said)
    assert any('ingest.keys is "off"' in words for words in said)
