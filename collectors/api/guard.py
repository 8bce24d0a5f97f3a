"""Who may call what. Checked in one place, after routing, denied unless allowed."""

import hmac
import logging
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote_to_bytes, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from cascadewatch.errors import StoreError
from cascadewatch.model import NAME_LENGTH
from cascadewatch.settings import Settings
from cascadewatch.store.audit import Actor
from cascadewatch.store.engine import Store
from cascadewatch.store.keys import LOCAL, SCOPES, Key, all_keys, refusal, touch, verify
from collectors.api.refusal import RefusalError, later, line

log = logging.getLogger("cascadewatch.api")

PUBLIC = "public"  # no key
PROBE = "probe"  # no key and any Host: orchestrators call by address

# A route that is missing here is closed to everybody.
SCOPE: dict[str, str] = {
    "POST /v1/events": "ingest",
    "POST /v1/labels": "ingest",
    "POST /v1/annotations": "ingest",
    "GET /v1/events/{id:path}": "read",
    "GET /v1/metrics": "read",
    "GET /v1/status": "read",
    "GET /v1/episodes": "read",
    "GET /v1/episodes/{id}": "read",
    "POST /v1/episodes/{id}/ack": "admin",
    "GET /v1/silences": "read",
    "POST /v1/silences": "admin",
    "DELETE /v1/silences/{id}": "admin",
    "GET /v1/replays": "read",
    "POST /v1/replays/{name:path}/run": "admin",
    "GET /v1/reports/{id}": "read",
    "GET /v1/baselines": "read",
    "POST /v1/baselines": "admin",
    "GET /v1/rules": "read",
    "GET /v1/audit": "admin",
    "POST /v1/rules/{name:path}/test": "admin",
    "GET /metrics": "read",
    "GET /healthz": PROBE,
    "GET /readyz": PROBE,
    "GET /openapi.json": PUBLIC,
    "GET /docs": PUBLIC,
}

FRESH_MS = 3000  # how long keys are believed before they are read again
MISS_MS = 1000  # the same after a key that was not known: it may have been made just now
TOUCH_MS = 60_000


class Caller(NamedTuple):
    """Who sends a request: the name its events and marks are kept under."""

    source: str
    scopes: frozenset[str]
    user: str | None = None  # the person for whom the dashboard acts

    @property
    def author(self) -> str:
        """Under whose name it is kept what they do; behind a key, with the key's name."""
        if self.user is None:
            return self.source
        by = "" if self.source == LOCAL else f" ({self.source})"
        return self.user[: NAME_LENGTH - len(by)] + by

    @property
    def actor(self) -> Actor:
        """The same for the audit."""
        if self.user is not None:
            return Actor(self.author, "user")
        return Actor(self.source, "local" if self.source == LOCAL else "key")


EVERYTHING = frozenset(SCOPES)
NOBODY = Caller(LOCAL, frozenset())


class KeyRing:
    """The keys of the database, read again every few seconds, so that a request costs no query."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[str, Key] | None = None
        self._read = 0
        self._used: dict[str, int] = {}
        self._touched = clock()

    async def find(self, presented: str) -> Key | None:
        """The valid key that was presented. Raises BusyError when keys were never read."""
        await self._refresh(FRESH_MS)
        key = verify(self._known or {}, presented, self._clock())
        if key is None and await self._refresh(MISS_MS):
            key = verify(self._known or {}, presented, self._clock())
        if key is not None:
            self._used[key.prefix] = self._clock()
        return key

    def refusal(self, presented: str) -> str:
        """Why a key that was just looked for was refused, for the log."""
        return refusal(self._known or {}, presented, self._clock())

    async def _refresh(self, age: int) -> bool:
        now = self._clock()
        if self._known is not None and 0 <= now - self._read < age:
            return False
        self._read = now  # first, so that others need not read too
        try:
            self._known = await run_in_threadpool(self._load)
        except StoreError as error:
            if self._known is None:
                raise
            log.warning("%s", line("keys", error=str(error), kept=len(self._known)))
        return True

    def _load(self) -> dict[str, Key]:
        if self._used and self._clock() - self._touched > TOUCH_MS:
            used, self._used, self._touched = self._used, {}, self._clock()
            try:
                touch(self._store, used)
            except StoreError as error:  # when a key was last used is not worth refusing anybody
                log.warning("%s", line("keys", error=str(error)))
        with self._store.reading() as connection:
            return {k.prefix: k for k in all_keys(connection)}


class Guard:
    """Decides whether a request may go on, and as whom."""

    def __init__(self, ring: KeyRing, settings: Settings, require_keys: bool, token: str | None) -> None:
        self._ring = ring
        self._require = require_keys
        self._token = token
        public = urlsplit(settings.public_url)
        self._origin = f"{public.scheme}://{public.netloc}".lower()
        self._hosts = {"localhost", "127.0.0.1", "[::1]", *(h.lower() for h in settings.ingest.allowed_hosts)}
        self._hosts.add(_bare(public.netloc.lower()))

    async def admit(self, request: Request, scope: str | None) -> Caller:
        """The caller. Raises RefusalError with 400 or 421 (Host), 403 (Origin, scope) or 401 (key)."""
        if scope is None:
            raise RefusalError(403, "this route is closed")
        if scope == PROBE:
            return NOBODY
        self._check_host(request)
        if request.method not in ("GET", "HEAD"):
            self._check_origin(request)
        if scope == PUBLIC:
            return NOBODY
        caller = await self._identify(request)
        if scope not in caller.scopes and "admin" not in caller.scopes:
            raise RefusalError(
                403, f"this key has not the scope {scope}; make one that has: cascadewatch keys create"
            )
        return caller

    def _check_host(self, request: Request) -> None:
        """A foreign Host is how a web page reaches a loopback server by rebinding its own name."""
        host = request.headers.get("host", "").strip().lower()
        if not host:
            raise RefusalError(400, "a Host header is needed")
        if _bare(host) not in self._hosts:
            raise RefusalError(421, f"this server does not answer to the host {_bare(host)[:80]!r}; "
                               "add it to allowed_hosts under [ingest]")  # fmt: skip

    def _check_origin(self, request: Request) -> None:
        origin = request.headers.get("origin")
        if origin is None:
            return
        host = request.headers.get("host", "").strip().lower()
        ours = {self._origin, f"http://{host}", f"https://{host}"}
        if origin.strip().lower() not in ours:
            raise RefusalError(403, "writes from web pages of another origin are refused")

    async def _identify(self, request: Request) -> Caller:
        kind, _, presented = request.headers.get("authorization", "").partition(" ")
        presented = presented.strip() if kind.lower() == "bearer" else ""
        user = _named(request.headers.get("x-cascadewatch-user", ""))
        if self._token and hmac.compare_digest(presented.encode(), self._token.encode()):
            return Caller(LOCAL, EVERYTHING, user)
        if not self._require:
            return Caller(LOCAL, EVERYTHING)
        if not presented:
            raise _unknown("a key is needed: Authorization: Bearer cw_…")
        key = await self._ring.find(presented)
        if key is None:
            raise _unknown("this key is unknown, expired or revoked", self._ring.refusal(presented))
        return Caller(key.name, key.scopes, user if "admin" in key.scopes else None)


def _named(sent: str) -> str | None:
    """The person a header names, whose UTF-8 is percent-encoded. Raises RefusalError for what is no name."""
    try:
        name = unquote_to_bytes(sent.encode("latin-1")).decode()
    except UnicodeDecodeError:
        name = "\0"
    if not name.isprintable():
        raise RefusalError(400, "X-Cascadewatch-User is a name in UTF-8, percent-encoded")
    return name.strip() or None


def _unknown(message: str, noted: str | None = None) -> RefusalError:
    return RefusalError(401, message, {"WWW-Authenticate": 'Bearer realm="cascadewatch"'}, noted)


def _bare(host: str) -> str:
    """The host without its port."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]


def too_fast(seconds: int) -> RefusalError:
    """503 and not 429: some senders drop their data at a 429."""
    return later("this sender sends more events a second than rate_limit_per_second allows", seconds)
