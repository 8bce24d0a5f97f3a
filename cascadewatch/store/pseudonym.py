"""Callers and sessions are stored as keyed hashes, so that the database names nobody."""

import hmac
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from cascadewatch.errors import ConfigError
from cascadewatch.settings import Settings
from cascadewatch.store.engine import Store

LENGTH = 24  # hex digits: 96 bits, so that two callers never meet


def pseudonyms(settings: Settings, store: Store) -> Callable[[str | None], str | None]:
    """What turns a caller's name into what is stored, by `caller_ids`.

    ConfigError on Postgres without `caller_key`: several machines must share one key, and a key
    kept in the database would protect nothing.
    """
    if settings.caller_ids == "off":
        return lambda _name: None
    if settings.caller_ids == "plain":
        return lambda name: name
    hashed = _hashing(_key(settings, store.path))
    return lambda name: None if name is None else hashed(name)


def hash_of(settings: Settings, store: Store, name: str) -> str | None:
    """The hash of a caller's name, whatever `caller_ids` says; None where there is no key to make it with."""
    made_here = store.path is not None and key_place(store.path).exists()
    if settings.caller_ids != "hmac" and settings.caller_key is None and not made_here:
        return None
    return _hashing(_key(settings, store.path))(name)


def fingerprint(settings: Settings, store: Store) -> str:
    """By what a key is recognised, and no caller's hash. ConfigError where there is no key."""
    return hmac.new(_key(settings, store.path), b"\0fingerprint", "sha256").hexdigest()[:LENGTH]


def _hashing(key: bytes) -> Callable[[str], str]:
    keyed = hmac.new(key, digestmod="sha256")  # copied: to key it takes half the time

    @lru_cache(maxsize=100_000)
    def hashed(name: str) -> str:
        own = keyed.copy()
        own.update(name.encode())
        return own.hexdigest()[:LENGTH]

    return hashed


def _key(settings: Settings, database: Path | None) -> bytes:
    if settings.caller_key is not None:
        return settings.caller_key.reveal().encode()
    if database is None:
        raise ConfigError(
            'caller_key is needed on Postgres: set caller_key = "env:CALLER_KEY" (any long random text, '
            'the same on every machine), or caller_ids = "plain" or "off"'
        )
    return _key_file(key_place(database))


def key_place(database: Path) -> Path:
    """Where the key of a SQLite file's hashes lies, if it was made here."""
    return database.with_name(f"{database.name}.caller_key")


def _key_file(path: Path) -> bytes:
    """The key beside the database, made on first use and readable by its owner alone."""
    if not path.exists():
        made = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_hex(32).encode())
        with suppress(FileExistsError):  # another process was faster: its key is the key
            os.link(made, path)  # whole or not at all, unlike writing in place
        made.unlink()
    return path.read_bytes()
