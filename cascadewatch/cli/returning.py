"""Brings who had to sign in back to the page they asked for, such as an episode linked in a message.

Also sees to it that no cookie of the pages goes over http where they are reached by https.

Streamlit's sign-in ends at the first page. The way to the provider begins with a request whose `Referer` is
the page that was open; that page waits in a cookie until the provider has vouched for somebody. Both the
header and the cookie are somebody's words: only an address of one of our own pages is taken from them.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Iterable, MutableMapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

LOGIN, CALLBACK = "/auth/login", "/oauth2callback"
COOKIE, KEPT_SECONDS = "cascadewatch_wanted", 900
SIGNED_IN = b"_streamlit_user="  # the cookie that is set once the provider has vouched
SECURE = b"; Secure"  # never sent over http
LONGEST = 1000
_QUERY = re.compile(r"[A-Za-z0-9._~%=&+:,/?@!$'()*;-]*", re.ASCII)


def own(address: str, hosts: Collection[str], pages: Collection[str]) -> str | None:
    """Path and query of an address if it is one of our pages on one of `hosts` ("": a bare path); else None.

    >>> own("https://watch.example/incidents?episode=24", ["watch.example"], ["incidents"])
    '/incidents?episode=24'
    >>> own("//evil.example/incidents", [""], ["incidents"]) is None
    True
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.netloc.lower() not in hosts or parts.scheme not in ("", "http", "https"):
        return None
    name = parts.path.removeprefix("/")
    if parts.path != f"/{name}" or (name and name not in pages) or not _QUERY.fullmatch(parts.query):
        return None
    found = f"/{name}?{parts.query}" if parts.query else f"/{name}"
    return found if len(found) <= LONGEST else None


class Returning:
    """An ASGI app around the pages; `public` is the host that people know, `pages` are their names."""

    def __init__(self, app: App, public: str, pages: Collection[str], secure: bool) -> None:
        self._app = app
        self._public = public.lower()
        self._pages = frozenset(pages)
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        path = scope.get("path") if scope["type"] == "http" else None
        if path == LOGIN:
            send = self._noting(scope, send)
        elif path == CALLBACK:
            send = self._leading_back(scope, send)
        await self._app(scope, receive, _with(send, _secured) if self._secure else send)

    def _noting(self, scope: Scope, send: Any) -> Any:
        """Keeps where somebody was when they went to sign in."""
        hosts = {self._public, _header(scope, b"host").lower()} - {""}
        wanted = own(_header(scope, b"referer"), hosts, self._pages)
        if wanted is None or wanted == "/":
            return _with(send, lambda headers: [*headers, self._cookie("", 0)])
        return _with(send, lambda headers: [*headers, self._cookie(wanted, KEPT_SECONDS)])

    def _leading_back(self, scope: Scope, send: Any) -> Any:
        """Sends who has just signed in there, and forgets it."""
        wanted = own(unquote(_cookie_of(scope)), [""], self._pages)

        def changed(headers: Headers) -> list[tuple[bytes, bytes]]:
            found = list(headers)
            if not any(n.lower() == b"set-cookie" and _signs_in(v) for n, v in found):
                return found
            if wanted is not None:
                found = [(n, wanted.encode() if n.lower() == b"location" else v) for n, v in found]
            return [*found, self._cookie("", 0)]

        return _with(send, changed)

    def _cookie(self, wanted: str, seconds: int) -> tuple[bytes, bytes]:
        value = f"{COOKIE}={quote(wanted, safe='')}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Lax"
        return b"set-cookie", value.encode() + (SECURE if self._secure else b"")


def _secured(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Streamlit's own cookies are the login itself, and it does not know that people come by https."""
    return [(n, v if n.lower() != b"set-cookie" or _is_secure(v) else v + SECURE) for n, v in headers]


def _is_secure(cookie: bytes) -> bool:
    return b"secure" in (part.strip().lower() for part in cookie.split(b";")[1:])


def _signs_in(cookie: bytes) -> bool:
    """A cookie that is set; one taken back has no seconds left."""
    return cookie.startswith(SIGNED_IN) and b"max-age=0" not in cookie.lower()


def _with(send: Any, change: Callable[[Headers], list[tuple[bytes, bytes]]]) -> Any:
    async def sending(message: Any) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": change(message.get("headers", ()))}
        await send(message)

    return sending


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def _cookie_of(scope: Scope) -> str:
    for part in _header(scope, b"cookie").split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return value
    return "//"  # no page of ours
