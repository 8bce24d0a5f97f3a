"""Learns the order of tiers from events, and derives held events anew when it changes."""

from collections.abc import Iterable
from functools import reduce
from operator import sub
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from cascadewatch.model import Attempt, Event, TierOrder
from cascadewatch.order import met
from cascadewatch.pricing import PriceBook, attempt_cost
from cascadewatch.pricing.charge import NOT_BILLED_STATUSES
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


Sums = dict[str, tuple[int, int]]  # by tier: nano-dollars, and how many answers they paid


def counted(connection: Connection, cascade: str) -> Sums:
    """The tiers of all events that were ever counted, so of all that are held, replays too. Failures that
    cost nothing are no answers: a tier known by them alone is not the cheapest."""
    t = ROLLUPS["attempts"].tiers["day"].c
    answers = func.sum(reduce(sub, (t[name] for name in sorted(NOT_BILLED_STATUSES)), t.priced))
    rows: Any = connection.execute(
        select(t.tier, func.sum(t.cost), answers).where(t.cascade == cascade, t.route == ALL).group_by(t.tier)
    )
    return {tier: (int(cost), int(n)) for tier, cost, n in rows}


def mean_costs(held: Sums, new: Iterable[Event], book: PriceBook) -> dict[str, float | None]:
    """Mean cost per priced answer of each tier in nano-dollars, for tiers that never met; events
    about to be stored count in."""
    sums = dict(held)
    for event in new:
        for attempt in event.attempts:
            price = attempt_cost(attempt, event.millis, book)
            cost, n = sums.get(attempt.tier, (0, 0))
            n += (price.cost is not None) - (attempt.status in NOT_BILLED_STATUSES)
            sums[attempt.tier] = (cost + (price.cost or 0), n)
    return {tier: cost / n if n > 0 else None for tier, (cost, n) in sums.items()}


def finds_a_place(cascade: CascadeState, new: Iterable[Event], book: PriceBook) -> bool:
    """Whether these events give a cost to a model tier that had no place for want of one, while that keeps
    the cascade from having a flagship."""
    order = cascade.order
    if cascade.configured or order.flagship is not None:
        return False
    models = {name for name, tier in cascade.tiers.items() if tier.kind == "model"}
    waiting = models - met(cascade.pairs) - {order.cheap}
    return bool(waiting) and any(
        a.status not in NOT_BILLED_STATUSES and attempt_cost(a, event.millis, book).cost is not None
        for event in new
        for a in event.attempts
        if a.tier in waiting
    )


class Settled(NamedTuple):
    """What a decision means for the events held: whether there may be any, whether it derives them
    otherwise, and whether there was no order before."""

    held: bool
    outdated: bool
    first: bool


def settle(connection: Connection, state: State, name: str, new: Iterable[Event], book: PriceBook) -> Settled:
    """Decides the order anew and stores it."""
    cascade = state.cascade(name)
    before, held = cascade.order, counted(connection, name)
    cascade.order = cascade.decide(mean_costs(held, new, book))
    if cascade.order != before or cascade.decided_for != cascade.configured:
        cascade.decided_for = cascade.configured
        connection.execute(tables.meta.delete().where(tables.meta.c.key == ORDER + name))
        dialect.insert(connection, tables.meta, [(ORDER + name, cascade.stored())])
    return Settled(bool(held), said_of(held, before) != said_of(held, cascade.order), not before.names)


def said_of(held: Sums, order: TierOrder) -> tuple[list[str], str | None, str | None]:
    """The part of an order that stored events' derived columns depend on: cheap tier, flagship, and the
    relative order of the cheap tier and the tiers in `held`. A tier no stored event has may be inserted
    anywhere."""
    names = [name for name in order.names if name in held or name == order.cheap]
    return names, order.cheap, order.flagship
