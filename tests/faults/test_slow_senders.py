"""Senders that trickle, stall or hang up: others are served meanwhile, and what was stored is stored once."""

import json
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from cascadewatch.cli.deadlines import Deadlines
from cascadewatch.pricing import PriceBook
from cascadewatch.settings import Settings
from cascadewatch.store.engine import Store
from cascadewatch.store.writes import Writer
from collectors.api import create_app
from tests.faults.processes import (
    Process,
    Senders,
    batch,
    held,
    p99,
    send_again,
    settings_file,
    starting,
    wait_for,
    whole,
)
from tests.soaking import Record, note

HEAD = b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
SHORT = 0.6


class Hasty(Deadlines):
    """The same with no patience, so that the test need not have any."""

    head_seconds = SHORT
    body_seconds = 2 * SHORT


@contextmanager
def hasty_server(app: Any) -> Iterator[int]:
    """An app behind our own protocol; its port."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        config = uvicorn.Config(app, http=Hasty, log_level="critical", lifespan="off", timeout_keep_alive=30)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
        thread.start()
        try:
            wait_for(lambda: server.started)
            yield int(sock.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def port(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, now: int) -> Iterator[int]:
    """The API behind our own protocol; its port."""
    path = tmp_path_factory.mktemp("slow") / "cascadewatch.db"
    shutil.copy(sqlite_template, path)
    settings = Settings(database_url=f"sqlite:///{path}", caller_ids="plain")
    with ExitStack() as stack:
        store = Store(settings.database_url)
        stack.callback(store.close)
        writer = Writer(store, settings, PriceBook((), bundled=False), lambda: now)
        stack.callback(writer.close)
        app = create_app(store, writer, settings, lambda: now, require_keys=False, body_seconds=SHORT)
        yield stack.enter_context(hasty_server(app))


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def trickled(sock: socket.socket, text: bytes) -> tuple[float, bytes]:
    """Sends a byte at a time until the other side has enough: after how many seconds, and what it said."""
    began = time.monotonic()
    sock.settimeout(0.05)
    for byte in text:
        with suppress(OSError):  # a closed connection is seen when it is read
            sock.sendall(bytes([byte]))
        try:
            said = sock.recv(4096)
        except TimeoutError:
            continue
        except OSError:
            said = b""
        return time.monotonic() - began, said
    raise AssertionError("it would wait for ever")


def answered(sock: socket.socket) -> bytes:
    sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return sock.recv(4096)


def test_a_connection_that_says_nothing_is_closed(port: int) -> None:
    with connected(port) as sock:
        assert sock.recv(1) == b""


@pytest.mark.parametrize(
    "text", [b"\r\n" * 100, HEAD + b"X-Long: " + b"y" * 1_000], ids=["nothing yet", "headers"]
)
@pytest.mark.parametrize("is_first", [True, False], ids=["first request", "later request"])
def test_headers_that_never_end_are_waited_for_only_so_long(port: int, text: bytes, is_first: bool) -> None:
    with connected(port) as sock:
        if not is_first:
            assert answered(sock).startswith(b"HTTP/1.1 200")
        seconds, said = trickled(sock, text)
        assert said == b""
        assert seconds >= SHORT * 0.9


def test_a_body_that_never_ends_is_answered_408(port: int) -> None:
    with connected(port) as sock:
        sock.sendall(HEAD + b"Content-Length: 100000\r\n\r\n")
        assert trickled(sock, b"[" + b" " * 1_000)[1].startswith(b"HTTP/1.1 408")


def test_a_body_that_nobody_reads_ends_too(port: int) -> None:
    """The route is unknown and answers at once; what is still sent must not keep the connection for ever."""
    with connected(port) as sock:
        sock.sendall(HEAD.replace(b"events", b"evnts") + b"Content-Length: 100000\r\n\r\n")
        assert sock.recv(4096).startswith(b"HTTP/1.1 404")
        assert trickled(sock, b" " * 1_000)[1] == b""


def test_who_is_in_time_is_kept(port: int) -> None:
    with connected(port) as sock:
        for _ in range(4):
            assert answered(sock).startswith(b"HTTP/1.1 200")
            time.sleep(SHORT / 2)
        time.sleep(SHORT * 1.5)  # between two requests another time counts
        assert answered(sock).startswith(b"HTTP/1.1 200")


async def accepting(_: Any, receive: Any, send: Any) -> None:
    """Accepts a WebSocket and listens."""
    await receive()
    await send({"type": "websocket.accept"})
    await receive()


def test_a_page_that_stays_open_is_left_alone() -> None:
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    with hasty_server(accepting) as port, connected(port) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + upgrade + key)
        assert sock.recv(4096).startswith(b"HTTP/1.1 101")
        sock.settimeout(3 * SHORT)
        with pytest.raises(TimeoutError):
            sock.recv(1)


@pytest.fixture
def serve(tmp_path: Path, store_url: str) -> Iterator[Process]:
    settings_file(tmp_path, store_url)
    with starting(tmp_path) as start:
        yield start("serve")


def post(port: int, content: bytes) -> socket.socket:
    """A connection on which a whole request was sent."""
    sock = connected(port)
    sock.sendall(HEAD + f"Content-Length: {len(content)}\r\n\r\n".encode() + content)
    return sock


def test_an_answer_that_is_lost_makes_the_next_a_duplicate(serve: Process, store_url: str) -> None:
    port = int(serve.url.rpartition(":")[2])
    names = [f"lost-{n}" for n in range(20)]
    for n, name in enumerate(names):
        sock = post(port, json.dumps(batch(name, 5)).encode())
        if n % 2:
            assert sock.recv(1) == b"H"  # the rest of the answer is never read
        sock.close()
    sender = Senders(serve.url, 5, acknowledged=names)
    with closing(Store(store_url)) as store:
        wait_for(lambda: len(held(store)) == 100)
    assert send_again(serve.url, names, 5) == (0, 100)
    assert serve.end() == 0
    whole(store_url, sender)


@contextmanager
def slow_senders(port: int, number: int) -> Iterator[list[socket.socket]]:
    """Connections that send a byte a second each, half of them of their headers, half of a body."""
    stop = threading.Event()
    open_ones = [connected(port) for _ in range(number)]
    for sock in open_ones[::2]:
        sock.sendall(HEAD + b"Content-Length: 100000\r\n\r\n[")
    for sock in open_ones[1::2]:
        sock.sendall(HEAD[:20])

    def trickle() -> None:
        while not stop.wait(1):
            for sock in open_ones:
                with suppress(OSError):
                    sock.sendall(b" ")

    thread = threading.Thread(target=trickle)
    thread.start()
    try:
        yield open_ones
    finally:
        stop.set()
        thread.join()
        for sock in open_ones:
            sock.close()


def latency(url: str, seconds: float, run: str) -> float:
    """The 99th percentile of honest senders over some time."""
    senders = Senders(url).start("ab", run=run, pause=0.03)
    time.sleep(seconds)
    senders.end()
    assert {code for code, _ in senders.answers} == {200}
    return p99(senders.seconds(200))


def among_slow_ones(serve: Process, seconds: float) -> tuple[float, float]:
    """The honest senders' 99th percentile alone, and beside 200 slow connections."""
    port = int(serve.url.rpartition(":")[2])
    alone = latency(serve.url, seconds, "alone")
    with slow_senders(port, 200):
        beside = latency(serve.url, seconds, "beside")
    return alone, beside


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_two_hundred_slow_connections_hold_nobody_up(serve: Process, store_url: str) -> None:
    among_slow_ones(serve, 2)
    assert serve.end() == 0


@pytest.mark.soak
@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_two_hundred_slow_connections_are_closed_within_a_minute(
    serve: Process, store_url: str, record_property: Record
) -> None:
    alone, beside = among_slow_ones(serve, 20)
    note(record_property, {"alone": alone, "beside": beside})
    assert beside <= max(2 * alone, 2), "who is held up waits for thirty seconds"
    with slow_senders(int(serve.url.rpartition(":")[2]), 200) as open_ones:
        wait_for(lambda: all(is_over(sock) for sock in open_ones), 60, every=0.5)
    assert serve.end() == 0


def is_over(sock: socket.socket) -> bool:
    """Whether the other side has answered or closed."""
    sock.setblocking(False)
    try:
        sock.recv(4096)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
