"""Events that say something else under a known id are put aside, in quarantine.

Each once: a file that is sent every night, with the same row changed, must not fill the database.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from cascadewatch.model import Event
from cascadewatch.store import dialect, forgotten
from cascadewatch.store.receipt import Batch
from cascadewatch.store.surroundings import Surroundings
from cascadewatch.store.tables import quarantine

Conflict = tuple[bytes, bytes, Event]  # the digest kept, the new one
_CHUNK = 500


def put(connection: Connection, batch: Batch, conflicts: Sequence[Conflict], around: Surroundings) -> None:
    """Keeps those of a batch that are not in quarantine already; the others are only counted."""
    fresh: dict[tuple[bytes, str], Conflict] = {(new, e.id): (kept, new, e) for kept, new, e in conflicts}
    for same in _known(connection, batch.source, sorted({new for _, new, _ in conflicts})):
        fresh.pop(same, None)
    forgotten.add(connection, "quarantined", len(conflicts) - len(fresh))
    if fresh:
        seq = dialect.take_sequence(connection, "quarantine", len(fresh))
        rows = [
            (seq + i, batch.source, event.id, "conflict", batch.received, kept, new, around.payload(event))
            for i, (kept, new, event) in enumerate(fresh.values())
        ]
        dialect.insert(connection, quarantine, rows)


def _known(connection: Connection, source: str, digests: Sequence[bytes]) -> set[tuple[bytes, str]]:
    """Digest and id of what of this sender is in quarantine."""
    found = set()
    for start in range(0, len(digests), _CHUNK):
        some = quarantine.c.digest_new.in_(digests[start : start + _CHUNK])
        rows = connection.execute(
            select(quarantine.c.digest_new, quarantine.c.id).where(quarantine.c.source == source, some)
        )
        found |= {(bytes(digest), event_id) for digest, event_id in rows}
    return found
