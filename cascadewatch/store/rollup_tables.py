"""The rollup tables, made from the tuples of metrics/measures.py."""

from typing import NamedTuple

from sqlalchemy import Table, Text

from cascadewatch.metrics.measures import (
    ATTEMPT_MEASURES,
    CALLER_MEASURES,
    EVENT_MEASURES,
    LABEL_MEASURES,
)
from cascadewatch.store.tables import big, key, metadata


class Rollup(NamedTuple):
    """One family of rollup tables: the same columns in each tier it is kept in."""

    dimensions: tuple[str, ...]
    measures: tuple[str, ...]
    tiers: dict[str, Table]


_SERIES = ("cascade", "origin", "route", "bucket")  # route "" is the sum over all routes
_WHOLE = {"bucket", "bin", "correct"}


def _rollup(
    family: str, dimensions: tuple[str, ...], measures: tuple[str, ...], kept: tuple[str, ...]
) -> Rollup:
    built = {}
    for tier in kept:
        built[tier] = Table(
            f"rollup_{family}_{tier}",
            metadata,
            *(key(name, int if name in _WHOLE else Text) for name in dimensions),
            *(big(name) for name in measures),
            sqlite_with_rowid=False,
        )
    return Rollup(dimensions, measures, built)


ROLLUPS: dict[str, Rollup] = {
    "events": _rollup("events", (*_SERIES, "revision"), EVENT_MEASURES, ("minute", "quarter", "day")),
    "attempts": _rollup(
        "attempts",
        (*_SERIES, "revision", "tier", "model", "verifier"),
        ATTEMPT_MEASURES,
        ("minute", "quarter", "day"),
    ),
    "bins": _rollup("bins", (*_SERIES, "family", "label", "bin"), ("n",), ("quarter", "day")),
    "labels": _rollup(
        "labels",
        (*_SERIES, "source", "sampling", "role", "outcome", "path", "correct"),
        LABEL_MEASURES,
        ("quarter", "day"),
    ),
    "callers": _rollup(
        "callers", ("cascade", "origin", "bucket", "caller"), CALLER_MEASURES, ("hour", "utc_day")
    ),
}
