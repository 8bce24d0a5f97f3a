"""Opens the database: one engine that writes, one that only reads."""

import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool

from cascadewatch.errors import BusyError, FullError, StoreError
from cascadewatch.store import ballast, dialect
from cascadewatch.store.addresses import read_only_uri

log = logging.getLogger("cascadewatch.store")

BUSY_SECONDS = 5
WAL_RESET_FIXED = (3, 51, 3)  # earlier ones may corrupt when two connections write and checkpoint

_PRAGMAS = (
    ("page_size", "8192"),  # of a new file: a tenth faster to insert into than 4096
    ("journal_mode", "WAL"),  # readers never wait for the writer
    ("synchronous", "FULL"),  # an acknowledged event survives a power cut
    ("foreign_keys", "ON"),
    ("secure_delete", "ON"),  # what is deleted is gone from the file too
    ("busy_timeout", str(BUSY_SECONDS * 1000)),
    ("journal_size_limit", str(64 * 2**20)),  # what a long reader made of the WAL is given back
    ("wal_autocheckpoint", "2000"),  # 16 MiB: a tenth faster than the default
    ("cache_size", "-65536"),  # KiB
    ("temp_store", "MEMORY"),
)


CHECKPOINT_TRIES, CHECKPOINT_MS = 5, 100  # others wait for their turn meanwhile
FULL = "the database cannot grow: its disk is full or cannot be written"
FULL_S = 10  # so long after a write that found no room the database counts as full, unless one succeeds
# SQLite's are its own, also where a limit on the size of files is met; the last is Postgres' disk_full.
_FULL_CODES = {
    *("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_TRUNCATE"),
    *("SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_SHMMAP", "53100"),
}
# Postgres' words for "not now" that its driver does not call operational: it only reads, being a standby;
# the transaction stood still, or lasted, longer than the server allows.
_NOT_NOW = {"25006", "25P03", "25P04"}
_MAY_NOT = "; whoever reads needs to write too, in the file and its folder, where its -wal lies"
_WAYS_OUT = {
    "SQLITE_READONLY": _MAY_NOT,
    "SQLITE_CANTOPEN": _MAY_NOT,
    "SQLITE_BUSY": "; another process is writing: try again",
}
_UNREADABLE = ("SQLITE_NOTADB", "SQLITE_CORRUPT")
UNREADABLE = "the file of database_url is no SQLite database, or is damaged"
WAY_OUT = "name another, or put a backup in its place with: cascadewatch restore FILE --replace"


class Store:
    """A database opened for reading and writing.

    `engine` writes (through `writing()` only), `reader` cannot. Both are safe to share between
    threads. Close it when done.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self._threads = threading.Lock()
        self._patience_ms = BUSY_SECONDS * 1000  # of whoever has the turn
        self._full: float | None = None  # when a write found no room
        self.path: Path | None = None
        if self.url.get_backend_name() == "sqlite":
            self.path = _sqlite_path(self.url.database)
            self._lock: FileLock | None = FileLock(
                f"{self.path}.lock", timeout=BUSY_SECONDS, poll_interval=0.002
            )
            self.engine, self.reader = _sqlite_engines(self.path)
            event.listen(self.engine, "begin", self._begin)
        else:
            self._lock = None
            from cascadewatch.store import postgres  # and with it the driver, which SQLite does not need

            self.engine, self.reader = postgres.engines(url, BUSY_SECONDS)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A write transaction: the only one of the whole database while it lasts.

        On SQLite every write and checkpoint of any process holds `<db>.lock`, which also keeps
        clear of the WAL-reset bug of SQLite before 3.51.3. Raises BusyError when the turn does
        not come within five seconds or the database is out of reach.
        """
        try:
            with self._turn(), translated(), self.engine.begin() as connection:
                dialect.lock_for_writing(connection, self._patience_ms)
                yield connection
        except FullError:
            self._full = time.monotonic()
            ballast.let_go(self.path)
            raise
        self._full = None

    @property
    def is_full(self) -> bool:
        """Whether a write of this process found no room lately, and none succeeded since."""
        full = self._full
        return full is not None and time.monotonic() - full < FULL_S

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read transaction: everything read in it is of one moment."""
        with translated(), self.reader.begin() as connection:
            yield connection

    def _begin(self, connection: Connection) -> None:
        if connection.info.get("patience") != self._patience_ms:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={self._patience_ms}")
            connection.info["patience"] = self._patience_ms
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One writing thread of this process at a time, and on SQLite one process."""
        until = time.monotonic() + BUSY_SECONDS  # for all that may have to be waited for, one after the other
        if not self._threads.acquire(timeout=BUSY_SECONDS):
            raise BusyError("the database is busy with another write of this process")
        try:
            with self._lock.acquire(timeout=_left(until)) if self._lock else nullcontext():
                self._patience_ms = 500 * max(1, round(_left(until) * 2))
                yield
        except Timeout:
            raise BusyError(
                f"another process has held {self.path}.lock for {BUSY_SECONDS} s; try again once it is done"
            ) from None
        finally:
            self._threads.release()

    def checkpoint(self) -> bool:
        """Empties SQLite's write-ahead log into the file, so that nothing deleted is left in it. False while
        a reader needs it. BusyError as `writing`."""
        if self._lock is None:
            return True
        for _ in range(CHECKPOINT_TRIES):
            if int(self._alone("PRAGMA wal_checkpoint(TRUNCATE)", CHECKPOINT_MS)) == 0:
                return True
            time.sleep(CHECKPOINT_MS / 1000)
        return False

    def shrink(self) -> None:
        """Gives the space of deleted rows back to the disk. StoreError on Postgres, which has commands of its
        own; nobody else can write meanwhile, and the disk needs room for a second copy."""
        if self._lock is None:
            raise StoreError(
                "Postgres uses the space again by itself; its owner can give it back: VACUUM FULL"
            )
        self._alone("VACUUM")
        self.checkpoint()

    def _alone(self, statement: str, patience_ms: int = BUSY_SECONDS * 1000) -> Any:
        """Executes outside of any transaction what can be executed nowhere else; the first value it gives."""
        with self._turn():
            driver = self.engine.raw_connection()
            try:
                cursor = driver.cursor()
                cursor.execute(f"PRAGMA busy_timeout={patience_ms}")
                row = cursor.execute(statement).fetchone()
                cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
                return row[0] if row else None
            except sqlite3.OperationalError as error:
                raise BusyError(f"the database cannot be used now: {error}", retry_after=2) from error
            finally:
                driver.close()

    def close(self) -> None:
        """Gives all connections back."""
        self.reader.dispose()
        pool = self.engine.pool
        only_read = isinstance(pool, QueuePool) and pool.checkedin() == 0
        if self._lock is None or only_read:  # who only read has no turn to wait for
            self.engine.dispose()
            return
        with self._turn():  # the last connection to close checkpoints
            self.engine.dispose()


def _left(until: float) -> float:
    return max(0.0, until - time.monotonic())


@contextmanager
def translated() -> Iterator[None]:
    """Turns "not now" errors of the drivers into BusyError, those of an unreadable file into StoreError."""
    try:
        yield
    except OperationalError as error:
        if _is_full(error):
            raise FullError(f"{FULL}: {_first_line(error)}", retry_after=10) from error
        raise BusyError(f"the database cannot be used now: {_why(error)}", retry_after=2) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise BusyError("the connection to the database was lost", retry_after=2) from error
        if getattr(error.orig, "sqlite_errorname", "").startswith(_UNREADABLE):
            raise StoreError(f"{UNREADABLE}: {_first_line(error)}; {WAY_OUT}") from error
        if getattr(error.orig, "sqlstate", None) not in _NOT_NOW:
            raise
        raise BusyError(f"the database cannot be used now: {_first_line(error)}", retry_after=5) from error
    except PoolTimeoutError as error:
        raise BusyError("every connection to the database is in use", retry_after=2) from error
    except PendingRollbackError as error:  # somebody caught the error that said so
        raise BusyError("the connection to the database was lost", retry_after=2) from error


def _is_full(error: DBAPIError) -> bool:
    """Whether the disk, or what this process may write of it, is full."""
    named = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None)
    return named in _FULL_CODES


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0][:200]


def _why(error: DBAPIError) -> str:
    """What the driver said, and on SQLite the way out."""
    name = getattr(error.orig, "sqlite_errorname", "")
    hints = (hint for code, hint in _WAYS_OUT.items() if name.startswith(code))
    return _first_line(error) + next(hints, "")


def _sqlite_path(name: str | None) -> Path:
    if not name or name == ":memory:":
        raise StoreError("database_url needs a file, such as sqlite:///cascadewatch.db: an in-memory "
                         "database cannot be shared between the writer and the dashboard")  # fmt: skip
    path = Path(name)
    if not path.parent.is_dir():
        raise StoreError(f"the folder {path.parent} of database_url does not exist; create it first")
    return path


def _sqlite_engines(path: Path) -> tuple[Engine, Engine]:
    if sqlite3.sqlite_version_info < WAL_RESET_FIXED:
        log.debug("SQLite %s: writes of all processes take turns by %s.lock", sqlite3.sqlite_version, path)
    if not path.exists():
        path.touch(mode=0o600)
    # An error of SQLAlchemy shows the values of its statement unless told not to: prompts, in a log.
    wait: dict[str, Any] = {"pool_timeout": BUSY_SECONDS, "hide_parameters": True}
    address = URL.create("sqlite", database=str(path))
    read_only = URL.create("sqlite", database=read_only_uri(path), query={"uri": "true"})
    writer = create_engine(address, pool_size=1, max_overflow=4, **wait)
    reader = create_engine(read_only, pool_size=4, max_overflow=12, **wait)
    event.listen(writer, "connect", _prepare_writer)
    event.listen(reader, "connect", _prepare_reader)
    event.listen(reader, "begin", lambda c: c.exec_driver_sql("BEGIN"))
    return writer, reader


def _prepare_writer(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by the listeners above
    for name, value in _PRAGMAS:
        connection.execute(f"PRAGMA {name}={value}")


def _prepare_reader(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    connection.execute("PRAGMA cache_size=-32768")
    connection.execute("PRAGMA query_only=ON")
