"""The only file that asks which database it is: bulk insert, bulk add, locks.

SQLite takes tuples through the driver (a Core statement costs 40 % more); Postgres takes COPY,
straight into a table where no row can clash, through a temporary one where sums are added.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Table, text
from sqlalchemy.exc import DBAPIError

from cascadewatch.store import tables

Row = Sequence[Any]
_WRITE_LOCK = 0x63_61_73_63  # any fixed number: Postgres' name for "the writer of this database"
_GROUP = 100  # rows in a statement; SQLite takes 32,766 parameters since 3.32
_CHUNK = 900  # SQLite of before 3.32 takes 999 parameters


def is_sqlite(connection: Connection) -> bool:
    """Whether this is SQLite; the alternative is Postgres."""
    return connection.dialect.name == "sqlite"


def lock_for_writing(connection: Connection, patience_ms: int) -> None:
    """One writer at a time per database, so that sequences, names and sums need no other lock.

    SQLite's BEGIN IMMEDIATE is that lock already.
    """
    if not is_sqlite(connection):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {patience_ms}")
        connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _WRITE_LOCK})


@cache
def _columns(table: Table) -> str:
    return ", ".join(f'"{c.name}"' for c in table.c)


@lru_cache(maxsize=256)
def _insert_sql(table: Table, places: tuple[int, ...], rows: int) -> str:
    names = list(table.c.keys())
    columns = ", ".join(f'"{names[place]}"' for place in places)
    return f"INSERT INTO {table.name} ({columns}) {_values(len(places), rows)}"


@cache
def _add_sql(table: Table, rows: int) -> str:
    return _adding(table, _values(len(table.c), rows))


def _adding(table: Table, source: str) -> str:
    """Adds the measures of each row of the source to those held under its key."""
    key = [f'"{c.name}"' for c in table.primary_key]
    sums = [f'"{c.name}"' for c in table.c if not c.primary_key]
    update = ", ".join(f"{s} = {table.name}.{s} + excluded.{s}" for s in sums)
    return (
        f"INSERT INTO {table.name} ({_columns(table)}) {source} "
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {update}"
    )


def _values(columns: int, rows: int) -> str:
    one = f"({', '.join('?' * columns)})"
    return f"VALUES {', '.join([one] * rows)}"


def insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Inserts rows whose keys are known to be free, columns in the table's order."""
    if not rows:
        return
    if is_sqlite(connection):
        places, rows = _filled(rows)
        _in_groups(connection, rows, lambda n: _insert_sql(table, places, n))
    else:
        _copy(connection, f"COPY {table.name} ({_columns(table)}) FROM STDIN", rows)


def add(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Adds rows to the sums held under their keys, or starts them. No key twice in `rows`."""
    if not rows:
        return
    if is_sqlite(connection):
        _in_groups(connection, rows, lambda n: _add_sql(table, n))
        return
    staged = f"staged_{table.name}"
    connection.exec_driver_sql(
        f"CREATE TEMP TABLE IF NOT EXISTS {staged} (LIKE {table.name}) ON COMMIT DELETE ROWS"
    )
    _copy(connection, f"COPY {staged} ({_columns(table)}) FROM STDIN", rows)
    connection.exec_driver_sql(_adding(table, f"SELECT {_columns(table)} FROM {staged}"))  # noqa: S608
    connection.exec_driver_sql(f"TRUNCATE {staged}")


def _filled(rows: Sequence[Row]) -> tuple[tuple[int, ...], Sequence[Row]]:
    """Many rows without the columns that are NULL in all of them, and the places of the others: half
    of an attempt's columns hardly ever say anything, and cost as much as the rest."""
    every = tuple(range(len(rows[0])))
    if len(rows) < _GROUP:
        return every, rows
    columns, nothing = list(zip(*rows, strict=True)), (None,) * len(rows)
    places = tuple(place for place in every if columns[place] != nothing)
    if 4 * len(places) > 3 * len(every):
        return every, rows  # too little to gain
    return places, list(zip(*(columns[place] for place in places), strict=True))


def _in_groups(connection: Connection, rows: Sequence[Row], statement: Callable[[int], str]) -> None:
    """Many rows go together in a statement: a quarter faster than one by one, and other threads may
    run meanwhile. What is left goes one by one."""
    whole = len(rows) - len(rows) % _GROUP
    for start in range(0, whole, _GROUP):
        parameters = tuple(chain.from_iterable(rows[start : start + _GROUP]))
        connection.exec_driver_sql(statement(_GROUP), parameters)
    if whole < len(rows):
        connection.exec_driver_sql(statement(1), list(rows[whole:]))


def _copy(connection: Connection, statement: str, rows: Iterable[Row]) -> None:
    driver: Any = connection.connection.driver_connection
    failure = connection.dialect.loaded_dbapi.Error
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except failure as error:
        # SQLAlchemy, which would give it its own class, knows nothing of COPY.
        raise DBAPIError.instance(statement, None, error, failure) from error


def held(connection: Connection, keys: Sequence[bytes]) -> dict[bytes, tuple[bytes, int]]:
    """Of the given identities, those known: key to (digest, seq)."""
    found: dict[bytes, tuple[bytes, int]] = {}
    name = tables.event_keys.name
    if not is_sqlite(connection):
        rows: Any = connection.exec_driver_sql(
            f"SELECT key, digest, seq FROM {name} WHERE key = ANY(%s)",  # noqa: S608 - own names
            (list(keys),),
        )
        return {bytes(k): (bytes(d), s) for k, d, s in rows}
    for start in range(0, len(keys), _CHUNK):
        part = tuple(keys[start : start + _CHUNK])
        marks = ",".join("?" * len(part))
        rows = connection.exec_driver_sql(
            f"SELECT key, digest, seq FROM {name} WHERE key IN ({marks})",  # noqa: S608 - own names
            part,
        )
        found.update({k: (d, s) for k, d, s in rows})
    return found


def take_sequence(connection: Connection, name: str, count: int) -> int:
    """The first of `count` new numbers, ascending; the write lock is held."""
    last = connection.execute(text("SELECT value FROM sequences WHERE name = :name"), {"name": name}).scalar()
    if last is None:
        connection.execute(
            text("INSERT INTO sequences (name, value) VALUES (:name, :n)"), {"name": name, "n": count}
        )
        return 1
    connection.execute(
        text("UPDATE sequences SET value = value + :n WHERE name = :name"), {"name": name, "n": count}
    )
    return int(last) + 1


def size(connection: Connection) -> int:
    """Bytes of the whole database, as the database itself counts them."""
    statement = (
        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        if is_sqlite(connection)
        else "SELECT pg_database_size(current_database())"
    )
    return int(connection.exec_driver_sql(statement).scalar_one())
