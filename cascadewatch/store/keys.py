"""Ingest keys: who may send, read or act.

A name may have several: the one it has now, one that is on its way out, and all it ever had. They are kept,
so that a backup put back never makes a revoked one valid. Events carry the name, so a new key is the same
sender. A key is `cw_PREFIX_SECRET` with 256 random bits of secret. Only the SHA-256 of the secret is kept:
so much randomness needs no slow hash, which would let strangers keep the server busy.
"""

import hmac
import re
import secrets
from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, or_, select, update

from cascadewatch.errors import UsageError
from cascadewatch.store import audit
from cascadewatch.store.engine import Store
from cascadewatch.store.tables import keys as table

SCOPES = ("ingest", "read", "admin")
VALID, EXPIRED, REVOKED = "valid", "expired", "revoked"
LOCAL = "local"  # the source of events where keys are off

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PREFIX = re.compile(r"[0-9a-f]{8}")
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

    def state(self, now: int) -> str:
        """`valid`, `expired` or `revoked`."""
        if self.revoked is not None:
            return REVOKED
        return EXPIRED if self.expires is not None and self.expires <= now else VALID


def create(
    store: Store,
    name: str,
    scopes: Collection[str],
    now: int,
    expires: int | None = None,
    by: audit.Actor = audit.ITSELF,
) -> str:
    """A new key, returned whole this one time.

    The name of a key that is revoked or expired may be used again; its events keep their source. Raises
    UsageError when the name is taken or cannot be used, or a scope is unknown.
    """
    _insist_on(name, scopes, now, expires)
    made, whole = _drawn(name, scopes, now, expires)
    with store.writing() as connection:
        if _valid(connection, name, now):
            raise UsageError(
                f"a key named {name} exists; for a new one under its name: cascadewatch keys rotate {name}"
            )
        _add(connection, made)
        audit.record(connection, by, "key.create", name, now, after=_told(made))
    return whole


def rotate(
    store: Store,
    name: str,
    now: int,
    overlap: int,
    expires: int | None = None,
    by: audit.Actor = audit.ITSELF,
) -> str:
    """A new key under the same name and with the same scopes, returned whole this one time.

    Those that were valid end `overlap` milliseconds later, or when they would have anyway; with an overlap of
    0 they are revoked. The new one lives until `expires`, else as long as the newest of them was to.
    Raises UsageError when there is no valid key of that name.
    """
    with store.writing() as connection:
        former = _valid(connection, name, now)
        if not former:
            raise UsageError(f"there is no valid key named {name}; make one: cascadewatch keys create {name}")
        newest = max(former, key=lambda key: key.created)
        if expires is None and newest.expires is not None:
            expires = now + newest.expires - newest.created
        _insist_on(name, newest.scopes, now, expires)
        made, whole = _drawn(name, newest.scopes, now, expires)
        end = {"expires": now + overlap} if overlap else {"revoked": now}
        lasting = or_(table.c.expires.is_(None), table.c.expires > now + overlap)
        prefixes = sorted(key.prefix for key in former)
        connection.execute(update(table).where(table.c.prefix.in_(prefixes), lasting).values(**end))
        _add(connection, made)
        before, after = {"prefixes": prefixes}, _told(made) | {"overlap": overlap}
        audit.record(connection, by, "key.rotate", name, now, before=before, after=after)
    return whole


def _valid(connection: Connection, name: str, now: int) -> list[Key]:
    return [key for key in all_keys(connection) if key.name == name and key.state(now) == VALID]


def _drawn(name: str, scopes: Collection[str], now: int, expires: int | None) -> tuple[Key, str]:
    """A key by chance, as it is kept and as it is shown."""
    prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    made = Key(name, prefix, _hash(secret), frozenset(scopes), now, expires, None, None)
    return made, f"cw_{prefix}_{secret}"


def _add(connection: Connection, key: Key) -> None:
    connection.execute(insert(table).values(key._asdict() | {"scopes": ",".join(_ordered(key))}))


def _ordered(key: Key) -> list[str]:
    return [scope for scope in SCOPES if scope in key.scopes]


def _told(key: Key) -> dict[str, Any]:
    """What the audit says of a new key."""
    return {"prefix": key.prefix, "scopes": _ordered(key), "expires": key.expires}


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
    """Every key ever made, in order of name, the newest of a name last."""
    rows = connection.execute(select(table).order_by(table.c.name, table.c.created, table.c.prefix))
    return [Key(**{**r._mapping, "scopes": frozenset(r.scopes.split(","))}) for r in rows]


def revoke(
    store: Store, name: str, now: int, by: audit.Actor = audit.ITSELF, prefix: str | None = None
) -> None:
    """Makes all keys of a name useless at once, or the one with that prefix (running servers notice within
    seconds). Raises UsageError when there is none; one that is revoked stays as it is."""
    meant = [table.c.name == name] + ([] if prefix is None else [table.c.prefix == prefix])
    with store.writing() as connection:
        if connection.execute(select(table.c.name).where(*meant)).first() is None:
            which = name if prefix is None else f"{name} with the prefix {prefix}"
            raise UsageError(f"there is no key named {which}; see cascadewatch keys list")
        valid = select(table.c.prefix).where(*meant, table.c.revoked.is_(None)).order_by(table.c.prefix)
        ended = list(connection.execute(valid).scalars())
        if ended:
            connection.execute(update(table).where(table.c.prefix.in_(ended)).values(revoked=now))
            before, after = {"prefixes": ended, "revoked": None}, {"revoked": now}
            audit.record(connection, by, "key.revoke", name, now, before=before, after=after)


def touch(store: Store, used: Mapping[str, int]) -> None:
    """Notes when keys, by prefix, were last used."""
    with store.writing() as connection:
        for prefix, moment in used.items():
            connection.execute(update(table).where(table.c.prefix == prefix).values(last_used=moment))


def verify(known: Mapping[str, Key], presented: str, now: int) -> Key | None:
    """The key that was presented, None when it is unknown, wrong, expired or revoked.

    `known` is by prefix. Takes as long for an unknown prefix as for a wrong secret.
    """
    key, right = _compared(known, presented)
    return key if key is not None and right and key.state(now) == VALID else None


def refusal(known: Mapping[str, Key], presented: str, now: int) -> str:
    """Why a key was refused, for the log of those who run the server: whose it is, and never the secret."""
    key, right = _compared(known, presented)
    if key is not None:
        return f"{key.name} ({key.prefix}), {key.state(now) if right else 'with a wrong secret'}"
    prefix = presented.removeprefix("cw_").partition("_")[0] if presented.startswith("cw_") else ""
    return f"the unknown prefix {prefix}" if _PREFIX.fullmatch(prefix) else "no key of cascadewatch"


def _compared(known: Mapping[str, Key], presented: str) -> tuple[Key | None, bool]:
    """The key of the prefix, and whether the secret is its own."""
    kind, _, rest = presented.partition("_")
    prefix, _, secret = rest.partition("_")
    key = known.get(prefix) if kind == "cw" else None
    return key, hmac.compare_digest(_hash(secret), key.hash if key else _NOBODY)


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
