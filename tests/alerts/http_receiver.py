"""A real HTTP server on loopback that keeps what it is sent and answers as it is told."""

import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


# Bytes to send back, or a function that does with the connection what it likes.
Answer = bytes | Callable[[socket.socket], None]


@dataclass
class Receiver:
    """`answer` may be changed at any time; `received` holds whole requests in order of arrival."""

    port: int
    answer: Answer = OK
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    host: str = "127.0.0.1"

    def url(self, path: str = "/", scheme: str = "http") -> str:
        return f"{scheme}://{self.host}:{self.port}{path}"


def status(code: int, body: bytes = b"", **headers: str) -> bytes:
    """A plain answer; below 200 the start of one that never comes."""
    lines = [f"HTTP/1.1 {code} Said"]
    if code >= 200:
        lines.append(f"Content-Length: {len(body)}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def reset(connection: socket.socket) -> None:
    """Ends the connection with a RST instead of a farewell."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def drip(text: bytes, seconds: float = 0.05) -> Callable[[socket.socket], None]:
    """The text over and over, a byte at a time, until the other side has enough."""

    def run(connection: socket.socket) -> None:
        wait = threading.Event()
        with suppress(OSError):
            while True:
                for byte in text:
                    connection.sendall(bytes([byte]))
                    wait.wait(seconds)

    return run


def flood(start: bytes, block: bytes = b"x" * 65_536, most: int = 1 << 28) -> Callable[[socket.socket], None]:
    """An answer that ends only after 256 MiB."""

    def run(connection: socket.socket) -> None:
        with suppress(OSError):
            connection.sendall(start)
            for _ in range(most // len(block)):
                connection.sendall(block)

    return run


def silent(connection: socket.socket) -> None:
    """Waits until the other side gives up."""
    with suppress(OSError):
        while connection.recv(4096):
            pass


@contextmanager
def receiving(
    answer: Answer = OK, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", read: bool = True
) -> Iterator[Receiver]:
    """`read` False: answers at once, without reading a request (for what is no HTTP)."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            receiver.connections += 1
            with suppress(OSError), ExitStack() as stack:
                connection = self.request
                if tls is not None:
                    connection = stack.enter_context(tls.wrap_socket(connection, server_side=True))
                if read and (found := _read(connection)) is not None:
                    receiver.received.append(found)
                if callable(receiver.answer):
                    receiver.answer(connection)
                else:
                    connection.sendall(receiver.answer)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A connection that broke is part of the play."""

    with Server((host, 0), Handler) as server:
        receiver = Receiver(server.server_address[1], answer, host=f"[{host}]" if ":" in host else host)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


def _read(connection: socket.socket) -> Received | None:
    """One request with a Content-Length; None of one whose sender ended in the middle."""
    with connection.makefile("rb") as file:
        first = file.readline().decode("latin-1").split()
        headers = {}
        while (line := file.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        length = int(headers.get("content-length", 0))
        body = file.read(length)
    if len(first) < 3 or not line or len(body) < length:
        return None
    return Received(first[0], first[1], headers, body)
