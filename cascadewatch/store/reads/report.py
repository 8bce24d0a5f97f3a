"""The report: every metric of every cascade and route, as `report --json` and the API give it."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from cascadewatch import metrics
from cascadewatch.errors import UsageError
from cascadewatch.metrics.quality import label_sources
from cascadewatch.metrics.reach import read_note
from cascadewatch.metrics.window import Metric, Window
from cascadewatch.moments import rfc3339, utc
from cascadewatch.settings import Settings
from cascadewatch.store.reads.windows import Reader

QUALITY = "quality"


def report(
    connection: Connection,
    settings: Settings,
    start: int,
    end: int,
    cascade: str | None = None,
    route: str | None = None,
) -> dict[str, Any]:
    """One row per cascade with `route` null, then one per route; `from` and `to` are the range
    really used (edges snap outward to what is kept). UsageError for an unknown cascade or route."""
    reader = Reader(connection, settings)
    span = reader.cover(start, end)
    rows, seen = [], set[str]()
    for name in _chosen(list(reader.known.cascades), cascade, "cascade"):
        whole = reader.window(name, None, span)
        routes = list(reader.routes(name, span))
        seen.update(routes)
        if route is None:
            rows.append(_row(name, None, whole))
        elif cascade is None and route not in routes:
            continue
        rows += [_row(name, r, reader.window(name, r, span)) for r in _chosen(sorted(routes), route, "route")]
    if route is not None and not rows and reader.known.cascades:
        _chosen(sorted(seen), route, "route")
    return {"from": rfc3339(span.start), "to": rfc3339(span.end), "cascades": rows}


def _chosen(names: list[str], wanted: str | None, kind: str) -> list[str]:
    if wanted is None:
        return names
    if wanted not in names:
        known = ", ".join(sorted(names)[:20]) or "none yet"
        raise UsageError(f"no {kind} named {wanted!r} in this range; known: {known}")
    return [wanted]


def _row(cascade: str, route: str | None, window: Window) -> dict[str, Any]:
    return {
        "cascade": cascade,
        "route": route,
        "events": window.counts["events"],
        "judged": window.counts["judged"],
        "metrics": {key: as_json(m) for key, m in _told(window).items()},
    }


def _told(window: Window) -> dict[str, Metric]:
    """Every metric, with what it was read from where that is another range than the report's; quality names
    what it rests on, and how old the newest check of the cascade is."""
    found = {key: _with_range(key, metric, window) for key, metric in metrics.compute(window).items()}
    share = found[QUALITY]
    if share.value is None:
        return found
    rests = ", ".join(f"{n:,} {source}" for source, n in sorted(label_sources(window).items()))
    newest = window.last_label
    checked = None if newest is None else f"the cascade's newest of {rfc3339(newest)}"
    return found | {QUALITY: _noted(share, f"from labels: {rests}", checked)}


def _with_range(key: str, metric: Metric, window: Window) -> Metric:
    note = read_note(window, metrics.find(key)[0].reads, _minute)
    return metric if metric.value is None or note is None else _noted(metric, f"{note} UTC")


def _noted(metric: Metric, *notes: str | None) -> Metric:
    return replace(metric, reason="; ".join(filter(None, (metric.reason, *notes))))


def _minute(millis: int) -> str:
    return f"{utc(millis):%Y-%m-%d %H:%M}"


def as_json(metric: Metric) -> dict[str, Any]:
    """A metric as JSON; `reason` only where there is one."""
    out: dict[str, Any] = {
        "value": metric.value, "n": metric.n, "low": metric.low, "high": metric.high, "unit": metric.unit,
    }  # fmt: skip
    if metric.reason is not None:
        out["reason"] = metric.reason
    return out
