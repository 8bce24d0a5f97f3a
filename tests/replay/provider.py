"""A provider of models on loopback that bills what it receives, and misbehaves on demand.

with providing() as provider:
    provider.says = lambda question: "42"
    provider.misbehave("server_error", every=10)
    ...
    assert provider.billed_usd <= 1

It speaks OpenAI's chat completions, Anthropic's messages and the plain JSON of a verifier's own endpoint.
"""

import json
import socket
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.alerts.http_receiver import drip, silent, status

Way = Literal[
    "unauthorized", "payment_required", "model_gone", "rate_limited", "server_error", "timeout", "empty",
    "html", "truncated_json", "cut", "ten_megabytes", "drip", "no_usage", "wrong_model", "moved", "refused",
    "reset", "odd_shape", "no_text", "odd_usage",
]  # fmt: skip
TURNED_AWAY = {"unauthorized", "payment_required", "model_gone", "rate_limited", "moved"}  # not billed
INPUT, OUTPUT = 40, 20  # tokens of every answer
INPUT_USD, OUTPUT_USD = 1.0, 2.0  # per million
CALL_NANO = int(INPUT * INPUT_USD * 1000 + OUTPUT * OUTPUT_USD * 1000)
PRICE = f"""
[[price]]
model = "small"
input_usd_per_1m = {INPUT_USD}
output_usd_per_1m = {OUTPUT_USD}
"""


@dataclass(frozen=True)
class Call:
    """One request that came whole."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def question(self) -> str:
        """The last message, or the prompt of a verifier's endpoint."""
        messages = self.body.get("messages")
        return str(messages[-1]["content"] if messages else self.body.get("prompt", ""))


@dataclass
class Provider:
    """`calls` are the requests received whole, in order. `says` gives the text of an answer (or what a
    verifier's endpoint answers), `way` how a call is treated: None well, else by name."""

    port: int
    seconds: float = 0.0
    says: Callable[[str], Any] = lambda question: "42"
    way: Callable[[int, Call], Way | None] = lambda number, call: None
    calls: list[Call] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    billed: int = 0
    most_at_once: int = 0
    at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def billed_nano(self) -> int:
        """Nano-dollars of all calls that were not turned away."""
        return self.billed * CALL_NANO

    def asked(self) -> Counter[str]:
        """How often each question came."""
        with self.lock:
            return Counter(call.question for call in self.calls)

    def misbehave(self, way: Way | None, *, every: int = 1, after: int = 0) -> None:
        """Treats every n-th call (of those after the first so many) badly."""
        self.way = lambda number, call: way if number > after and number % every == 0 else None

    def serve(self, connection: socket.socket, call: Call) -> None:
        with self.lock:
            self.calls.append(call)
            self.times.append(time.monotonic())
            way = self.way(len(self.calls), call)
            self.billed += way not in TURNED_AWAY
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.seconds:
                time.sleep(self.seconds)
            self._answer(connection, call, way)
        finally:
            with self.lock:
                self.at_once -= 1

    def _answer(self, connection: socket.socket, call: Call, way: Way | None) -> None:
        good = json.dumps(self._good(call, way)).encode()
        bad = WAYS.get(way or "")
        if bad is None:
            connection.sendall(status(200, good, Content_Type="application/json"))
        elif callable(bad):
            bad(connection, call, good)
        else:
            connection.sendall(bad)

    def _good(self, call: Call, way: Way | None) -> Any:
        said = self.says(call.question)
        if call.path.endswith("/chat/completions"):
            return _openai(call, str(said), way)
        if call.path.endswith("/messages"):
            return _anthropic(call, str(said), way)
        return said


def _openai(call: Call, text: str, way: Way | None) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if way == "refused":
        message = {"role": "assistant", "content": None, "refusal": "I will not."}
    if way == "no_text":
        message = {"role": "assistant", "content": None}
    usage = {"prompt_tokens": INPUT, "completion_tokens": -1 if way == "odd_usage" else OUTPUT}
    return {
        "model": "another" if way == "wrong_model" else call.body["model"],
        "choices": [{"message": message, "finish_reason": "stop"}],
    } | ({} if way == "no_usage" else {"usage": usage})


def _anthropic(call: Call, text: str, way: Way | None) -> dict[str, Any]:
    none = way in ("refused", "no_text")
    usage = {"input_tokens": INPUT, "output_tokens": -1 if way == "odd_usage" else OUTPUT}
    return {
        "model": "another" if way == "wrong_model" else call.body["model"],
        "content": [] if none else [{"type": "text", "text": text}],
        "stop_reason": "refusal" if way == "refused" else "end_turn",
    } | ({} if way == "no_usage" else {"usage": usage})


def _said(code: int, call: Call, **headers: str) -> bytes:
    """An error that repeats the key it was given, as some do."""
    given = {"error": {"message": f"{code}: bad key {call.headers}"}}
    return status(code, json.dumps(given).encode(), **headers)


def _refuse(code: int, **headers: str) -> Callable[[socket.socket, Call, bytes], None]:
    return lambda connection, call, good: connection.sendall(_said(code, call, **headers))


def _cut(connection: socket.socket, call: Call, good: bytes) -> None:
    whole = status(200, good, Content_Type="application/json")
    connection.sendall(whole[: -len(good) // 2])


def _drip(connection: socket.socket, call: Call, good: bytes) -> None:
    connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(good)}\r\n\r\n".encode())
    drip(b" ", 1.0)(connection)


def _reset(connection: socket.socket, call: Call, good: bytes) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _ten_megabytes(connection: socket.socket, call: Call, good: bytes) -> None:
    with suppress(OSError):
        connection.sendall(status(200, good[:-1] + b" " * 10_000_000 + good[-1:]))


WAYS: dict[str, Any] = {
    "unauthorized": _refuse(401),
    "payment_required": _refuse(402),
    "model_gone": _refuse(404),
    "rate_limited": _refuse(429, Retry_After="1"),
    "server_error": _refuse(500),
    "moved": _refuse(307, Location="http://127.0.0.1:1/v1"),
    "timeout": lambda connection, call, good: silent(connection),
    "empty": status(200),
    "html": status(200, b"<html><body>Bad gateway</body></html>", Content_Type="text/html"),
    "truncated_json": lambda connection, call, good: connection.sendall(status(200, good[: len(good) // 2])),
    "cut": _cut,
    "ten_megabytes": _ten_megabytes,
    "drip": _drip,
    "reset": _reset,
    "odd_shape": status(200, b"[1, 2]", Content_Type="application/json"),
}


@contextmanager
def providing(seconds: float = 0.0) -> Iterator[Provider]:
    """A provider that takes `seconds` for each answer."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                call = _received(self.request)
                if call is not None:
                    provider.serve(self.request, call)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        block_on_close = False
        request_queue_size = 128

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A connection that broke is part of the play."""

    with Server(("127.0.0.1", 0), Handler) as server:
        provider = Provider(server.server_address[1], seconds)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()


def _received(connection: socket.socket) -> Call | None:
    """One request; None unless it came whole."""
    with connection.makefile("rb") as file:
        words = file.readline().decode("latin-1").split()
        headers: dict[str, str] = {}
        while (line := file.readline().decode("latin-1").strip()) != "":
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        length = int(headers.get("content-length", 0))
        body = file.read(length)
    if len(words) < 3 or len(body) < length:
        return None
    return Call(words[1], headers, json.loads(body))
