"""A loopback server that answers as told and keeps what it got, and `emit` loaded afresh."""

import gzip
import importlib.util
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
Answer = tuple[int, dict[str, str], bytes]


class Server:
    """`answers` are used up one by one; afterwards everything of at most `most` bytes is
    accepted. A body of more than `unread` bytes is not even read."""

    def __init__(self) -> None:
        self.requests: list[list[dict[str, Any]]] = []
        self.headers: list[dict[str, str]] = []
        self.times: list[float] = []
        self.answers: list[Answer] = []
        self.most = self.unread = 2**24
        self.hang = threading.Event()
        self.hang.set()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_address[1]}"

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for request in self.requests for event in request]

    def receive(self, headers: dict[str, str], body: bytes) -> Answer:
        self.times.append(time.monotonic())
        self.hang.wait()
        self.headers.append(headers)
        if self.answers:
            return self.answers.pop(0)
        decoded = gzip.decompress(body)
        events = json.loads(decoded)
        headers |= {"Decoded": str(len(decoded)), "Events": str(len(events))}
        if len(decoded) > self.most:
            return 413, {}, b"{}"
        self.requests.append(events)
        told = {
            "received": len(events),
            "accepted": len(events),
            "duplicate": 0,
            "conflict": 0,
            "rejected": 0,
        }
        return 200, {}, json.dumps(told | {"errors": []}).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                if length > server.unread:
                    self.close_connection = True
                    return
                body = self.rfile.read(length)
                status, headers, answer = server.receive(dict(self.headers) | {"path": self.path}, body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: Any) -> None:
                pass

        return Handler

    def close(self) -> None:
        self.hang.set()
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def load() -> Callable[[], ModuleType]:
    """A fresh copy of examples/emit.py, with a queue and a thread of its own."""

    def fresh() -> ModuleType:
        spec = importlib.util.spec_from_file_location("emit", EXAMPLES / "emit.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        setattr(module, "LONGEST_PAUSE", 0.2)  # noqa: B010  a name the type checker cannot know
        return module

    return fresh


@pytest.fixture
def emit(load: Callable[[], ModuleType], server: Server) -> ModuleType:
    """The helper, pointed at the server."""
    module = load()
    module.configure(url=server.url)
    return module
