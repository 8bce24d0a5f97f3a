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
    """Whether senders need an ingest key at this address, by `ingest.keys`."""
    return settings.ingest.keys == "on" or (settings.ingest.keys == "auto" and not is_loopback(host))


def insist_on_locks(settings: "Settings", store: "Store | None", host: str, dashboard: bool) -> None:
    """UsageError for an address others can reach while anybody could send, read or act there.

    `store` is that of the API (None: no API is served there), `dashboard` whether pages are.
    """
    if is_loopback(host):
        return
    missing = []
    if store is not None and settings.ingest.keys == "off":
        missing.append('ingest.keys is "off"; set it to "auto" or "on"')
    elif store is not None and not _has_key(store):
        missing.append("there is no ingest key; make one with cascadewatch keys create NAME --scope ingest")
    if dashboard and settings.dashboard.login == "none":
        missing.append('dashboard.login is "none"; set it to "header" behind a proxy that logs people in')
    if missing:
        raise UsageError(
            f"{host} can be reached from other machines, but {', and '.join(missing)} "
            "(or say --i-know-this-is-open)"
        )


def _has_key(store: "Store") -> bool:
    from cascadewatch.store.keys import all_keys

    with store.reading() as connection:
        return any(key.revoked is None for key in all_keys(connection))


def run(app: Any, sock: socket.socket, websockets: bool) -> None:
    """Serves until SIGTERM or SIGINT, then finishes what is under way and returns."""
    import uvicorn

    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
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
