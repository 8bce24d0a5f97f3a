"""Compares what is derived of each event with its attempts.

Events of a cascade have few shapes: the database groups them by what their attempts say, and by what was
derived of it, and each group is derived once.
"""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Text, bindparam, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from cascadewatch.model import EPOCH, Attempt, Event, TierOrder, Verdict, derive
from cascadewatch.store.rows import fact_columns
from cascadewatch.store.rowtypes import EventRow
from cascadewatch.store.state import State
from cascadewatch.store.tables import attempts, events
from cascadewatch.store.verification.check import Check
from cascadewatch.store.verification.columns import spent
from cascadewatch.store.verification.statements import Kind, Statement

TOGETHER = 50_000  # events looked at in one go
_FACTS = EventRow._fields[EventRow._fields.index("path") : EventRow._fields.index("flagship_index")]
_PLACES = ("cheap_index", "served_index", "flagship_index")
_FIRST, _LAST = bindparam("first", type_=BigInteger), bindparam("last", type_=BigInteger)


def compare(connection: Connection, state: State, check: Check, going_on: Callable[[], None]) -> None:
    """Every event after the raw horizon; `going_on` is called between stretches, and may end it."""
    low, high = connection.execute(select(func.min(events.c.seq), func.max(events.c.seq))).one()
    statement, since = _shapes(Kind(connection.dialect.name, frozenset())), state.horizons.raw
    for first in range(low or 0, (high or -1) + 1, TOGETHER):
        going_on()
        for row in statement.ask(connection, first=first, last=first + TOGETHER - 1, since=since):
            _compare_group(state, check, row)


def _compare_group(state: State, check: Check, row: Any) -> None:
    """Some events that are alike; the one named as an example stands for them."""
    check.compared += row.events
    shape = sorted(json.loads(row.shape) if isinstance(row.shape, str) else row.shape)
    last = max(row._mapping[place] or 0 for place in _PLACES)
    if [position for position, *_ in shape] != list(range(len(shape))) or len(shape) <= last:
        check.miss(f"event {row.example!r}: attempts are missing", row.events)
        return
    order = state.cascade(row.cascade).order
    facts, stored = _derived(shape, bool(row.completed), order), tuple(row._mapping[name] for name in _FACTS)
    if facts != stored:
        check.miss(f"event {row.example!r}: facts {stored} should be {facts}", row.events)
    if row.rest:
        what = f"event {row.example!r}: parts sum to {int(row.rest)} nano-dollars more than attempts"
        check.miss(what, row.events)


def _derived(shape: list[list[Any]], completed: bool, order: TierOrder) -> tuple[Any, ...]:
    tried = [
        Attempt(tier, kind, status=status, verdict=None if outcome is None else Verdict(outcome))
        for _, tier, kind, status, outcome in shape
    ]
    return fact_columns(derive(Event("", EPOCH, "", tried, completed=completed), order))


@cache
def _shapes(kind: Kind) -> Statement:
    """Groups of events that are alike, of a range of keys."""
    a, e = attempts.c, events.c
    said = (a.position, a.tier, a.kind, a.status, a.outcome)
    nothing: Any = literal_column("0")
    paid = func.sum(func.coalesce(a.cost, nothing) + func.coalesce(a.verify_cost, nothing), type_=BigInteger)
    shape: Any = func.json_group_array(func.json_array(*said))
    if not kind.sqlite:
        shape = cast(func.json_agg(aggregate_order_by(func.json_build_array(*said), a.position)), Text)
    tried = (
        select(a.event, shape.label("shape"), paid.label("paid"))
        .where(a.event.between(_FIRST, _LAST))
        .group_by(a.event)
        .subquery()
    )
    alike = [e.cascade, tried.c.shape, (spent() - tried.c.paid).label("rest"), e.flagship_index]
    alike += [e[name] for name in _FACTS]
    return kind.worded(
        select(*alike, func.count().label("events"), func.min(e.id).label("example"))
        .select_from(events.join(tried, tried.c.event == e.seq))
        .where(e.seq.between(_FIRST, _LAST), e.time >= bindparam("since", type_=BigInteger))
        .group_by(*alike)
    )
