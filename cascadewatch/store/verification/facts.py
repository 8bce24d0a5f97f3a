"""Compares what is derived of each event with its attempts.

Events of a cascade have few shapes: the database groups them by what their attempts say, and by what was
derived of it, and each group is derived once. Costs differ from event to event: the database adds those up
itself, knowing how the tiers stand to the cheap one.

Not compared: `latency_ms` and `completed`, which a sender may have said, and `counterfactual_…`, which rest
on the flagship's price as it was known when the event was derived.
"""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from cascadewatch.model import Attempt, Event, TierOrder, Verdict, derive
from cascadewatch.moments import EPOCH
from cascadewatch.store.rows import NOT_PRICEABLE, fact_columns
from cascadewatch.store.rowtypes import EventRow
from cascadewatch.store.state import State
from cascadewatch.store.tables import attempts, events
from cascadewatch.store.verification.check import Check
from cascadewatch.store.verification.columns import a, e, flag, known, spent, when
from cascadewatch.store.verification.statements import Kind, Statement

TOGETHER = 50_000  # events looked at in one go
FOREVER = 2**62
_FACTS = EventRow._fields[EventRow._fields.index("path") : EventRow._fields.index("flagship_index")]
_TOLD = (*_FACTS, "flagship_index", "comparable")
_PLACES = ("cheap_index", "served_index", "flagship_index")
_FIRST, _LAST = bindparam("first", type_=BigInteger), bindparam("last", type_=BigInteger)
_STANDING = ("cascade", "tier", "height")  # of a tier above the cheap one; negative below
_NOTHING: Any = literal_column("0")


def compare(connection: Connection, state: State, check: Check, going_on: Callable[[], None]) -> None:
    """Every event after the raw horizon; `going_on` is called between stretches, and may end it."""
    low, high = connection.execute(select(func.min(events.c.seq), func.max(events.c.seq))).one()
    kind = Kind(connection.dialect.name, frozenset())
    statement, given = _shapes(kind), {"since": state.horizons.raw} | _standing(state, kind)
    for first in range(low or 0, (high or -1) + 1, TOGETHER):
        going_on()
        for row in statement.ask(connection, first=first, last=first + TOGETHER - 1, **given):
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
    facts = _derived(shape, bool(row.completed), bool(row.even), order)
    stored = tuple(row._mapping[name] for name in _TOLD)
    if facts != stored:
        check.miss(f"event {row.example!r}: facts {stored} should be {facts}", row.events)
    if row.wrong is not None:
        check.miss(f"event {row.example!r}: {row.wrong} is not what its attempts add up to", row.events)


def _derived(shape: list[list[Any]], completed: bool, even: bool, order: TierOrder) -> tuple[Any, ...]:
    """What should stand in _TOLD; `even` is whether all that costs has a price."""
    tried = [
        Attempt(tier, kind, status=status, verdict=None if outcome is None else Verdict(outcome))
        for _, tier, kind, status, outcome in shape
    ]
    facts = derive(Event("", EPOCH, "", tried, completed=completed), order)
    answered = [i for i, a in enumerate(tried) if a.tier == order.flagship and a.status == "ok"]
    comparable = even and facts.path != "cached" and order.flagship is not None
    return (*fact_columns(facts), answered[-1] if answered else None, int(comparable))


def _standing(state: State, kind: Kind) -> dict[str, Any]:
    """How the tiers of all cascades stand to the cheap one, as the statement takes it."""
    rows = [
        (name, tier, order.names.index(tier) - order.names.index(order.cheap))
        for name, order in ((name, cascade.order) for name, cascade in state.cascades.items())
        if order.cheap is not None
        for tier in order.names
    ]
    if kind.sqlite:
        return {"standing": json.dumps(rows)}
    return {name: [row[i] for row in rows] for i, name in enumerate(_STANDING)}


def _standing_table(kind: Kind) -> FromClause:
    if not kind.sqlite:
        lists = [bindparam(name, type_=ARRAY(Integer if name == "height" else Text)) for name in _STANDING]
        return func.unnest(*lists).table_valued(*_STANDING).render_derived()
    given = func.json_each(bindparam("standing", type_=Text)).table_valued("value")
    parts = [
        func.json_extract(given.c.value, literal_column(f"'$[{i}]'")).label(name)
        for i, name in enumerate(_STANDING)
    ]
    return select(*parts).limit(FOREVER).subquery()  # with a limit it is read once, not for each attempt


@cache
def _shapes(kind: Kind) -> Statement:
    """Groups of events that are alike, of a range of keys."""
    standing = _standing_table(kind)
    said = (a.position, a.tier, a.kind, a.status, a.outcome)
    shape: Any = func.json_group_array(func.json_array(*said))
    if not kind.sqlite:
        shape = cast(func.json_agg(aggregate_order_by(func.json_build_array(*said), a.position)), Text)
    alike = [e[name] for name in ("cascade", *_TOLD)]
    height: Any = standing.c.height
    single = (
        select(*alike, e.id, shape.label("shape"), _wrong(height).label("wrong"))
        .add_columns(flag(e.priced == e.priceable).label("even"))
        .join_from(events, attempts, a.event == e.seq)
        .outerjoin(standing, and_(standing.c.cascade == e.cascade, standing.c.tier == a.tier))
        .where(e.seq.between(_FIRST, _LAST), a.event.between(_FIRST, _LAST))
        .where(e.time >= bindparam("since", type_=BigInteger))
        .group_by(e.seq)
        .subquery()
    )
    by = [column for column in single.c if column.name != "id"]
    numbers = (func.count().label("events"), func.min(single.c.id).label("example"))
    return kind.worded(select(*by, *numbers).group_by(*by))


def _wrong(height: Any) -> ColumnElement[Any]:
    """The first column of an event that is not what its attempts add up to; NULL where all are."""
    cost, verify = known(a.cost), known(a.verify_cost)
    asked = and_(a.outcome.is_not(null()), a.verify_price_source.is_distinct_from(NOT_PRICEABLE))
    priced = flag(a.cost.is_not(null())) + flag(and_(asked, a.verify_cost.is_not(null())))
    above = _sum(when(height > _NOTHING, cost))
    wanted = {
        "cost_cheap": _sum(when(height == _NOTHING, cost)),
        "cost_verify": _sum(when(asked, verify)),
        **{f"cost_{path}": when(e.path == path, above) for path in ("escalated", "fallback", "routed")},
        "extra_cost": _sum(when(a.position > e.cheap_index, cost + verify)),
        "priceable": _sum(literal_column("1") + flag(asked)),
        "priced": _sum(priced),
    }
    odd: list[Any] = [(e[name] != should, literal_column(f"'{name}'")) for name, should in wanted.items()]
    rest: Any = (spent() != _sum(cost + verify), literal_column("'cost_other'"))  # as the others are right
    return case(*odd, rest, else_=null())


def _sum(numbers: Any) -> ColumnElement[int]:
    return func.sum(numbers, type_=BigInteger)
