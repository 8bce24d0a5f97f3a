"""How much is no longer held of what is counted twice: identities and arrivals must still add up."""

from typing import Literal, get_args

from sqlalchemy import Connection, delete, select

from cascadewatch.store import dialect
from cascadewatch.store.tables import meta

KEY = "forgotten:"  # prefix of the keys in `meta`

What = Literal["identities", "accepted", "conflict", "quarantined"]


def add(connection: Connection, what: What, n: int) -> None:
    """Counts rows in that are deleted in the same transaction, or not put aside a second time."""
    if n:
        total = numbers(connection)[what] + n
        connection.execute(delete(meta).where(meta.c.key == KEY + what))
        dialect.insert(connection, meta, [(KEY + what, str(total))])


def numbers(connection: Connection) -> dict[What, int]:
    """How many identities, accepted events and conflicts in counters of arrival, and events in quarantine
    were deleted so far; a conflict that came again counts as put aside and deleted at once."""
    rows = connection.execute(select(meta).where(meta.c.key.startswith(KEY, autoescape=True)))
    found = {row.key.removeprefix(KEY): int(row.value) for row in rows}
    return {what: found.get(what, 0) for what in get_args(What)}
