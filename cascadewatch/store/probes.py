"""What only single events say: thresholds, the models behind verifiers, and what models really cost.

A probe reads the last few events before a moment, so that however many there are it costs the same. A
value that holds in one probe and another that holds in a later one are a change; where it happened is
found by halving.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from cascadewatch.drift.diagnosis.material import Change, What
from cascadewatch.store.tables import attempts, events

EVENTS = 40  # of one probe
SETTLED, FEWEST = 0.8, 5  # share and number of those that must say the same
MINUTE = 60_000
NARROWEST = 16  # halvings: a month down to less than a minute
SAME_PRICE = 0.03
USD_PER_1M = 1e-3  # of nano-dollars a token

Key = tuple[What, str]


class Tokens(NamedTuple):
    """What one attempt used and cost (nano-dollars)."""

    input: float
    output: float
    cost: float


class Price(NamedTuple):
    """Nano-dollars a token, as costs and tokens of some attempts give them away, and their sums."""

    input: float
    output: float
    used: Tokens

    def explains(self, tokens: Tokens) -> bool:
        """Whether the cost is that of this price."""
        expected = self.input * tokens.input + self.output * tokens.output
        return abs(tokens.cost - expected) <= SAME_PRICE * tokens.cost

    def __str__(self) -> str:
        return " / ".join(f"${rate * USD_PER_1M:.3g}" for rate in (self.input, self.output))


Value = str | Price
Said = str | Tokens


class Row(NamedTuple):
    """One thing that one event says about a key."""

    time: int
    key: Key
    said: Said


def changed(connection: Connection, cascade: str, moments: Iterable[int]) -> list[Change]:
    """What changed between these moments (epoch ms, ascending), oldest first."""
    found: list[Change] = []
    last: dict[Key, tuple[Value, int]] = {}
    for moment in moments:
        for key, value in settled(probe(connection, cascade, moment)).items():
            if key in last and not _same(last[key][0], value):
                old, since = last[key]
                time = _when(connection, cascade, key, (old, value), (since, moment))
                found.append(Change(*key, str(old), str(value), time))
            last[key] = value, moment
    return sorted(found, key=lambda change: (change.time, change.what, change.subject))


def probe(connection: Connection, cascade: str, before: int, size: int = EVENTS) -> list[Row]:
    """What the last events before a moment say."""
    where = (events.c.cascade == cascade, events.c.origin == "live", events.c.time < before)
    return _rows(connection, where, events.c.time.desc(), size)


def settled(rows: Iterable[Row]) -> dict[Key, Value]:
    """What nearly all of the rows about a key say."""
    said: dict[Key, list[Said]] = {}
    for row in rows:
        said.setdefault(row.key, []).append(row.said)
    values = {key: _value(key, list_) for key, list_ in said.items() if len(list_) >= FEWEST}
    return {key: value for key, value in values.items() if value is not None}


def _value(key: Key, said: list[Any]) -> Value | None:
    if key[0] == "price":
        return price_of(said)
    most = max(sorted(set(said)), key=said.count)
    return most if said.count(most) >= SETTLED * len(said) else None


def price_of(used: list[Tokens]) -> Price | None:
    """Two rates that explain every cost, by least squares; None where none do (a cache, tiers of price).

    Attempts that all have the same proportions cannot tell input from output: one rate for both then.
    """
    sums = Tokens(*(sum(column) for column in zip(*used, strict=True)))
    ii, oo = sum(t.input**2 for t in used), sum(t.output**2 for t in used)
    io = sum(t.input * t.output for t in used)
    ic, oc = sum(t.input * t.cost for t in used), sum(t.output * t.cost for t in used)
    whole = ii * oo - io * io
    if whole > 1e-3 * ii * oo:
        price = Price((ic * oo - oc * io) / whole, (oc * ii - ic * io) / whole, sums)
    else:
        rate = sums.cost / (sums.input + sums.output)
        price = Price(rate, rate, sums)
    fits = sum(price.explains(t) for t in used) >= SETTLED * len(used)
    return price if fits and min(price.input, price.output) > -1e-6 else None


def _same(old: Value, new: Value) -> bool:
    if isinstance(old, Price) and isinstance(new, Price):
        return old.explains(new.used) or new.explains(old.used)
    return old == new


def _when(
    connection: Connection, cascade: str, key: Key, values: tuple[Value, Value], between: tuple[int, int]
) -> int:
    """The first event that says the new, and not the old, between two moments."""
    old, new = values
    low, high = between
    for _ in range(NARROWEST):
        if high - low <= MINUTE:
            break
        middle = (low + high) // 2
        held = settled(probe(connection, cascade, middle)).get(key)
        low, high = (middle, high) if held is not None and _same(old, held) else (low, middle)
    where = (events.c.cascade == cascade, events.c.origin == "live", events.c.time >= low)
    # A few new ones do not unsettle a probe, so the first may lie before `low` too.
    rows = probe(connection, cascade, low) + _rows(connection, where, events.c.time, 5 * EVENTS)
    news = [row.time for row in rows if row.key == key and _says(new, row.said) and not _says(old, row.said)]
    return min(news, default=high)


def _says(value: Value, said: Said) -> bool:
    if isinstance(value, Price):
        return isinstance(said, Tokens) and value.explains(said)
    return value == said


def _rows(connection: Connection, where: tuple[Any, ...], order: Any, size: int) -> list[Row]:
    some = select(events.c.seq, events.c.time).where(*where).order_by(order).limit(size).subquery()
    a = attempts.c
    columns = (a.tier, a.model, a.cost, a.input, a.output, a.cache_read, a.cache_write, a.verifier,
               a.threshold, a.verify_model, a.outcome)  # fmt: skip
    statement = select(some.c.time, *columns).join(attempts, a.event == some.c.seq)
    return [row for one in connection.execute(statement) for row in _said(dict(one._mapping))]


def _said(a: Mapping[str, Any]) -> Iterator[Row]:
    if a["outcome"] is not None:
        who = a["verifier"] or a["tier"]
        if a["threshold"] is not None:
            yield Row(a["time"], ("threshold", who), f"{a['threshold']:g}")
        if a["verify_model"] is not None:
            yield Row(a["time"], ("verifier model", who), a["verify_model"])
    cached = a["cache_read"] or a["cache_write"]
    if a["model"] is not None and a["cost"] and a["input"] and a["output"] is not None and not cached:
        yield Row(a["time"], ("price", a["model"]), Tokens(a["input"], a["output"], a["cost"]))
