"""The order of tiers that a database has come to, and events of tiers that meet no other."""

from typing import Any

from cascadewatch.model import Event, Usage
from cascadewatch.store.reads import annotations, known
from tests.model.events import NOON, attempt, event
from tests.store.opened import DAY, Opened

TOKENS = Usage(input=1_000, output=100)


def order(opened: Opened) -> tuple[str, ...]:
    with opened.store.reading() as connection:
        return known(connection, opened.settings).cascades["support"].order.names


def marks(opened: Opened) -> list[str]:
    with opened.store.reading() as connection:
        return [m.text for m in annotations(connection, 0, NOON + DAY)]


def alone(name: str, tier: str, **fields: Any) -> Event:
    return event(name, attempt(tier, "accept", usage=TOKENS, **fields))
