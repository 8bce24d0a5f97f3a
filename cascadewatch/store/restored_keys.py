"""Keys of a copy that takes the place of a database: they stay as the replaced database has them, where it
can be asked. One that was revoked or rotated after the copy was made is revoked or ends in the copy too, and
one that was made after it, to which a sender may have changed over, is valid in it."""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, insert, update

from cascadewatch.store.addresses import read_only_uri
from cascadewatch.store.engine import Store
from cascadewatch.store.keys import Key, all_keys
from cascadewatch.store.tables import keys as table


class Former(NamedTuple):
    """A key as the replaced database has it: the columns of its row; times are epoch milliseconds."""

    name: str
    prefix: str
    hash: str
    scopes: str
    created: int
    expires: int | None
    last_used: int | None
    revoked: int | None


Known = Mapping[str, Former]  # by prefix


class Keys(NamedTuple):
    """Keys by name and prefix, such as "checkout (1f3a9c2e)": those of the copy that are not revoked, those
    `revoked` as the replaced database has them, those not revoked that it does not know (`unknown`; None:
    there was none to compare with), and those not revoked there that the copy did not know (`taken_over`)."""

    unrevoked: tuple[str, ...]
    revoked: tuple[str, ...]
    unknown: tuple[str, ...] | None
    taken_over: tuple[str, ...]


def known_in(database: Path) -> Known | None:
    """The keys of a database that is to be replaced; None where there are none to be read: it may be gone,
    damaged, or of an old schema."""
    if not database.is_file():
        return None
    try:
        with closing(sqlite3.connect(read_only_uri(database), uri=True)) as connection:
            rows = connection.execute(f"SELECT {', '.join(Former._fields)} FROM keys").fetchall()  # noqa: S608
    except sqlite3.Error:
        return None
    return {key.prefix: key for key in map(Former._make, rows)}


def settle(store: Store, replaced: Known | None) -> Keys:
    """Revokes in the copy what is revoked in the replaced database, at the same time as there, has end what
    ends there, and takes over what was made there since. Only hashes are copied, as they are."""
    known = replaced or {}
    with store.writing() as connection:
        copied = all_keys(connection)
        before = [key for key in copied if key.revoked is None]
        revoked = [key for key in before if _follow(connection, key, known)]
        there = {key.prefix for key in copied}
        newer = [key for prefix, key in known.items() if prefix not in there]
        if newer:  # revoked ones too: a backup in which they are valid may be put back next
            connection.execute(insert(table), [key._asdict() for key in newer])
    held = [key for key in before if key not in revoked]
    unknown = None if replaced is None else _told(key for key in held if key.prefix not in replaced)
    taken_over = _told(key for key in newer if key.revoked is None)
    return Keys(_told(held), _told(revoked), unknown, taken_over)


def _told(keys: Iterable[Key | Former]) -> tuple[str, ...]:
    return tuple(f"{key.name} ({key.prefix})" for key in keys)


def _follow(connection: Connection, key: Key, known: Known) -> bool:
    """Brings a key of the copy to where the replaced database has it; whether that revoked it."""
    changed: dict[str, int] = {}
    if key.prefix in known:
        former = known[key.prefix]
        if former.revoked is not None:
            changed["revoked"] = former.revoked
        if former.expires is not None and former.expires < (key.expires or former.expires + 1):
            changed["expires"] = former.expires
    elif after := [
        one.created for one in known.values() if one.name == key.name and one.created > key.created
    ]:
        changed["revoked"] = min(after)  # before schema 0006 a key took the row of the one it came after
    if changed:
        connection.execute(update(table).where(table.c.prefix == key.prefix).values(**changed))
    return "revoked" in changed
