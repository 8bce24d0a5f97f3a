"""Learns the order of tiers from events, and derives held events anew when it changes."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, func, select

from cascadewatch.model import Attempt, Event
from cascadewatch.store import dialect, tables
from cascadewatch.store.cells import ALL
from cascadewatch.store.rollup_tables import ROLLUPS
from cascadewatch.store.state import ORDER, CascadeState, State, Tier


def learn(cascade: CascadeState, events: Iterable[Event]) -> bool:
    """Takes note of tiers, of which follows which, and of their newest models.

    Returns whether something new was seen that may change the order or the flagship's price.
    """
    news = False
    for event in events:
        previous: str | None = None
        for attempt in event.attempts:
            tier = attempt.tier
            news |= _meet(cascade, attempt, event.millis)
            if previous is not None and previous != tier and (previous, tier) not in cascade.pairs:
                cascade.pairs.add((previous, tier))
                news = True
            previous = tier
    return news


def _meet(cascade: CascadeState, attempt: Attempt, time: int) -> bool:
    known = cascade.tiers.get(attempt.tier)
    if known is None:
        cascade.tiers[attempt.tier] = Tier(
            attempt.kind, attempt.provider, attempt.model, None if attempt.model is None else time
        )
        return True
    if attempt.model is None or attempt.model == known.model:
        return False
    if known.model_time is not None and time <= known.model_time:
        return False  # history coming in late does not change what the newest model is
    first = known.model is None
    known.provider, known.model, known.model_time = attempt.provider, attempt.model, time
    return first


def save(connection: Connection, name: str, cascade: CascadeState) -> None:
    """Stores what `learn` found."""
    for table in (tables.tiers, tables.tier_pairs):
        connection.execute(table.delete().where(table.c.cascade == name))
    rows = [(name, t, x.kind, x.provider, x.model, x.model_time) for t, x in cascade.tiers.items()]
    dialect.insert(connection, tables.tiers, rows)
    dialect.insert(connection, tables.tier_pairs, [(name, a, b) for a, b in cascade.pairs])


def mean_costs(connection: Connection, cascade: str) -> dict[str, float | None]:
    """Mean cost per priced attempt of each tier in nano-dollars, for tiers that never met."""
    table = ROLLUPS["attempts"].tiers["day"]
    rows: Any = connection.execute(
        select(table.c.tier, func.sum(table.c.cost), func.sum(table.c.priced))
        .where(table.c.cascade == cascade, table.c.route == ALL)
        .group_by(table.c.tier)
    )
    return {tier: float(cost) / float(n) if n else None for tier, cost, n in rows}


def settle(connection: Connection, state: State, name: str) -> tuple[bool, bool]:
    """Decides the order anew and stores it; (it changed, there was another order before)."""
    cascade = state.cascade(name)
    before = cascade.order
    cascade.order = cascade.decide(mean_costs(connection, name))
    if cascade.order == before and cascade.decided_for == cascade.configured:
        return False, False
    cascade.decided_for = cascade.configured
    connection.execute(tables.meta.delete().where(tables.meta.c.key == ORDER + name))
    dialect.insert(connection, tables.meta, [(ORDER + name, cascade.stored())])
    return cascade.order != before, bool(before.names)
