"""A database opened the way a process opens it, and what tests ask of it."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, select, text

from cascadewatch.metrics.window import Counts
from cascadewatch.model import Event
from cascadewatch.pricing import PriceBook
from cascadewatch.settings import Cascade, Limits, Price, Settings
from cascadewatch.store import rollup, tables
from cascadewatch.store.engine import Store
from cascadewatch.store.opening import open_store
from cascadewatch.store.reads import Reader
from cascadewatch.store.receipt import Batch, LabelRequest, Receipt
from cascadewatch.store.rezone import rezone
from cascadewatch.store.rollup_tables import ROLLUPS
from cascadewatch.store.state import State
from cascadewatch.store.verify import verify
from cascadewatch.store.writes import LabelBatch, Writer

DAY = 86_400_000
PRICES = tuple(
    Price.model_validate({"model": model, "input_usd_per_1m": into, "output_usd_per_1m": out})
    for model, into, out in (("small-1", 0.6, 0.6), ("middle-1", 2, 4), ("flagship-1", 10, 30))
)


def settings_for(url: str, **said: Any) -> Settings:
    """Settings with known prices and callers as they came; `tiers` and `limits` in short form."""
    if "tiers" in said:
        said["cascade"] = {"support": Cascade(tiers=said.pop("tiers"))}
    if "limits" in said:
        said["limits"] = Limits(**said["limits"])
    said.setdefault("caller_ids", "plain")
    return Settings(database_url=url, price=said.pop("price", PRICES), **said)


class Opened:
    """A store with its writer, opened as by a process that serves; its clock stands still."""

    def __init__(self, settings: Settings, now: int) -> None:
        self.settings = settings
        self.now = now
        self.store: Store = open_store(settings, now)
        rezone(self.store, settings)
        self.writer = Writer(self.store, settings, PriceBook(settings.price, bundled=False), lambda: now)

    def close(self) -> None:
        self.writer.close()
        self.store.close()

    def batch(self, events: Iterable[Event], source: str = "local", received: int | None = None) -> Batch:
        return Batch(source, list(enumerate(events)), [], self.now if received is None else received)

    def send(self, *events: Event, source: str = "local", received: int | None = None) -> Receipt:
        """Stores events as one request."""
        receipt: Receipt = self.writer.write([self.batch(events, source, received)])[0]
        return receipt

    def label(self, *requests: LabelRequest, source: str = "local", received: int | None = None) -> Receipt:
        at = self.now if received is None else received
        receipt: Receipt = self.writer.write([LabelBatch(source, list(enumerate(requests)), [], at)])[0]
        return receipt

    def broken(self) -> dict[str, Any]:
        """The checks of `verify` that did not hold; empty when all is well."""
        said = verify(self.store, self.settings)
        found = {name: check for name, check in said["checks"].items() if check["broken"]}
        assert said["ok"] == (not found)
        return found

    def rebuild(self) -> int:
        with self.store.writing() as connection:
            return rollup.rebuild(connection, State(connection, self.settings))

    def rollups(self) -> dict[str, dict[tuple[Any, ...], tuple[int, ...]]]:
        """Every rollup table's rows by key; rows of zeros, which corrections leave, are left out."""
        found: dict[str, dict[tuple[Any, ...], tuple[int, ...]]] = {}
        with self.store.reading() as connection:
            for kept in ROLLUPS.values():
                width = len(kept.dimensions)
                for table in kept.tiers.values():
                    rows = connection.execute(select(table)).all()
                    found[table.name] = {tuple(r[:width]): tuple(r[width:]) for r in rows if any(r[width:])}
        return found

    def counts(self, start: int | None = None, end: int | None = None, route: str | None = None) -> Counts:
        """The event sums of `support` over a range; without one, over 400 days."""
        with self.store.reading() as connection:
            reader = Reader(connection, self.settings)
            span = reader.cover(
                self.now - 400 * DAY if start is None else start, self.now + DAY if end is None else end
            )
            return reader.window("support", route, span).counts

    def number(self, table: str) -> int:
        """How many rows a table has."""
        with self.store.reading() as connection:
            statement = select(func.count()).select_from(tables.metadata.tables[table])
            return int(connection.execute(statement).scalar_one())

    def rows(self, name: str) -> list[Mapping[str, Any]]:
        """In the order of the primary key: Postgres gives changed rows last."""
        table = tables.metadata.tables[name]
        with self.store.reading() as connection:
            found = connection.execute(select(table).order_by(*table.primary_key))
            return [dict(row._mapping) for row in found]

    def tamper(self, statement: str) -> None:
        """Changes the database behind the program's back."""
        with self.store.writing() as connection:
            changed = connection.execute(text(statement)).rowcount
            assert changed, "nothing was there to tamper with"
