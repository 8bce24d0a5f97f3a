"""Ingest keys: who may send, read or act.

A key is `cw_PREFIX_SECRET` with 256 random bits of secret. Only the SHA-256 of the secret is kept:
so much randomness needs no slow hash, which would let strangers keep the server busy.
"""

import hmac
import re
import secrets
from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, or_, select, update

from cascadewatch.errors import UsageError
from cascadewatch.store import audit
from cascadewatch.store.engine import Store
from cascadewatch.store.tables import keys as table

SCOPES = ("ingest", "read", "admin")
LOCAL = "local"  # the source of events where keys are off

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NOBODY = sha256(b"").hexdigest()  # compared with when the prefix is unknown: the same work


class Key(NamedTuple):
    """What is known of a key; times are epoch milliseconds."""

    name: str  # the source of the events it sends
    prefix: str
    hash: str
    scopes: frozenset[str]
    created: int
    expires: int | None
    last_used: int | None
    revoked: int | None


def create(
    store: Store,
    name: str,
    scopes: Collection[str],
    now: int,
    expires: int | None = None,
    by: audit.Actor = audit.ITSELF,
) -> str:
    """A new key, returned whole this one time.

    A revoked key's name may be used again; its events keep their source. Raises UsageError when
    the name is taken or cannot be used, or a scope is unknown.
    """
    _insist_on(name, scopes, now, expires)
    prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    ordered = ",".join(s for s in SCOPES if s in scopes)
    with store.writing() as connection:
        spent = or_(table.c.revoked.is_not(None), table.c.expires <= now)
        connection.execute(delete(table).where(table.c.name == name, spent))
        if connection.execute(select(table.c.name).where(table.c.name == name)).first():
            raise UsageError(f"a key named {name} exists; revoke it first, or choose another name")
        connection.execute(
            insert(table).values(
                name=name, prefix=prefix, hash=_hash(secret), scopes=ordered, created=now, expires=expires
            )
        )
        made = {"prefix": prefix, "scopes": ordered.split(","), "expires": expires}
        audit.record(connection, by, "key.create", name, now, after=made)
    return f"cw_{prefix}_{secret}"


def _insist_on(name: str, scopes: Collection[str], now: int, expires: int | None) -> None:
    if not _NAME.fullmatch(name) or name == LOCAL:
        raise UsageError(
            f"a key's name has 1 to 64 letters, digits, dots, dashes or underscores and is not {LOCAL}"
        )
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise UsageError(
            f"a key needs one or more of the scopes {', '.join(SCOPES)}, not {', '.join(unknown) or 'none'}"
        )
    if expires is not None and expires <= now:
        raise UsageError("a key must expire in the future")


def all_keys(connection: Connection) -> list[Key]:
    """Every key ever made under a name still held, in order of name."""
    rows = connection.execute(select(table).order_by(table.c.name))
    return [Key(**{**r._mapping, "scopes": frozenset(r.scopes.split(","))}) for r in rows]


def revoke(store: Store, name: str, now: int, by: audit.Actor = audit.ITSELF) -> None:
    """Makes a key useless at once (running servers notice within seconds). Raises UsageError when
    there is no such key; a revoked one stays as it is."""
    with store.writing() as connection:
        if connection.execute(select(table.c.name).where(table.c.name == name)).first() is None:
            raise UsageError(f"there is no key named {name}; see cascadewatch keys list")
        valid = (table.c.name == name, table.c.revoked.is_(None))
        if connection.execute(update(table).where(*valid).values(revoked=now)).rowcount:
            audit.record(
                connection, by, "key.revoke", name, now, before={"revoked": None}, after={"revoked": now}
            )


def touch(store: Store, used: Mapping[str, int]) -> None:
    """Notes when keys were last used."""
    with store.writing() as connection:
        for name, moment in used.items():
            connection.execute(update(table).where(table.c.name == name).values(last_used=moment))


def verify(known: Mapping[str, Key], presented: str, now: int) -> Key | None:
    """The key that was presented, None when it is unknown, wrong, expired or revoked.

    `known` is by prefix. Takes as long for an unknown prefix as for a wrong secret.
    """
    kind, _, rest = presented.partition("_")
    prefix, _, secret = rest.partition("_")
    key = known.get(prefix) if kind == "cw" else None
    right = hmac.compare_digest(_hash(secret), key.hash if key else _NOBODY)
    if not right or key is None or key.revoked is not None:
        return None
    return key if key.expires is None or key.expires > now else None


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
