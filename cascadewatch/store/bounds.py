"""Keeps every sum below what a database can count.

What one event may claim is bounded, how many of them come is not. Past 2^63 SQLite would go on with floats,
without a word, and Postgres would refuse every later event of that bucket.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from cascadewatch.errors import InputError
from cascadewatch.store.cells import ALL, Sums
from cascadewatch.store.rollup_tables import ROLLUPS

# Of any measure, over all time: money reaches it at 1.15 billion dollars. Processes do not see at once what
# others add; several at their limits are still below 2^63.
MOST = 2**60
_FAMILIES = ("events", "attempts", "labels")
_ORIGINS = ("live", "replay")  # all there are: they stand before the route in the key


class Room:
    """What is left for the sums of one cascade. Read from the database once, then kept up."""

    def __init__(self, cascade: str) -> None:
        self._cascade = cascade
        self._held: int | None = None  # no measure is larger than this

    def take(self, connection: Connection, tables: dict[tuple[str, str], Sums]) -> None:
        """Makes room for these sums, by table. InputError when there is none."""
        if self._held is None:
            self._held = max(_held(connection, self._cascade), default=0)
        added = sum(
            max(values)
            for family in _FAMILIES
            for key, values in tables.get((family, "day"), {}).items()
            if key[2] == ALL
        )
        if self._held + added > MOST:
            raise InputError(
                "costs, tokens or weights of one cascade add up to more than can be counted; "
                "is a cost or a label's probability in a wrong unit?"
            )
        self._held += added


def _held(connection: Connection, cascade: str) -> Iterator[int]:
    for family in _FAMILIES:
        table = ROLLUPS[family].tiers["day"]
        sums = [func.sum(table.c[name]) for name in ROLLUPS[family].measures]
        whole = select(*sums).where(
            table.c.cascade == cascade, table.c.origin.in_(_ORIGINS), table.c.route == ALL
        )
        yield from (int(n) for n in connection.execute(whole).one() if n is not None)
