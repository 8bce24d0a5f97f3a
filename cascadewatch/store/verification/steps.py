"""Into which bin a number falls, worked out inside the database, for `verify`.

Edges are doubles, found once: the smallest number of each bin. So no logarithm of another library has to
agree with Python's in the last digit.
"""

import math
from bisect import bisect_right
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Double,
    Integer,
    Subquery,
    case,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from cascadewatch.metrics.measures import (
    LATENCY_BINS_PER_DECADE,
    SCORE_BINS,
    latency_bin,
    latency_edge,
    score_bin,
)
from cascadewatch.store import dialect

DECADES = 11  # of milliseconds: 16 attempts and verdicts of a week each have fewer


def make_known(connection: Connection) -> None:
    """Registers on this SQLite connection the Python functions that `verify` uses: one per bin table and the
    aggregate `added_up`. Postgres has functions of its own for both."""
    if dialect.is_sqlite(connection):
        driver: Any = connection.connection.driver_connection
        for name in _EDGES:
            driver.create_function(name, 1, partial(place, name), deterministic=True)
        driver.create_aggregate("added_up", 2, AddedUp)


class Steps:
    """How the bins are asked for."""

    def __init__(self, sqlite: bool) -> None:
        self.sqlite = sqlite

    def latency(self, milliseconds: Any) -> ColumnElement[int]:
        """The bin of a latency; NULL for one that is not known."""
        return self._place("latency_place", milliseconds)

    def score(self, score: Any) -> ColumnElement[int]:
        """The bin of a score in [0, 1]."""
        return self._place("score_place", score)

    def _place(self, name: str, number: Any) -> ColumnElement[int]:
        if self.sqlite:
            found: ColumnElement[int] = getattr(func, name)(number, type_=Integer)
            return found
        return func.width_bucket(number, literal(_EDGES[name](), ARRAY(Double)), type_=Integer) - 1

    def added_up(self, parts: Subquery) -> ColumnElement[float]:
        """The sum of `ms` in the order of `position`, so that it is the same to the last digit; NULL where
        one is not known."""
        place, ms = parts.c.position, parts.c.ms
        if self.sqlite:
            total: Any = func.added_up(place, ms, type_=Double)
        else:
            in_order: Any = aggregate_order_by(ms, place)
            total = case((func.count() == func.count(ms), func.sum(in_order, type_=Double)))
        return select(total).select_from(parts).scalar_subquery()


class AddedUp:
    """SQLite's own `sum` neither promises an order nor adds as plainly as Python does."""

    def __init__(self) -> None:
        self.parts: list[tuple[int, float | None]] = []

    def step(self, place: int, ms: float | None) -> None:
        """Takes one part in."""
        self.parts.append((place, ms))

    def finalize(self) -> float | None:
        """The sum."""
        total = 0.0
        for _, ms in sorted(self.parts, key=lambda part: part[0]):
            if ms is None:
                return None
            total += ms
        return total


def place(name: str, number: float | None) -> int | None:
    """The bin of a number: how many edges are not above it, counted from 0."""
    return None if number is None else bisect_right(_EDGES[name](), number) - 1


@cache
def _latency_edges() -> list[float]:
    return [_edge(latency_bin, b, latency_edge(b)) for b in range(DECADES * LATENCY_BINS_PER_DECADE)]


@cache
def _score_edges() -> list[float]:
    return [_edge(lambda s: score_bin(s) or 0, b, b / SCORE_BINS) for b in range(SCORE_BINS)]


_EDGES: dict[str, Callable[[], list[float]]] = {
    "latency_place": _latency_edges, "score_place": _score_edges,
}  # fmt: skip


def _edge(bin_of: Callable[[float], int], b: int, about: float) -> float:
    """The smallest number of bin `b`, which lies close to `about`."""
    while about > 0 and bin_of(about) >= b:
        about = math.nextafter(about, -1.0)
    while bin_of(about) < b:
        about = math.nextafter(about, math.inf)
    return about
