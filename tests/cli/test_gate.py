"""Who gets to the pages: hosts, origins, logins."""

import asyncio
from typing import Any

import pytest

from cascadewatch.cli.gate import Gate
from cascadewatch.settings import Dashboard, Ingest, Settings

OURS = {"host": "127.0.0.1:8765"}


def answer(settings: Settings, kind: str, path: str, headers: dict[str, str]) -> list[dict[str, Any]]:
    """What is sent; an app that was reached sends one message with its type."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def inside(_scope: Any, _receive: Any, reply: Any) -> None:
        await reply({"type": "reached"})

    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": kind, "path": path, "headers": encoded}
    asyncio.run(Gate(inside, settings, {"v1", "healthz"})(scope, None, send))
    return sent


PUBLIC = Settings(public_url="https://monitor.example.com")


def reached(
    headers: dict[str, str], kind: str = "http", path: str = "/", settings: Settings = PUBLIC
) -> bool:
    return answer(settings, kind, path, headers) == [{"type": "reached"}]


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1", "[::1]:8765", "monitor.example.com"])
def test_known_hosts_are_answered(host: str) -> None:
    assert reached({"host": host})
    assert reached({"host": host}, "websocket")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[", "evil.example:8765"])
def test_unknown_hosts_are_not(host: str) -> None:
    assert not reached({"host": host})
    assert not reached({"host": host}, "websocket")


def test_allowed_hosts_of_the_settings_are_known() -> None:
    settings = Settings(ingest=Ingest(allowed_hosts=("monitor.internal",)))
    assert reached({"host": "monitor.internal:80"}, settings=settings)


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8765", "https://monitor.example.com"])
def test_our_own_pages_may_open_a_websocket(origin: str) -> None:
    assert reached({**OURS, "origin": origin}, "websocket", "/_stcore/stream")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:3000", "http://127.0.0.1"]
)
def test_pages_of_others_may_not(origin: str) -> None:
    assert not reached({**OURS, "origin": origin}, "websocket", "/_stcore/stream")


def test_a_websocket_is_closed_before_it_is_accepted() -> None:
    sent = answer(Settings(), "websocket", "/_stcore/stream", {"host": "evil.example"})
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_a_refused_page_is_a_403_with_the_way_out() -> None:
    start, body = answer(Settings(), "http", "/", {"host": "evil.example"})
    assert start["status"] == 403
    assert b"allowed_hosts" in body["body"]


def test_the_api_guards_itself() -> None:
    assert reached({"host": "evil.example"}, path="/v1/events")
    assert reached({"host": "10.0.0.1"}, path="/healthz")
    assert not reached({"host": "evil.example"}, path="/v1events")
    assert not reached({"host": "evil.example"}, path="/cost/v1")


def test_a_login_by_header_lets_nobody_in_without_it() -> None:
    settings = Settings(dashboard=Dashboard(login="header", user_header="X-User"))
    assert not reached(OURS, settings=settings)
    assert not reached(OURS, "websocket", settings=settings)
    assert reached({**OURS, "x-user": "ada"}, settings=settings)
