"""Stands before the pages: which host they answer to, from where, and for whom.

The API guards itself. The pages talk over a WebSocket, which no browser keeps other sites from
opening, and Streamlit would look up this machine's public address to judge a foreign origin.
"""

from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from cascadewatch.settings import Settings

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]


class Gate:
    """An ASGI app around another; `api` are first segments of paths that pass untouched."""

    def __init__(self, app: App, settings: "Settings", api: Collection[str] = ()) -> None:
        self._app = app
        self._api = frozenset(api)
        login = settings.dashboard.login
        self._user_header = (settings.dashboard.user_header or "").lower() if login == "header" else None
        self._public = urlsplit(settings.public_url.lower()).netloc
        allowed = (host.lower().strip("[]") for host in settings.ingest.allowed_hosts)
        self._hosts = {"localhost", "127.0.0.1", "::1", _hostname(self._public), *allowed}

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        refusal = self._refusal(scope) if scope["type"] in ("http", "websocket") else None
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": refusal})
        else:
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": refusal.encode() + b"\n"})

    def _refusal(self, scope: Scope) -> str | None:
        if scope["path"].lstrip("/").partition("/")[0] in self._api:
            return None
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "").lower()
        if _hostname(host) not in self._hosts:
            return "This server does not answer to that host; add it to allowed_hosts under [ingest]."
        origin = headers.get("origin")
        if origin is not None and origin.lower().partition("://")[2] not in (host, self._public):
            return "Pages of another origin may not use this one."
        if self._user_header is not None and not headers.get(self._user_header):
            return "Nobody is logged in: the proxy in front names no user."
        return None


def _hostname(netloc: str) -> str | None:
    """The host without its port and brackets; None where there is none."""
    try:
        return urlsplit(f"//{netloc}").hostname
    except ValueError:
        return None
