"""A lean HTTP client: it shares two cores with the server it measures.

Requests are prepared as bytes beforehand; each connection sends its next one as soon as it has the
answer (`flood`), or when its time has come (`steady`).
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import uvloop

JSON = "application/json"
STEADY_CONNECTIONS = 4


@dataclass
class Answers:
    """What came back: the seconds from first to last, and per request its status, body and seconds."""

    seconds: float = 0.0
    statuses: list[int] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)


def request(body: bytes, path: str, port: int) -> bytes:
    """A whole POST request."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Content-Type: {JSON}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def flood(port: int, requests: Sequence[bytes], connections: int) -> Answers:
    """Sends everything as fast as the server answers."""
    return uvloop.run(_flood(port, requests, connections))


def steady(port: int, requests: Sequence[bytes], per_second: float) -> Answers:
    """Sends at a steady rate. A latency counts from when the request was due: one that had to wait
    for a slow answer ahead of it waited for the server."""
    return uvloop.run(_steady(port, requests, per_second))


async def _flood(port: int, requests: Sequence[bytes], connections: int) -> Answers:
    waiting, answers = deque(requests), Answers()
    made = await _connected(port, connections)
    start = time.perf_counter()

    async def drain(connection: _Connection) -> None:
        while waiting:
            await _exchange(connection, waiting.popleft(), answers, time.perf_counter())

    await asyncio.gather(*map(drain, made))
    answers.seconds = time.perf_counter() - start
    for connection in made:
        connection.close()
    return answers


async def _steady(port: int, requests: Sequence[bytes], per_second: float) -> Answers:
    answers, idle = Answers(), asyncio.Queue[_Connection]()
    for connection in await _connected(port, STEADY_CONNECTIONS):
        idle.put_nowait(connection)
    start = time.perf_counter()

    async def send(place: int, content: bytes) -> None:
        due = start + place / per_second
        await asyncio.sleep(due - time.perf_counter())
        connection = await idle.get()
        await _exchange(connection, content, answers, due)
        idle.put_nowait(connection)

    await asyncio.gather(*(send(i, r) for i, r in enumerate(requests)))
    answers.seconds = time.perf_counter() - start
    while not idle.empty():
        idle.get_nowait().close()
    return answers


async def _connected(port: int, count: int) -> "list[_Connection]":
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(_Connection, "127.0.0.1", port))[1] for _ in range(count)]


async def _exchange(connection: "_Connection", content: bytes, answers: Answers, since: float) -> None:
    status, body = await connection.exchange(content)
    answers.latencies.append(time.perf_counter() - since)
    answers.statuses.append(status)
    answers.bodies.append(body)


class _Connection(asyncio.Protocol):
    """One keep-alive connection with at most one request on its way."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's does not say that it is one
        self.received = b""
        self.answer: asyncio.Future[tuple[int, bytes]] | None = None

    def exchange(self, content: bytes) -> "asyncio.Future[tuple[int, bytes]]":
        """Sends a request; the Future is its status and body."""
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(content)
        return self.answer

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        self.received = b""
        if self.answer is not None:
            self.answer.set_result((int(head[9:12]), body))

    def connection_lost(self, error: Exception | None) -> None:
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(error or ConnectionError("the server hung up"))

    def close(self) -> None:
        """Hangs up."""
        self.transport.close()


def _length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0])
