"""From an address to a running server: the socket, who may be let in there, the end by signal."""

import logging
import signal
import socket
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from cascadewatch.errors import UsageError

if TYPE_CHECKING:
    from cascadewatch.settings import Settings
    from cascadewatch.store.engine import Store

log = logging.getLogger("cascadewatch.server")

DRAIN_SECONDS = 8  # for requests under way; with the writer's last commit it stays under ten
MOST_CONNECTIONS = 800  # under the usual limit of 1,024 open files, with room for the database


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def reserve(host: str, port: int) -> socket.socket:
    """A bound socket. UsageError when the port is taken or the address is not this machine's."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        family, kind, protocol, _, address = found[0]
        # The protocol is named because asyncio sets TCP_NODELAY only where it is: without it every
        # answer on a kept connection waits 40 ms.
        sock = socket.socket(family, kind, protocol)
    except OSError as error:
        raise UsageError(f"--host {host} is no address of this machine: {error.strerror}") from None
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(address)
        sock.listen(1)  # two servers may bind one port, but only one may listen
    except OSError as error:
        sock.close()
        raise UsageError(
            f"cannot listen on {host} port {port}: {error.strerror}; choose another port with --port"
        ) from None
    return sock


def url_of(sock: socket.socket) -> str:
    """The address people open."""
    host, port = sock.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def needs_keys(settings: "Settings", host: str) -> bool:
    """Whether callers need a key at this address, by `ingest.keys`.

    With a login also on loopback: the proxy in front calls from there, for people who may only look.
    """
    locked = not is_loopback(host) or settings.dashboard.login != "none"
    return settings.ingest.keys == "on" or (settings.ingest.keys == "auto" and locked)


def locked(
    settings: "Settings", store: "Store | None", host: str, dashboard: bool, is_open: bool = False
) -> list[str]:
    """Sees to it that an address others can reach has keys and a login, as of `locks_lacking`.

    UsageError where one is lacking, unless `is_open`: then it is logged, and given back to be shown.
    """
    lacking = locks_lacking(settings, store, host, dashboard)
    if lacking and not is_open:
        raise UsageError(
            f"{host} can be reached from other machines, but {', and '.join(lacking)} "
            "(or say --i-know-this-is-open)"
        )
    if lacking:
        log.warning("open", extra={"fields": {"host": host, "lacking": "; ".join(lacking)}})
    return lacking


def locks_lacking(settings: "Settings", store: "Store | None", host: str, dashboard: bool) -> list[str]:
    """What would have to be set before others may reach the address, one phrase each.

    `store` is that of the API (None: no API is served there), `dashboard` whether pages are.
    """
    if is_loopback(host):
        return []
    lacking = []
    if store is not None and settings.ingest.keys == "off":
        lacking.append('ingest.keys is "off"; set it to "auto" or "on"')
    elif store is not None and not _has_key(store):
        lacking.append("there is no ingest key; make one with cascadewatch keys create NAME --scope ingest")
    if dashboard and settings.dashboard.login == "none":
        lacking.append(
            'dashboard.login is "none"; set it to "oidc", or to "header" behind a proxy that logs people in'
        )
    return lacking


def _has_key(store: "Store") -> bool:
    from cascadewatch.store.keys import all_keys

    with store.reading() as connection:
        return any(key.revoked is None for key in all_keys(connection))


def run(app: Any, sock: socket.socket, websockets: bool) -> None:
    """Serves until SIGTERM or SIGINT, then finishes what is under way and returns."""
    import uvicorn

    from cascadewatch.cli.deadlines import Deadlines

    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=Deadlines,
        ws="auto" if websockets else "none",
        lifespan="auto",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, _noted)  # uvicorn raises the signal once more when it has ended
    uvicorn.Server(config).run(sockets=[sock])


def _noted(number: int, _frame: object) -> None:
    log.info("signal", extra={"fields": {"signal": signal.Signals(number).name}})
