"""News of the installation itself, told once: what was told last is remembered in `meta`, in the transaction
that puts the news into the outbox."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from cascadewatch.store import dialect, leases, outbox
from cascadewatch.store.engine import Store
from cascadewatch.store.tables import meta

OTHER_LEADS = "another worker leads"


class News(NamedTuple):
    """What is to be told, and what is remembered of it under which key of `meta`."""

    key: str
    value: str
    kind: str
    transition: int
    channels: Sequence[str]


def last(connection: Connection, key: str) -> str | None:
    """What was remembered of the last news; None before the first."""
    return connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()


def tell(store: Store, news: News, now: int, lease: leases.Lease | None) -> str:
    """Remembers the news and puts it into the outbox; says to how many, or that another worker does so."""
    with store.writing() as connection:
        if lease is not None and not leases.still(connection, lease, now):
            return OTHER_LEADS
        connection.execute(delete(meta).where(meta.c.key == news.key))
        dialect.insert(connection, meta, [(news.key, news.value)])
        outbox.enqueue(
            connection, episode=0, transition=news.transition, kind=news.kind, channels=news.channels, now=now
        )
    return f"told to {len(news.channels)} channels"
