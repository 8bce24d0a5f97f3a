"""Costs of held events worked out anew from the prices as they are now, the sums moved by the difference.

    plan(store, writer.around, scope)            what would change
    carry_out(writer, scope, found, by)          changes it, a thousand events in a transaction

A cost that the sender reported stays. An event is either as before or done, and the sums always match, so
that a run that was interrupted is simply run again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from cascadewatch import pricing
from cascadewatch.errors import UsageError
from cascadewatch.store import audit, horizons, ingest, raw, rollup, totals
from cascadewatch.store.cells import Cells
from cascadewatch.store.engine import Store
from cascadewatch.store.rows import NOT_PRICEABLE, Context, Flagship, Rows, event_row
from cascadewatch.store.rowtypes import AttemptRow
from cascadewatch.store.state import State
from cascadewatch.store.stored_event import event_of
from cascadewatch.store.surroundings import Surroundings
from cascadewatch.store.tables import attempts, events
from cascadewatch.store.writes import Writer

PAGE = 1_000  # events of one transaction
Progress = Callable[[int], None]
Part = tuple[str, str, str | None]  # cascade, `answer` or `verdict`, model


class Scope(NamedTuple):
    """Which events (from `start` up to `end`, epoch ms), and the one model whose costs are meant."""

    start: int | None = None
    end: int | None = None
    cascade: str | None = None
    model: str | None = None


@dataclass
class Change:
    """What becomes of some costs; `before` and `after` are sums in nano-dollars."""

    attempts: int = 0
    changed: int = 0
    priced: int = 0  # had no cost, have one now
    unpriced: int = 0
    before: int = 0
    after: int = 0

    def count(self, old: int | None, new: int | None) -> None:
        """Counts one cost in."""
        self.attempts += 1
        self.changed += old != new
        self.priced += old is None and new is not None
        self.unpriced += old is not None and new is None
        self.before += old or 0
        self.after += new or 0


@dataclass
class Plan:
    """What repricing changes. `to_change` counts the events of which any column does: a cost, where it
    comes from, or what the flagship alone would have taken (`flagship_only`)."""

    start: int
    events: int = 0
    to_change: int = 0
    flagship_only: int = 0
    parts: dict[Part, Change] = field(default_factory=lambda: defaultdict(Change))

    def whole(self) -> Change:
        """All parts together."""
        found = Change()
        for part in self.parts.values():
            for name in vars(found):
                setattr(found, name, getattr(found, name) + getattr(part, name))
        return found

    def count(self, held: raw.Held, made: Rows) -> None:
        """Counts one event in, as it is and as it would be."""
        old, new = held.event, made.event
        self.events += 1
        self.to_change += made != held[:2]
        self.flagship_only += (old.counterfactual_input, old.counterfactual_output) != (
            new.counterfactual_input, new.counterfactual_output)  # fmt: skip
        for a, b in zip(held.attempts, made.attempts, strict=True):
            self.parts[old.cascade, "answer", a.model].count(a.cost, b.cost)
            if a.outcome is not None and a.verify_price_source != NOT_PRICEABLE:
                part = self.parts[old.cascade, "verdict", a.verify_model]
                part.count(a.verify_cost, b.verify_cost)


class Prices:
    """The costs of events as they would be now."""

    def __init__(self, connection: Connection, around: Surroundings, model: str | None) -> None:
        self._around = around
        self._model = model
        self.state = State(connection, around.settings)
        self._flagships = {name: _flagships(connection, self.state, name) for name in self.state.cascades}

    def anew(self, held: raw.Held, state: State) -> Rows:
        """The rows of an event at the present prices."""
        e = held.event
        context = self._context(state, e.cascade, e.time)
        event = event_of(e, held.attempts)
        priced = [
            self._priced(row, attempt, e.time, context.book)
            for row, attempt in zip(held.attempts, event.attempts, strict=True)
        ]

        def under(flagship: Flagship | None) -> Rows:
            there = context._replace(flagship=flagship)
            return Rows(event_row(event, priced, e.seq, e.source, e.received, e.origin, there), priced)

        made = under(context.flagship)
        known = _counterfactual(e)
        if known == _counterfactual(made.event):
            return made
        if self._model is not None and (context.flagship is None or context.flagship.model != self._model):
            return _keeping(made, known)
        # The price of a flagship that was in use before or after may be what the event was reckoned with.
        explained = known[0] is not None and any(
            _counterfactual(under(other[0]).event) == known for other in self._flagships.get(e.cascade, ())
        )
        return _keeping(made, known) if explained else made

    def _context(self, state: State, cascade: str, time: int) -> Context:
        context = self._around.context(state.cascade(cascade))
        begun = [flagship for flagship, first in self._flagships.get(cascade, ()) if first <= time]
        flagship = begun[-1] if begun else context.flagship
        return context._replace(flagship=flagship, pseudonym=lambda name: name)  # they are hashed already

    def _priced(self, row: AttemptRow, attempt: Any, time: int, book: pricing.PriceBook) -> AttemptRow:
        if self._model in (None, row.model):
            answer = pricing.attempt_cost(attempt, time, book)
            row = row._replace(cost=answer.cost, price_source=answer.source)
        if attempt.verdict is not None and self._model in (None, row.verify_model):
            said = pricing.verdict_cost(attempt.verdict, time, book)
            cost, source = (None, NOT_PRICEABLE) if said is None else said
            row = row._replace(verify_cost=cost, verify_price_source=source)
        return row


def plan(store: Store, around: Surroundings, scope: Scope, progress: Progress = lambda _n: None) -> Plan:
    """What repricing would change. UsageError for a start before which events are no longer kept whole."""
    with store.reading() as connection:
        prices, found = Prices(connection, around, scope.model), Plan(_start(connection, scope))
    for page in _pages(store, scope, found.start):
        for held in page:
            found.count(held, prices.anew(held, prices.state))
        progress(len(page))
    return found


def carry_out(
    writer: Writer, scope: Scope, found: Plan, by: audit.Actor, progress: Progress = lambda _n: None
) -> int:
    """Changes what the plan found; how many events were changed. With the first of them go the row of the
    audit and the mark on the time line."""
    changed = 0
    with writer.store.reading() as connection:
        prices = Prices(connection, writer.around, scope.model)
    for page in _pages(writer.store, scope, found.start):
        seqs = [held.event.seq for held in page if prices.anew(held, prices.state) != held[:2]]
        if seqs:
            first = partial(_note, scope=scope, found=found, by=by) if not changed else None
            changed += writer.change(partial(_rewrite, prices=prices, seqs=seqs, note=first))
        progress(len(page))
    return changed


def _rewrite(
    connection: Connection, state: State, around: Surroundings, prices: Prices, seqs: Sequence[int],
    note: Callable[..., None] | None,
) -> int:  # fmt: skip
    before: dict[str, Cells] = {}
    after: dict[str, Cells] = {}
    news: list[Rows] = []
    for held in raw.by_seq(connection, seqs):
        made, name = prices.anew(held, state), held.event.cascade
        if made != held[:2]:
            before.setdefault(name, rollup.new_cells(state, name)).add(*held)
            after.setdefault(name, rollup.new_cells(state, name)).add(*made, held.labels)
            news.append(made)
    rollup.replace_rows(connection, news)
    applied = [rollup.apply(connection, sums, -1) for sums in before.values()]
    for name, sums in after.items():
        applied.append(rollup.apply(connection, sums, room=state.cascade(name).room))
    totals.keep(connection, applied)
    if note is not None and news:
        note(connection, now=around.now())
    return len(news)


def _note(connection: Connection, *, scope: Scope, found: Plan, by: audit.Actor, now: int) -> None:
    whole = found.whole()
    about = {"start": found.start or None, "end": scope.end, "model": scope.model}
    subject = scope.cascade or "all cascades"
    before = {"cost_usd": whole.before / 1e9}
    after = {"cost_usd": whole.after / 1e9, "events": found.to_change, "attempts": whole.changed,
             "priced": whole.priced, "unpriced": whole.unpriced, **about}  # fmt: skip
    audit.record(connection, by, "reprice", subject, now, before=before, after=after)
    of = "" if scope.model is None else f" of {scope.model}"
    text = (
        f"Costs{of} were worked out anew: {whole.changed:,} of {whole.attempts:,} changed, "
        f"${whole.before / 1e9:,.2f} is ${whole.after / 1e9:,.2f} now."
    )
    ingest.annotate(connection, now, scope.cascade, None, "reprice", text, by.author)


def _pages(store: Store, scope: Scope, start: int) -> Iterator[list[raw.Held]]:
    """The events of the scope, each page read in a transaction of its own."""
    last = -1
    while True:
        with store.reading() as connection:
            page = raw.page(connection, last, PAGE, start, scope.end, scope.cascade)
        if not page:
            return
        last = page[-1].event.seq
        yield [held for held in page if held.whole]  # `verify` tells of the others


def _start(connection: Connection, scope: Scope) -> int:
    horizon = horizons.stored(connection).raw
    if scope.start is not None and scope.start < horizon:
        raise UsageError(
            "too_old: not all events from then on are still held, so their costs stay as they are; "
            "leave --since out to begin with the oldest day that is"
        )
    return horizon if scope.start is None else scope.start


def _flagships(connection: Connection, state: State, cascade: str) -> list[tuple[Flagship, int]]:
    """The models the flagship had, with the time of the first event of each, in that order."""
    tier = state.cascade(cascade).order.flagship
    if tier is None:
        return []
    first = func.min(events.c.time)
    rows = connection.execute(
        select(attempts.c.provider, attempts.c.model, first)
        .join(events, events.c.seq == attempts.c.event)
        .where(events.c.cascade == cascade, events.c.origin == ingest.LIVE)
        .where(attempts.c.tier == tier, attempts.c.model.is_not(None))
        .group_by(attempts.c.provider, attempts.c.model)
        .order_by(first)
    )
    return [(Flagship(provider, model), time) for provider, model, time in rows]


def _counterfactual(e: Any) -> tuple[int | None, int | None]:
    return e.counterfactual_input, e.counterfactual_output


def _keeping(made: Rows, known: tuple[int | None, int | None]) -> Rows:
    kept = made.event._replace(counterfactual_input=known[0], counterfactual_output=known[1])
    return made._replace(event=kept)
