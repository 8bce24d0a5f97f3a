"""What a process does until it is killed: store batches, and say which were acknowledged."""

from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

from cascadewatch.model import Event, Label, Usage
from cascadewatch.pricing import PriceBook
from cascadewatch.settings import Settings
from cascadewatch.store.opening import open_store
from cascadewatch.store.receipt import Batch
from cascadewatch.store.writes import Writer
from tests.model.events import NOON, attempt, event
from tests.store.opened import PRICES

BATCH = 5
TOKENS = Usage(input=900, output=90)


def batch(number: int) -> list[Event]:
    """Always the same events for a number: new routes, revisions, callers and tiers turn up."""
    return [one(number * BATCH + i) for i in range(BATCH)]


def one(n: int) -> Event:
    attempts = [attempt("small", "reject" if n % 3 else "accept", usage=TOKENS, latency_ms=n % 700)]
    if n % 3:
        attempts.append(attempt("flagship" if n < 200 or n % 2 else "middle", usage=TOKENS))
    labels = [Label(0, n % 2 == 0, "executable", "random", 0.5)] if n % 4 == 0 else []
    return event(
        f"event-{n}", *attempts, at=NOON - n * 61_000, route=f"route-{n // 50}",
        revision=f"r{n // 120}", caller=f"tenant-{n % 17}", labels=labels,
    )  # fmt: skip


def ingest(url: str, first: int, acknowledged: Connection) -> None:
    """Stores batch after batch, from `first` on, and sends each number through the pipe after
    its commit. Does not end by itself."""
    settings = Settings(database_url=url, price=PRICES, caller_ids="plain")
    store = open_store(settings, NOON)
    writer = Writer(store, settings, PriceBook(PRICES, bundled=False), lambda: NOON)
    number = first
    while True:
        request = list(enumerate(batch(number)))
        writer.submit(Batch("local", request, [], NOON)).result(30)
        acknowledged.send(number)
        number += 1


def create_at(url: str, now: int, gate: Barrier) -> None:
    """Opens a new database at the same moment as another process."""
    gate.wait(30)
    open_store(Settings(database_url=url), now).close()
