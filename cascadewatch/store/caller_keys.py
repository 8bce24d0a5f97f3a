"""Which keys callers were hashed with, by fingerprints in `meta`: with another key a caller gets another
hash, and what is held under the former one is found no more."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, select

from cascadewatch.model import Event
from cascadewatch.settings import Settings
from cascadewatch.store import dialect
from cascadewatch.store.engine import Store
from cascadewatch.store.pseudonym import fingerprint
from cascadewatch.store.state import State
from cascadewatch.store.surroundings import Surroundings
from cascadewatch.store.tables import meta

KEY = "caller_keys"  # in `meta`: fingerprints, with when another took their place (epoch ms); null: in use
DAY_MS = 86_400_000


def note(connection: Connection, state: State, around: Surroundings, events: Iterable[Event]) -> None:
    """Remembers the key in the transaction that first stores callers hashed with it."""
    own = around.caller_key
    if own is None or own == state.caller_key or all(event.caller is None for event in events):
        return
    state.caller_key = own
    known = _known(connection)
    noted = _noted(known, own, around.now())
    if noted != known:
        connection.execute(delete(meta).where(meta.c.key == KEY))
        dialect.insert(connection, meta, [(KEY, json.dumps(noted))])


def changed(settings: Settings, store: Store, now: int) -> str | None:
    """A sentence where callers may still be held under another key than that of the settings, else None.
    Remembers nothing: until a caller is stored, none was hashed with this key."""
    own = of(settings, store)
    if own is None:
        return None
    with store.reading() as connection:
        known = _noted(_known(connection), own, now)
    since = now - settings.retention.rollup_days * DAY_MS
    ended = [moment for moment in known.values() if moment is not None and moment >= since]
    return _sentence(max(ended), settings.retention.rollup_days) if ended else None


def of(settings: Settings, store: Store) -> str | None:
    """The fingerprint of the key that callers are hashed with; None where they are not."""
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
