"""Learns the order of tiers from events, and derives held events anew when it changes."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from cascadewatch.model import Attempt, Event
from cascadewatch.pricing import PriceBook, attempt_cost
from cascadewatch.store import dialect, tables
from cascadewatch.store.cells import ALL
from cascadewatch.store.rollup_tables import ROLLUPS
from cascadewatch.store.state import ORDER, CascadeState, State, Tier


class Learned(NamedTuple):
    """What some events taught: something that may change the order or make the flagship's price
    known, or that a tier has a newer model."""

    order: bool
    models: bool


def learn(cascade: CascadeState, events: Iterable[Event]) -> Learned:
    """Takes note of tiers, of which follows which, and of their newest models."""
    order = models = False
    for event in events:
        previous, time = None, event.millis
        for attempt in event.attempts:
            tier = attempt.tier
            new_order, new_models = _meet(cascade, attempt, time)
            order |= new_order
            models |= new_models
            if previous is not None and previous != tier and (previous, tier) not in cascade.pairs:
                cascade.pairs.add((previous, tier))
                order = True
            previous = tier
    return Learned(order, models)


_NOTHING = Learned(False, False)


def _meet(cascade: CascadeState, attempt: Attempt, time: int) -> Learned:
    known = cascade.tiers.get(attempt.tier)
    if known is None:
        cascade.tiers[attempt.tier] = Tier(
            attempt.kind, attempt.provider, attempt.model, None if attempt.model is None else time
        )
        return Learned(True, True)
    if attempt.model is None or (known.model_time is not None and time <= known.model_time):
        return _NOTHING  # history coming in late does not change what the newest model is
    before = known.model
    known.provider, known.model, known.model_time = attempt.provider, attempt.model, time
    return _NOTHING if before == attempt.model else Learned(before is None, True)


def save(connection: Connection, name: str, cascade: CascadeState) -> None:
    """Stores what `learn` found."""
    for table in (tables.tiers, tables.tier_pairs):
        connection.execute(table.delete().where(table.c.cascade == name))
    rows = [(name, t, x.kind, x.provider, x.model, x.model_time) for t, x in cascade.tiers.items()]
    dialect.insert(connection, tables.tiers, rows)
    dialect.insert(connection, tables.tier_pairs, [(name, a, b) for a, b in cascade.pairs])


def mean_costs(
    connection: Connection, cascade: str, new: Iterable[Event], book: PriceBook
) -> dict[str, float | None]:
    """Mean cost per priced attempt of each tier in nano-dollars, for tiers that never met; events
    about to be stored count in."""
    table = ROLLUPS["attempts"].tiers["day"]
    rows: Any = connection.execute(
        select(table.c.tier, func.sum(table.c.cost), func.sum(table.c.priced))
        .where(table.c.cascade == cascade, table.c.route == ALL)
        .group_by(table.c.tier)
    )
    sums = {tier: (int(cost), int(n)) for tier, cost, n in rows}
    for event in new:
        for attempt in event.attempts:
            price = attempt_cost(attempt, event.millis, book)
            if price.cost is not None:
                cost, n = sums.get(attempt.tier, (0, 0))
                sums[attempt.tier] = (cost + price.cost, n + 1)
    return {tier: cost / n if n else None for tier, (cost, n) in sums.items()}


def settle(
    connection: Connection, state: State, name: str, new: Iterable[Event], book: PriceBook
) -> tuple[bool, bool]:
    """Decides the order anew and stores it; (it changed, there was another order before)."""
    cascade = state.cascade(name)
    before = cascade.order
    cascade.order = cascade.decide(mean_costs(connection, name, new, book))
    if cascade.order == before and cascade.decided_for == cascade.configured:
        return False, False
    cascade.decided_for = cascade.configured
    connection.execute(tables.meta.delete().where(tables.meta.c.key == ORDER + name))
    dialect.insert(connection, tables.meta, [(ORDER + name, cascade.stored())])
    return cascade.order != before, bool(before.names)
