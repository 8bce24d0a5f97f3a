"""Which keys callers were hashed with, by fingerprints in `meta`: with another key a caller gets another
hash, and what is held under the former one is found no more."""

import json
from contextlib import suppress
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, select

from cascadewatch.errors import StoreError
from cascadewatch.settings import Settings
from cascadewatch.store import dialect
from cascadewatch.store.engine import Store
from cascadewatch.store.pseudonym import fingerprint
from cascadewatch.store.tables import meta

KEY = "caller_keys"  # in `meta`: fingerprints, with when another took their place (epoch ms); null: in use
DAY_MS = 86_400_000


def note(settings: Settings, store: Store, now: int) -> str | None:
    """Remembers the key of a process that stores callers; says what `changed` does."""
    said, own = changed(settings, store, now), _own(settings, store)
    if own is None:
        return None
    with store.reading() as connection:
        known = _known(connection)
    if _noted(known, own, now) != known:
        with suppress(StoreError), store.writing() as connection:  # a later start tries again
            known = _noted(_known(connection), own, now)
            connection.execute(delete(meta).where(meta.c.key == KEY))
            dialect.insert(connection, meta, [(KEY, json.dumps(known))])
    return said


def changed(settings: Settings, store: Store, now: int) -> str | None:
    """A sentence where callers may still be held under another key than that of the settings, else None.
    Remembers nothing: whoever only looks somebody up has hashed no caller with its key."""
    own = _own(settings, store)
    if own is None:
        return None
    with store.reading() as connection:
        known = _noted(_known(connection), own, now)
    since = now - settings.retention.rollup_days * DAY_MS
    ended = [moment for moment in known.values() if moment is not None and moment >= since]
    return _sentence(max(ended), settings.retention.rollup_days) if ended else None


def _own(settings: Settings, store: Store) -> str | None:
    return fingerprint(settings, store) if settings.caller_ids == "hmac" else None


def _noted(known: dict[str, int | None], own: str, now: int) -> dict[str, int | None]:
    return {name: now if ended is None else ended for name, ended in known.items() if name != own} | {
        own: None
    }


def _known(connection: Connection) -> dict[str, int | None]:
    found = connection.execute(select(meta.c.value).where(meta.c.key == KEY)).scalar()
    return {} if found is None else dict(json.loads(found))


def _sentence(moment: int, days: int) -> str:
    day = datetime.fromtimestamp(moment / 1000, UTC).date().isoformat()
    return (
        f"caller_key is another than before {day}: callers of events from before are held for up to {days} "
        "days under hashes made with the former key, and found and forgotten only with it in the settings"
    )
