"""Closes connections whose request does not arrive: uvicorn itself waits for the rest of one for ever.

The API gives a body 30 seconds and answers 408. What stands here is for all that comes before a route is
asked, and after it has answered without reading to the end.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 30.0  # from the first byte, or from the connection, to the end of the headers
BODY_SECONDS = 60.0  # from there to the end of the body, whoever reads it


class Deadlines(HttpToolsProtocol):
    """One connection. Between two requests uvicorn's own `timeout_keep_alive` counts."""

    head_seconds = HEAD_SECONDS
    body_seconds = BODY_SECONDS
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._close_in(self.head_seconds)

    def data_received(self, data: bytes) -> None:
        if self._deadline is None:
            self._close_in(self.head_seconds)
        super().data_received(data)

    def on_headers_complete(self) -> None:
        self._close_in(self.body_seconds)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._close_never()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._close_never()
        super().handle_websocket_upgrade()

    def connection_lost(self, exc: Exception | None) -> None:
        self._close_never()
        super().connection_lost(exc)

    def _close_in(self, seconds: float) -> None:
        self._close_never()
        self._deadline = self.loop.call_later(seconds, self.transport.close)

    def _close_never(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
