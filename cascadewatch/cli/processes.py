"""`up`, `serve`, `worker` and `dashboard`: the processes that stay."""

import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cascadewatch.cli import assembly, listening
from cascadewatch.cli.clock import clock
from cascadewatch.cli.logs import configure
from cascadewatch.cli.opening import opened, watched, writing
from cascadewatch.cli.options import HOST, PORT, Config, Db, Host, LogFormat, Open, Port
from cascadewatch.cli.output import say

if TYPE_CHECKING:
    from cascadewatch.settings import Settings
    from cascadewatch.store.engine import Store

log = logging.getLogger("cascadewatch.server")


def up(
    config: Config = None,
    db: Db = None,
    host: Host = HOST,
    port: Port = PORT,
    is_open: Open = False,
    log_format: LogFormat = "text",
) -> None:
    """Start dashboard, API and jobs: one process on one port.

    \b
    Examples:
      cascadewatch up
      cascadewatch up --port 9000 --db postgresql://monitor@db/cascadewatch
    """
    configure(log_format)
    with listening.reserve(host, port) as sock, watched(config, db, log.info) as (settings, store):
        lacking = listening.locked(settings, store, host, dashboard=True, is_open=is_open)
        assembly.tell_pages(config, settings, lacking)
        if log_format == "text":
            say(f"cascadewatch is at {listening.url_of(sock)} (Ctrl+C ends it)")
        run_whole(reachable(settings, host), store, sock, host)


def run_whole(settings: "Settings", store: "Store", sock: socket.socket, host: str) -> None:
    """Dashboard, API and jobs on the socket, until a signal ends them."""
    _own_days(settings, store)
    _tell_of_another_key(settings, store)
    with noted("up", sock), writing(settings, store) as writer, working(settings, store):
        needs = listening.needs_keys(settings, host)
        app = assembly.whole_app(settings, store, writer, needs, sock)
        listening.run(app, sock, websockets=True)


def serve(
    config: Config = None,
    db: Db = None,
    host: Host = HOST,
    port: Port = PORT,
    is_open: Open = False,
    log_format: LogFormat = "text",
) -> None:
    """Start the API alone, without dashboard and jobs.

    \b
    Examples:
      cascadewatch serve
      cascadewatch serve --host 0.0.0.0 --log-format json
    """
    configure(log_format)
    with listening.reserve(host, port) as sock, opened(config, db, log.info) as (settings, store):
        listening.locked(settings, store, host, dashboard=False, is_open=is_open)
        assembly.forget_secrets(settings, "caller_key")
        _own_days(settings, store)
        _tell_of_another_key(settings, store)
        with noted("serve", sock), writing(settings, store) as writer:
            needs = listening.needs_keys(settings, host)
            app = assembly.api_app(reachable(settings, host), store, writer, needs)
            listening.run(app, sock, websockets=False)


def dashboard(
    config: Config = None,
    db: Db = None,
    host: Host = HOST,
    port: Port = PORT,
    is_open: Open = False,
    log_format: LogFormat = "text",
) -> None:
    """Start the dashboard alone, beside a `serve` elsewhere.

    It reads the database, and acts through the API that `[dashboard] api_url` names.

    \b
    Examples:
      cascadewatch dashboard --db postgresql://reader@db/cascadewatch
    """
    configure(log_format)
    with listening.reserve(host, port) as sock, opened(config, db, log.info) as (settings, _store):
        lacking = listening.locked(settings, None, host, dashboard=True, is_open=is_open)
        assembly.forget_secrets(settings, "caller_key", "dashboard", "login")
        assembly.tell_pages(config, settings, lacking)
        with noted("dashboard", sock):
            listening.run(assembly.pages_app(reachable(settings, host), sock), sock, websockets=True)


def worker(config: Config = None, db: Db = None, log_format: LogFormat = "text") -> None:
    """Run the scheduled jobs alone.

    Any number of workers may run on one database: one of them works, and another takes over when it
    ends.

    \b
    Examples:
      cascadewatch worker --db postgresql://monitor@db/cascadewatch
    """
    configure(log_format)
    ended = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: ended.set())
    with watched(config, db, log.info) as (settings, store), noted("worker"):
        assembly.tell_pages(config, settings)  # and its backups
        _own_days(settings, store)
        with working(settings, store):
            while not ended.wait(1):  # a signal may be noticed only when the main thread runs again
                pass


def _tell_of_another_key(settings: "Settings", store: "Store") -> None:
    from cascadewatch.store import caller_keys

    said = caller_keys.changed(settings, store, clock())
    if said is not None:
        log.warning("caller-key-changed", extra={"fields": {"message": said}})


def _own_days(settings: "Settings", store: "Store") -> None:
    """Local days in the zone that the settings of a process that stays name."""
    from cascadewatch.store.rezone import rezone

    rezone(store, settings)


@contextmanager
def working(settings: "Settings", store: "Store") -> Iterator[None]:
    """A worker in threads of this process."""
    from alerts.outage import Outage
    from cascadewatch.job import Context
    from cascadewatch.settings.parts import missing_files
    from cascadewatch.worker import Worker, everything

    for place, said in assembly.missing_secrets(settings):
        log.warning("secret-missing", extra={"fields": {"setting": place, "message": said}})
    for file in missing_files(settings):
        log.warning("file-missing", extra={"fields": {"setting": ".".join(file.place), "message": file.said}})
    owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    outage = Outage(settings, clock, owner)
    one = Worker(Context(store, settings), clock, owner, duties=everything, hearing=outage.note)
    outage.start()
    one.start()
    try:
        yield
    finally:
        one.stop()
        outage.stop()


@contextmanager
def noted(process: str, sock: socket.socket | None = None) -> Iterator[None]:
    """One line when the process starts and one when it has ended."""
    from cascadewatch import __version__

    about = {"process": process, "pid": os.getpid(), "version": __version__}
    log.info("start", extra={"fields": about | ({"url": listening.url_of(sock)} if sock else {})})
    yield
    log.info("stop", extra={"fields": about})


def reachable(settings: "Settings", host: str) -> "Settings":
    """The settings, with the address listened on among the hosts that are answered to."""
    if listening.is_loopback(host) or host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        return settings
    name = f"[{host}]" if ":" in host else host
    ingest = settings.ingest.model_copy(update={"allowed_hosts": (*settings.ingest.allowed_hosts, name)})
    return settings.model_copy(update={"ingest": ingest})
