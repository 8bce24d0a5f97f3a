"""What a process does until it is killed: delete what is too old, in very small parts."""

from multiprocessing.connection import Connection

from cascadewatch.store import deletions
from cascadewatch.store.engine import open_store
from cascadewatch.store.retention import prune
from tests.store.aging import KEEPS_TEXT
from tests.store.opened import settings_for

END = -1


def delete_slowly(url: str, now: int, told: Connection) -> None:
    """Prunes, and sends a number after each part and END at the end."""
    deletions.EVENTS = deletions.ROWS = deletions.SERIES = 2
    settings = settings_for(url, timezone="Europe/Berlin", **KEEPS_TEXT)
    store = open_store(settings, now)
    prune(store, settings, now, told=lambda gone: told.send(sum(gone.values())), rest=lambda _: None)
    store.close()
    told.send(END)


def write_until_full(url: str, now: int, most: int, told: Connection) -> None:
    """Stores event after event in files that may not pass `most` bytes; sends the number of each that was
    acknowledged, then the words of the refusal. Given room again, stores once more."""
    import resource

    from cascadewatch.errors import FullError
    from cascadewatch.pricing import PriceBook
    from cascadewatch.store.receipt import Batch
    from cascadewatch.store.writes import Writer
    from tests.store.aging import old

    settings = settings_for(url, **KEEPS_TEXT)
    store = open_store(settings, now)
    writer = Writer(store, settings, PriceBook(settings.price, bundled=False), lambda: now)

    def send(number: int) -> None:
        writer.write(
            [Batch("local", [(0, old(f"event-{number}", 0.01 * number, route=f"route-{number}"))], [], now)]
        )

    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    number = 0
    try:
        while True:
            send(number)
            told.send(number)
            number += 1
    except FullError as error:
        told.send(str(error))
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    send(number)
    told.send(number)
    writer.close()
    store.close()
