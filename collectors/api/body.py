"""Reads a request body: of a known type, decompressed as it streams, never more than the limit."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from msgspec import Struct
from starlette.requests import ClientDisconnect, Request

from collectors.api.refusal import RefusalError, later
from collectors.decode import decode_one

JSON = "application/json"
LINES = ("application/x-ndjson", "application/jsonl")
IN_FLIGHT = 4  # full bodies held at once; beyond that senders are asked to wait
T = TypeVar("T", bound=Struct)

_CLOSE = {"Connection": "close"}  # what is left of the body is not read


class Bodies:
    """Reads bodies of at most `limit` bytes each after decompression, and bounds their sum."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self.room = limit * IN_FLIGHT
        self.held = 0

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[bytes]:
        """The decoded body; it counts against the sum until the block ends."""
        decompress = _encoding(request)
        self._early(request)
        body = bytearray()
        taken = 0
        try:
            async with asyncio.timeout(self.seconds):
                async for chunk in request.stream():
                    self._append(body, chunk, decompress)
                    self.held += len(body) - taken
                    taken = len(body)
                    if self.held > self.room:
                        raise later("the server holds as many request bodies as it may", 1)
            if decompress is not None and not decompress.eof:
                raise RefusalError(400, "the gzip body ends too early")
            yield bytes(body)
        except TimeoutError:
            raise RefusalError(
                408, f"the body did not arrive within {self.seconds:g} seconds", _CLOSE
            ) from None
        except ClientDisconnect:
            raise RefusalError(400, "the sender went away before the body was complete", _CLOSE) from None
        finally:
            self.held -= taken

    def _early(self, request: Request) -> None:
        """Refuses what says itself that it is too large, before reading any of it."""
        length = request.headers.get("content-length", "")
        if length.isdecimal() and len(length) < 20 and int(length) > self.limit:
            raise self._too_large()

    def _append(self, body: bytearray, chunk: bytes, decompress: "zlib._Decompress | None") -> None:
        if decompress is not None and chunk:
            if decompress.eof:
                raise RefusalError(400, "there is something after the end of the gzip body", _CLOSE)
            try:
                chunk = decompress.decompress(chunk, self.limit - len(body) + 1)
            except zlib.error:
                raise RefusalError(400, "the body says it is gzip and is not", _CLOSE) from None
            if decompress.unused_data:
                raise RefusalError(400, "there is something after the end of the gzip body", _CLOSE)
        body += chunk
        if len(body) > self.limit:
            raise self._too_large()

    def _too_large(self) -> RefusalError:
        limit = f"{self.limit / 2**20:g} MiB"
        return RefusalError(413, f"the body is larger than {limit} (decompressed); send it in parts", _CLOSE)


def _encoding(request: Request) -> "zlib._Decompress | None":
    match request.headers.get("content-encoding", "identity").strip().lower():
        case "" | "identity":
            return None
        case "gzip":
            return zlib.decompressobj(wbits=31)
        case other:
            raise RefusalError(
                415, f"Content-Encoding {other[:40]!r} is not read here; use gzip or none", _CLOSE
            )


async def read_one(bodies: Bodies, request: Request, kind: type[T]) -> T:
    """The one JSON record that a request carries. Raises InputError and RefusalError."""
    is_lines(request, lines_allowed=False)
    async with bodies.read(request) as body:
        return decode_one(body, kind)


def is_lines(request: Request, lines_allowed: bool = True) -> bool:
    """Whether the body is NDJSON; anything but JSON and NDJSON is refused, so that no web page can
    post here without asking first."""
    kind, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    charset = parameters.replace(" ", "").replace('"', "").partition("charset=")[2].partition(";")[0]
    kind = kind.strip()
    known = kind == JSON or (lines_allowed and kind in LINES)
    if not known or charset not in ("", "utf-8"):
        choice = f"{JSON} or {LINES[0]}" if lines_allowed else JSON
        raise RefusalError(415, f"Content-Type must be {choice} in UTF-8", _CLOSE)
    return kind in LINES
