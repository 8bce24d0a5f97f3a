"""Keys of a copy that takes the place of a database. What was revoked or rotated after the copy was made is
valid in it: it is revoked or ends there too, where the replaced database still knows of it."""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, update

from cascadewatch.store.addresses import read_only_uri
from cascadewatch.store.engine import Store
from cascadewatch.store.keys import Key, all_keys
from cascadewatch.store.tables import keys as table


class Former(NamedTuple):
    """A key as the replaced database has it; times are epoch milliseconds."""

    name: str
    created: int
    expires: int | None
    revoked: int | None


Known = Mapping[str, Former]  # by prefix


class Keys(NamedTuple):
    """Names of keys: those that are not revoked, those `revoked` as the replaced database has them, those not
    revoked that it does not know (`unknown`; None: there was none to compare with), and those not revoked
    there that the copy does not know (`missing`): made after it, they have to be made anew."""

    unrevoked: tuple[str, ...]
    revoked: tuple[str, ...]
    unknown: tuple[str, ...] | None
    missing: tuple[str, ...]


def known_in(database: Path) -> Known | None:
    """The keys of a database that is to be replaced; None where there are none to be read: it may be gone,
    damaged, or of an old schema."""
    if not database.is_file():
        return None
    try:
        with closing(sqlite3.connect(read_only_uri(database), uri=True)) as connection:
            rows = connection.execute("SELECT prefix, name, created, expires, revoked FROM keys").fetchall()
    except sqlite3.Error:
        return None
    return {prefix: Former(*rest) for prefix, *rest in rows}


def settle(store: Store, replaced: Known | None) -> Keys:
    """Revokes in the copy what is revoked in the replaced database, at the same time as there, and has end
    what ends there."""
    known = replaced or {}
    with store.writing() as connection:
        before = [key for key in all_keys(connection) if key.revoked is None]
        revoked = _names(key.name for key in before if _follow(connection, key, known))
        copied = all_keys(connection)
    held = [key for key in copied if key.revoked is None]
    unknown = None
    if replaced is not None:
        unknown = _names(key.name for key in held if key.prefix not in replaced)
    there = {key.prefix for key in copied}
    missing = _names(one.name for prefix, one in known.items() if prefix not in there and one.revoked is None)
    return Keys(_names(key.name for key in held), revoked, unknown, missing)


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


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
