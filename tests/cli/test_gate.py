"""Who gets to the pages: hosts, origins, logins."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from cascadewatch.cli.gate import Gate
from cascadewatch.settings import Dashboard, Ingest, Settings
from cascadewatch.settings.login import Login

OURS = {"host": "127.0.0.1:8765"}


def answer(
    settings: Settings, kind: str, path: str, headers: dict[str, str], client: str = "127.0.0.1",
    more: Sequence[tuple[bytes, bytes]] = (),
) -> list[dict[str, Any]]:  # fmt: skip
    """What is sent; an app that was reached sends one message with its type."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def inside(_scope: Any, _receive: Any, reply: Any) -> None:
        await reply({"type": "reached"})

    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": kind, "path": path, "headers": [*encoded, *more], "client": (client, 50_000)}
    asyncio.run(Gate(inside, settings, {"/v1/", "/healthz"})(scope, None, send))
    return sent


PUBLIC = Settings(public_url="https://monitor.example.com")


def reached(
    headers: dict[str, str], kind: str = "http", path: str = "/", settings: Settings = PUBLIC, **more: Any
) -> bool:
    return answer(settings, kind, path, headers, **more) == [{"type": "reached"}]


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


@pytest.mark.parametrize(
    "path",
    ["/v1", "//v1/", "/V1/", "/healthz/", "/healthz/x", "//healthz", "/healthz.", "/healthz/_stcore/stream"],
)
def test_what_only_looks_like_the_api_is_a_page(path: str) -> None:
    """Pages answer wherever nobody else does; without their headers others could frame them."""
    assert not reached({"host": "evil.example"}, path=path)
    assert reached(OURS, path=path)


@pytest.mark.parametrize("path", ["/v1/events", "/healthz", "/v1/_stcore/stream"])
def test_no_websocket_is_the_apis(path: str) -> None:
    assert not reached({**OURS, "origin": "https://evil.example"}, "websocket", path)


@pytest.mark.parametrize("path", ["/_stcore/upload_file", "/_stcore/upload_file/session/file"])
def test_nothing_is_uploaded(path: str) -> None:
    (start, _) = answer(PUBLIC, "http", path, OURS)
    assert start["status"] == 403
    assert reached(OURS, path="/_stcore/health")


BY_HEADER = Settings(dashboard=Dashboard(login="header", user_header="X-User"))
ADA = {**OURS, "x-user": "ada"}


@pytest.mark.parametrize("kind", ["http", "websocket"])
class TestByHeader:
    def test_nobody_comes_in_without_it(self, kind: str) -> None:
        assert not reached(OURS, kind, settings=BY_HEADER)
        assert not reached({**OURS, "x-user": ""}, kind, settings=BY_HEADER)
        assert reached(ADA, kind, settings=BY_HEADER)

    @pytest.mark.parametrize("client", ["10.0.0.7", "192.168.1.5", "::2", "", "localhost", "127.0.0.1.evil"])
    def test_it_counts_only_from_the_proxy(self, kind: str, client: str) -> None:
        assert not reached(ADA, kind, settings=BY_HEADER, client=client)

    @pytest.mark.parametrize("client", ["10.1.2.3", "::ffff:10.1.2.3", "fd00::5"])
    def test_the_settings_say_where_the_proxy_is(self, kind: str, client: str) -> None:
        elsewhere = BY_HEADER.model_copy(update={"login": Login(proxies=("10.0.0.0/8", "fd00::5"))})
        assert reached(ADA, kind, settings=elsewhere, client=client)
        assert not reached(ADA, kind, settings=elsewhere)

    def test_a_second_one_beside_the_proxys_is_refused(self, kind: str) -> None:
        assert not reached(ADA, kind, settings=BY_HEADER, more=[(b"x-user", b"root")])
        groups = BY_HEADER.model_copy(update={"login": Login(groups_header="X-Groups")})
        twice = [(b"x-groups", b"dev"), (b"x-groups", b"sre")]
        assert reached(ADA, kind, settings=groups, more=twice[:1])
        assert not reached(ADA, kind, settings=groups, more=twice)


def test_a_browser_is_told_to_load_nothing_from_elsewhere_and_to_let_nobody_frame_us() -> None:
    async def inside(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"etag", b"1")]})

    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    for path in ("/", "/v1/status"):
        scope = {"type": "http", "path": path, "headers": [(b"host", b"localhost")]}
        asyncio.run(Gate(inside, PUBLIC, {"/v1/"})(scope, None, send))
    page, api = (dict(message["headers"]) for message in sent)
    policy = page[b"content-security-policy"].decode()
    assert page[b"etag"] == b"1"
    assert {"connect-src 'self'", "frame-ancestors 'none'", "img-src 'self' data: blob:"} <= set(
        policy.split("; ")
    )
    assert set(api) == {b"etag"}
