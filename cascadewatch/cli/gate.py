"""Stands before the pages: which host they answer to, from where, and for whom.

The API guards itself. The pages talk over a WebSocket, which no browser keeps other sites from
opening, and Streamlit would look up this machine's public address to judge a foreign origin.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, MutableMapping
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cascadewatch.cli.gate_sockets import WAIT_SECONDS, Sockets, household

if TYPE_CHECKING:
    from cascadewatch.settings import Settings

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]

# Streamlit keeps what it is sent there in memory, also for who has no session.
UPLOADS = "/_stcore/upload_file"
# What a browser keeps to, should somebody's words ever become markup after all: nothing is loaded from or
# told to anywhere else, and no other page may frame ours. Streamlit's scripts need the two `unsafe` words.
KEPT_TO = (
    (
        b"content-security-policy",
        (
            b"default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; img-src 'self' data: blob:; "
            b"connect-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"
        ),
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
)


class Gate:
    """An ASGI app around another; `api` are the paths that pass untouched, whole or up to a last slash."""

    def __init__(self, app: App, settings: "Settings", api: Collection[str] = ()) -> None:
        self._app = app
        self._api = frozenset(api)
        self._under_api = tuple(path for path in api if path.endswith("/"))
        by_header = settings.dashboard.login == "header"
        self._user_header = (settings.dashboard.user_header or "").lower() if by_header else None
        self._proxies = settings.login.networks()
        named = (self._user_header, settings.login.groups_header)
        self._said_once = {name.lower() for name in named if name}
        self._public = urlsplit(settings.public_url.lower()).netloc
        allowed = (host.lower().strip("[]") for host in settings.ingest.allowed_hosts)
        self._hosts = {"localhost", "127.0.0.1", "::1", _hostname(self._public), *allowed}
        self._sockets = Sockets()

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        refusal = self._refusal(scope) if scope["type"] in ("http", "websocket") else None
        if refusal is None and scope["type"] == "websocket":
            await self._hold(scope, receive, send)
        elif refusal is None:
            await self._app(scope, receive, send if self._is_api(scope) else _kept_to(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": refusal})
        else:
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": refusal.encode() + b"\n"})

    async def _hold(self, scope: Scope, receive: Any, send: Any) -> None:
        """One more WebSocket while there is room; a page that was refused one asks again by itself."""
        client = (scope.get("client") or ("",))[0]
        address = None if _within(client, self._proxies) else household(client)
        if not self._sockets.enter(address):
            headers = [(b"retry-after", str(WAIT_SECONDS).encode()), (b"cache-control", b"no-store")]
            await send({"type": "websocket.http.response.start", "status": 503, "headers": headers})
            await send({"type": "websocket.http.response.body", "body": b"Too many pages are open.\n"})
            return
        try:
            await self._app(scope, receive, send)
        finally:
            self._sockets.leave(address)

    def _is_api(self, scope: Scope) -> bool:
        """To the letter: whatever no route of the API takes, the pages answer."""
        path = scope.get("path", "")
        return scope["type"] == "http" and (path in self._api or path.startswith(self._under_api))

    def _refusal(self, scope: Scope) -> str | None:
        if self._is_api(scope):
            return None
        if scope.get("path", "").startswith(UPLOADS):
            return "Nothing is uploaded to these pages."
        listed = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        headers = dict(listed)
        host = headers.get("host", "").lower()
        if _hostname(host) not in self._hosts:
            return "This server does not answer to that host; add it to allowed_hosts under [ingest]."
        origin = headers.get("origin")
        if origin is not None and origin.lower().partition("://")[2] not in (host, self._public):
            return "Pages of another origin may not use this one."
        if self._user_header is not None:
            return self._not_by_proxy(scope, [name for name, _ in listed], headers.get(self._user_header))
        return None

    def _not_by_proxy(self, scope: Scope, names: list[str], user: str | None) -> str | None:
        """Why nobody is believed to be logged in. Who else than the proxy can reach this port could write
        any name into the header, so it counts only where it comes from, and only once."""
        client = scope.get("client")
        if client is None or not _within(client[0], self._proxies):
            return "Only a proxy may call here; its address belongs among the proxies under [login]."
        if not user:
            return "Nobody is logged in: the proxy in front names no user."
        if any(names.count(name) > 1 for name in self._said_once):
            return "The header that names the user, or their groups, came twice: the proxy must replace it."
        return None


def _kept_to(send: Callable[[Any], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
    """Adds the headers that a browser keeps to."""

    async def sending(message: Any) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *KEPT_TO]}
        await send(message)

    return sending


def _within(address: str, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in network for network in networks)


def _hostname(netloc: str) -> str | None:
    """The host without its port and brackets; None where there is none."""
    try:
        return urlsplit(f"//{netloc}").hostname
    except ValueError:
        return None
