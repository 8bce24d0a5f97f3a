"""A way to Postgres that can stop to lead anywhere: nothing is closed, nothing is refused, nothing comes."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import make_url


class Way:
    """Passes on what comes on its port, as long as it is `open`. `url` is that of the database through it."""

    def __init__(self, url: str) -> None:
        self.open = threading.Event()
        self.open.set()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._ends: list[socket.socket] = []
        behind = make_url(url)
        self._behind = str(behind.query.get("host") or behind.host or "127.0.0.1"), behind.port or 5432
        plain = behind.set(host="127.0.0.1", port=self._listening.getsockname()[1]).difference_update_query(
            ["host"]
        )
        self.url = plain.render_as_string(hide_password=False)
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = self._reached()
                self._ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _reached(self) -> socket.socket:
        host, port = self._behind
        if not host.startswith("/"):
            return socket.create_connection((host, port))
        made = socket.socket(socket.AF_UNIX)
        made.connect(f"{host}/.s.PGSQL.{port}")
        return made

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while said := one.recv(65_536):
                self.open.wait()
                other.sendall(said)
        if self.open.is_set():  # a hole swallows that somebody hung up, too
            with suppress(OSError):
                other.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.open.set()
        for end in (self._listening, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def way(url: str) -> Iterator[Way]:
    made = Way(url)
    try:
        yield made
    finally:
        made.close()
