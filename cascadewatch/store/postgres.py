"""Connections to Postgres that wait for a slow answer, but not for one that never comes.

A server behind a firewall that drops, or a proxy that hangs, ends nothing and answers nothing. Where the
network itself is gone the kernels of both sides notice (`NOTICING`). Where it is not, a connection that has
heard nothing for a while asks over a second one whether anybody is there: a long statement goes on, a dead
one is "try again later".
"""

from collections.abc import Callable, Generator
from functools import partial
from time import monotonic
from typing import Any, ClassVar

import psycopg
from psycopg.errors import ConnectionTimeout
from sqlalchemy import Engine, create_engine, event, make_url

CONNECT_S = 5
SILENCE_S = 5.0  # without a byte from the server
NOTICING = {
    "keepalives_idle": 10,  # seconds; after that a peer that says nothing is asked for a sign of life …
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # … and one that acknowledges nothing is given up, here in milliseconds
}
# The same on the server's side: a client that vanished must not hold the write lock for the usual two hours.
TOLD = (
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; "
    "SET tcp_user_timeout = 20000"
)


class Patient(psycopg.Connection[Any]):
    """Waits as long as the server is there; OperationalError, and closed, when it is not."""

    silence: ClassVar[float] = SILENCE_S
    _another: Callable[[], psycopg.Connection[Any]]

    @classmethod
    def made(cls, arguments: Any, named: Any) -> "Patient":
        """One that is connected, and knows how to make another to the same server."""
        connection = cls.connect(*arguments, **named)
        connection._another = partial(psycopg.connect, *arguments, **named)
        return connection

    def wait(self, gen: Any, *arguments: Any, **named: Any) -> Any:
        """As the driver does, which asks what it waits for ten times a second."""
        return super().wait(self._watched(gen), *arguments, **named)

    def _watched(self, gen: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        try:
            state, heard = next(gen), monotonic()
            while True:
                ready = yield state
                if ready:
                    heard = monotonic()
                elif monotonic() - heard > self.silence:
                    self._insist_on_somebody()
                    heard = monotonic()
                state = gen.send(ready)
        except StopIteration as end:
            return end.value

    def _insist_on_somebody(self) -> None:
        """Any answer will do, also that there is no room for one more."""
        try:
            self._another().close()
        except ConnectionTimeout:
            self.close()
            raise psycopg.OperationalError("the server does not answer any more") from None
        except psycopg.Error:
            return


def engines(url: str, pool_wait: float) -> tuple[Engine, Engine]:
    """One that writes, and one that only reads. A connection of theirs is waited for `pool_wait` seconds."""
    usual = {"connect_timeout": CONNECT_S, "application_name": "cascadewatch", **NOTICING}
    said = make_url(url).query  # what the operator wrote into the address stands
    arguments = {name: value for name, value in usual.items() if name not in said}
    options: dict[str, Any] = {
        "pool_pre_ping": True, "pool_timeout": pool_wait, "connect_args": arguments, "hide_parameters": True,
    }  # fmt: skip
    writer = create_engine(url, pool_size=2, max_overflow=4, **options)
    reader = create_engine(
        url, pool_size=4, max_overflow=12, isolation_level="REPEATABLE READ",
        execution_options={"postgresql_readonly": True}, **options,
    )  # fmt: skip
    for engine in (writer, reader):
        event.listen(engine, "do_connect", connected)
        event.listen(engine, "connect", _tell)
    return writer, reader


def connected(_dialect: Any, _record: Any, arguments: Any, named: Any) -> Patient:
    """How SQLAlchemy is given its connections."""
    return Patient.made(arguments, named)


def _tell(connection: psycopg.Connection[Any], _record: Any) -> None:
    """Ends in no transaction, so that the next one begins as SQLAlchemy wants it."""
    before, connection.autocommit = connection.autocommit, True
    connection.execute(TOLD)
    connection.autocommit = before
