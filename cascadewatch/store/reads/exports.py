"""What can be exported: the columns of each kind of row, and the rows themselves, some at a time."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, Select, case, func, or_, select

from cascadewatch.metrics.measures import ATTEMPT_MEASURES, CALLER_MEASURES, EVENT_MEASURES, PARTS
from cascadewatch.store.alert_tables import episodes
from cascadewatch.store.cells import ALL
from cascadewatch.store.replay_tables import reports
from cascadewatch.store.rollup_tables import ROLLUPS
from cascadewatch.store.tables import annotations, attempts, events, labels

Kind = Literal["text", "whole", "number", "flag", "time", "usd"]  # `time` is epoch ms, `usd` nano-dollars
AT_ONCE = 2_000  # rows in memory


class Column(NamedTuple):
    """One column of an export, under its name there."""

    name: str
    kind: Kind
    source: ColumnElement[Any]


class Export(NamedTuple):
    """One kind of row. A range of times is one of `time`."""

    columns: tuple[Column, ...]
    tables: FromClause
    time: ColumnElement[Any]
    order: tuple[ColumnElement[Any], ...]
    cascade: ColumnElement[Any]
    where: tuple[ColumnElement[bool], ...] = ()


class Range(NamedTuple):
    """Which rows: from `start` up to `end` (epoch ms), of one cascade or of all."""

    start: int
    end: int
    cascade: str | None = None


def rows(connection: Connection, export: Export, which: Range) -> Iterator[Sequence[Sequence[Any]]]:
    """The rows in a steady order, AT_ONCE in memory; values as stored."""
    statement = _where(select(*(c.source for c in export.columns)).select_from(export.tables), export, which)
    found = connection.execute(
        statement.order_by(*export.order), execution_options={"yield_per": AT_ONCE, "stream_results": True}
    )
    yield from found.partitions()


def count(connection: Connection, export: Export, which: Range) -> int:
    """How many rows that are."""
    statement = _where(select(func.count()).select_from(export.tables), export, which)
    return int(connection.execute(statement).scalar_one())


def _where(statement: Select[Any], export: Export, which: Range) -> Select[Any]:
    statement = statement.where(*export.where, export.time >= which.start, export.time < which.end)
    return statement if which.cascade is None else statement.where(export.cascade == which.cascade)


def _columns(table: Any, kind: Kind, *names: str) -> Iterator[Column]:
    """Columns under the names they are stored by; `stored>shown` gives another."""
    for name in names:
        stored, _, shown = name.partition(">")
        yield Column(shown or stored, kind, table.c[stored])


def _of_event(*, time: bool = True) -> Iterator[Column]:
    yield from _columns(events, "text", "id>event", "source")
    if time:
        yield from _columns(events, "time", "time")
    yield from _columns(events, "text", "cascade", "route", "origin")


def _events() -> Export:
    total: Any = sum((events.c[f"cost_{part}"] for part in PARTS[1:]), events.c[f"cost_{PARTS[0]}"])
    known = or_(events.c.priced == events.c.priceable, total > 0)  # as metrics/coverage.py has it

    def usd(name: str, nano: Any) -> Column:
        return Column(name, "usd", case((known, nano), else_=None))

    return Export(
        (
            *_columns(events, "text", "id", "source"),
            *_columns(events, "time", "time", "received"),
            *_columns(events, "text", "cascade", "route", "origin", "caller", "session", "revision"),
            *_columns(events, "text", "path", "cause", "served_tier"),
            *_columns(events, "flag", "completed", "judged", "escalated", "exhausted"),
            *_columns(events, "whole", "escalations", "retries"),
            *_columns(events, "number", "latency_ms"),
            usd("cost_usd", total),
            *(usd(f"cost_{part}_usd", events.c[f"cost_{part}"]) for part in PARTS),
            Column("priced", "flag", events.c.priced == events.c.priceable),
            *_columns(events, "text", "tags"),
        ),
        events, events.c.time, (events.c.time, events.c.seq), events.c.cascade,
    )  # fmt: skip


def _attempts() -> Export:
    tokens = ("input", "cache_read", "cache_write", "output", "reasoning")
    return Export(
        (
            *_of_event(),
            *_columns(attempts, "whole", "position"),
            *_columns(attempts, "text", "tier", "kind", "provider", "model", "service_tier", "status"),
            *_columns(attempts, "whole", *tokens),
            *_columns(attempts, "usd", "cost>cost_usd"),
            *_columns(attempts, "text", "price_source"),
            *_columns(attempts, "number", "latency_ms"),
            *_columns(attempts, "text", "outcome", "verifier", "mechanism", "reason"),
            *_columns(attempts, "number", "score", "threshold"),
            *_columns(attempts, "text", "verify_provider", "verify_model", "verify_service_tier"),
            *_columns(attempts, "whole", *(f"verify_{name}" for name in tokens)),
            *_columns(attempts, "usd", "verify_cost>verify_cost_usd"),
            *_columns(attempts, "text", "verify_price_source"),
            *_columns(attempts, "number", "verify_latency_ms"),
        ),
        events.join(attempts, attempts.c.event == events.c.seq),
        events.c.time, (events.c.time, events.c.seq, attempts.c.position), events.c.cascade,
    )  # fmt: skip


def _labels() -> Export:
    return Export(
        (
            *_of_event(),
            *_columns(labels, "whole", "attempt"),
            *_columns(labels, "text", "source>label_source"),
            *_columns(labels, "flag", "correct"),
            *_columns(labels, "text", "sampling"),
            *_columns(labels, "number", "probability"),
            *_columns(labels, "time", "time>labelled"),
        ),
        events.join(labels, labels.c.event == events.c.seq),
        events.c.time, (events.c.time, events.c.seq, labels.c.attempt, labels.c.source), events.c.cascade,
    )  # fmt: skip


def _rollup(family: str, tier: str, wholes: Iterable[str], money: Iterable[str]) -> Export:
    """A table of sums without its rows over all routes, which would count everything twice."""
    table = ROLLUPS[family].tiers[tier]
    named = [name for name in ROLLUPS[family].dimensions if name not in ("bucket", "correct")]
    correct = _columns(table, "flag", "correct") if "correct" in table.c else ()
    columns = (
        *_columns(table, "time", "bucket>start"),
        *_columns(table, "text", *named),
        *correct,
        *_columns(table, "whole", *wholes),
        *_columns(table, "usd", *(f"{name}>{name}_usd" for name in money)),
    )
    each = (table.c.route != ALL,) if "route" in table.c else ()
    return Export(columns, table, table.c.bucket, tuple(table.primary_key), table.c.cascade, each)


def _episodes() -> Export:
    return Export(
        (
            *_columns(episodes, "whole", "seq>id"),
            *_columns(episodes, "text", "rule", "kind", "metric", "cascade", "route", "direction"),
            *_columns(episodes, "text", "severity", "state"),
            *_columns(episodes, "time", "since", "opened", "easing", "resolved", "acknowledged"),
            *_columns(episodes, "text", "acknowledged_by"),
            *_columns(episodes, "whole", "parent"),
            *_columns(episodes, "text", "detail"),
        ),
        episodes, episodes.c.opened, (episodes.c.opened, episodes.c.seq), episodes.c.cascade,
    )  # fmt: skip


def _annotations() -> Export:
    named = _columns(annotations, "text", "cascade", "route", "kind", "text", "author")
    columns = (*_columns(annotations, "time", "time"), *named)
    t = annotations.c
    return Export(columns, annotations, t.time, (t.time, t.seq), t.cascade)


def _reports() -> Export:
    columns = (
        *_columns(reports, "whole", "seq>id"),
        *_columns(reports, "text", "name", "cascade"),
        *_columns(reports, "time", "created"),
        *_columns(reports, "text", "verdict", "body"),
    )
    return Export(columns, reports, reports.c.created, (reports.c.created, reports.c.seq), reports.c.cascade)


_COUNTS = [
    name for name in EVENT_MEASURES[: EVENT_MEASURES.index("comparable")] if not name.startswith("cost_")
]
_COSTS = [f"cost_{part}" for part in PARTS]
_PAID = ("cost", "verify_cost", "extra_cost")

EXPORTS: dict[str, Export] = {
    "events": _events(),
    "attempts": _attempts(),
    "labels": _labels(),
    **{f"rollups.{tier}": _rollup("events", tier, _COUNTS, _COSTS) for tier in ("minute", "quarter", "day")},
    **{
        f"tiers.{tier}": _rollup(
            "attempts", tier, [m for m in ATTEMPT_MEASURES if m not in _PAID], ("cost", "verify_cost")
        )
        for tier in ("minute", "quarter", "day")
    },
    "quality.day": _rollup("labels", "day", ("labels", "n"), ()),
    "callers.day": _rollup(
        "callers", "utc_day", [m for m in CALLER_MEASURES if m not in _PAID], ("cost", "extra_cost")
    ),
    "episodes": _episodes(),
    "annotations": _annotations(),
    "reports": _reports(),
}
ALIASES = {"rollups": "rollups.day", "tiers": "tiers.day", "quality": "quality.day", "callers": "callers.day"}
