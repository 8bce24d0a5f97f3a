"""The database of the settings, ready to be used."""

from cascadewatch.settings import Settings
from cascadewatch.store import migrate
from cascadewatch.store.engine import Store


def open_store(settings: Settings, now: int) -> Store:
    """The database of the settings, created or upgraded where that is safe.

    Raises SchemaError where a person must decide (`migrate.prepare`), BusyError while it is out
    of reach.
    """
    store = Store(settings.database_url)
    try:
        migrate.prepare(store, settings, now)
    except BaseException:
        store.close()
        raise
    return store
