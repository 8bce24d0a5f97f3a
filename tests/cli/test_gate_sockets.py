"""Pages that stay open, however many, leave the API and the probes their connections."""

import asyncio
import socket
import time
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import httpx
import pytest

from cascadewatch.cli import gate
from cascadewatch.cli.deadlines import Deadlines
from cascadewatch.cli.gate_sockets import MOST, MOST_OF_ONE, Sockets
from cascadewatch.cli.listening import MOST_CONNECTIONS
from cascadewatch.settings import Settings
from tests.collectors.api.conftest import listening

HANDSHAKE = (
    "GET /_stcore/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
CONNECTIONS, PAGES, COMING = 12, 5, 20


async def pages(scope: Any, receive: Any, send: Any) -> None:
    """Accepts every WebSocket and waits for its end; answers the rest."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await receive()
    else:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})


def served(app: Any) -> AbstractContextManager[int]:
    """The port of the app on a server that takes CONNECTIONS."""
    return listening(app, http=Deadlines, limit_concurrency=CONNECTIONS, timeout_graceful_shutdown=1)


def shaken(port: int, held: ExitStack) -> bytes:
    """What a handshake that stays is answered."""
    sock = held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
    sock.sendall(HANDSHAKE.encode())
    return sock.recv(4096)


def test_who_opens_pages_without_end_takes_neither_the_api_nor_the_probes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gate, "Sockets", lambda: Sockets(PAGES))
    with served(gate.Gate(pages, Settings(), {"/v1/", "/healthz"})) as port:
        with ExitStack() as held:
            answers = [shaken(port, held) for _ in range(COMING)]
            assert [one[9:12] for one in answers] == [b"101"] * PAGES + [b"503"] * (COMING - PAGES)
            assert all(b"\r\nretry-after: 5\r\n" in one.lower() for one in answers[PAGES:])
            for path in ("/v1/events", "/healthz", "/"):
                assert httpx.get(f"http://127.0.0.1:{port}{path}", timeout=20).status_code == 200, path
        until = time.monotonic() + 20
        with ExitStack() as held:
            while shaken(port, held)[9:12] != b"101":  # until those that went are counted no more
                assert time.monotonic() < until
                time.sleep(0.05)


def test_pages_leave_most_connections_to_others() -> None:
    assert MOST < MOST_CONNECTIONS / 2


def test_one_address_has_its_share_and_a_proxy_no_limit_of_its_own() -> None:
    sockets = Sockets()
    assert all(sockets.enter("192.0.2.7") for _ in range(MOST_OF_ONE))
    assert not sockets.enter("192.0.2.7")
    assert sockets.enter("192.0.2.8")
    sockets.leave("192.0.2.7")
    assert sockets.enter("192.0.2.7")
    rest = MOST - MOST_OF_ONE - 1
    assert all(sockets.enter(None) for _ in range(rest))
    assert not sockets.enter(None)
    assert not sockets.enter("192.0.2.9")


@pytest.mark.parametrize(
    ("client", "proxied"), [("127.0.0.1", True), ("::1", True), ("10.0.0.7", False), ("2001:db8::7", False)]
)
def test_the_proxies_of_the_settings_speak_for_many(
    client: str, proxied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str | None] = []

    class Noted(Sockets):
        def enter(self, address: str | None) -> bool:
            counted.append(address)
            return super().enter(address)

    monkeypatch.setattr(gate, "Sockets", Noted)
    scope = {"type": "websocket", "path": "/", "headers": [(b"host", b"localhost")], "client": (client, 1)}
    asyncio.run(gate.Gate(_nothing, Settings())(scope, None, _nothing))
    assert (counted == [None]) == proxied


async def _nothing(*_: Any) -> None:
    pass
