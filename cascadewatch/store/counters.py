"""What came in: received = accepted + duplicate + conflict + rejected, per hour and source."""

import re
from collections.abc import Iterable

from sqlalchemy import Connection, text

from cascadewatch.store.cells import HOUR
from cascadewatch.store.receipt import Receipt, Rejection
from cascadewatch.store.rowtypes import EventRow

_PLACE = re.compile(r"\[\d+\]")
MAX_REASON = 160

_COUNT = text(
    "INSERT INTO ingest_counters (bucket, source, outcome, reason, n, lag_ms, last) "
    "VALUES (:bucket, :source, :outcome, :reason, :n, :lag_ms, :last) "
    "ON CONFLICT (bucket, source, outcome, reason) DO UPDATE SET "
    "n = ingest_counters.n + excluded.n, lag_ms = ingest_counters.lag_ms + excluded.lag_ms, "
    "last = excluded.last"
)
_SEEN = text(
    'INSERT INTO sources (source, "cascade", events, first_received, last_received, last_time) '
    "VALUES (:source, :cascade, :events, :received, :received, :time) "
    'ON CONFLICT (source, "cascade") DO UPDATE SET events = sources.events + excluded.events, '
    "last_received = excluded.last_received, "
    "last_time = CASE WHEN excluded.last_time > sources.last_time "
    "THEN excluded.last_time ELSE sources.last_time END"
)


def count(connection: Connection, source: str, received: int, receipt: Receipt, events: Iterable[EventRow],
          refused: Iterable[Rejection]) -> None:  # fmt: skip
    """Adds one request's outcome to the counters, in the transaction that stores it."""
    stored = list(events)
    lag = sum(max(0, received - e.time) for e in stored)
    numbers = {("accepted", ""): (receipt.accepted, lag), ("duplicate", ""): (receipt.duplicate, 0),
               ("conflict", ""): (receipt.conflict, 0)}  # fmt: skip
    for r in refused:
        key = ("rejected", reason_of(r))
        numbers[key] = (numbers.get(key, (0, 0))[0] + 1, 0)
    rows = [
        {"bucket": received - received % HOUR, "source": source, "outcome": outcome, "reason": reason,
         "n": n, "lag_ms": lag_ms, "last": received}
        for (outcome, reason), (n, lag_ms) in numbers.items() if n
    ]  # fmt: skip
    if rows:
        connection.execute(_COUNT, rows)
    _count_sources(connection, source, received, stored)


def _count_sources(connection: Connection, source: str, received: int, events: list[EventRow]) -> None:
    latest: dict[str, tuple[int, int]] = {}
    for e in events:
        n, time = latest.get(e.cascade, (0, 0))
        latest[e.cascade] = (n + 1, max(time, e.time))
    if latest:
        connection.execute(
            _SEEN,
            [{"source": source, "cascade": cascade, "events": n, "received": received, "time": time}
             for cascade, (n, time) in latest.items()],
        )  # fmt: skip


def reason_of(rejection: Rejection) -> str:
    """Field and sentence without places, digits and quoted values, so that kinds of refusal are
    few: a sender gone wrong must not fill the table."""
    field = _PLACE.sub("[]", rejection.field or "")
    kind = rejection.reason.partition(":")[0] if ":" in rejection.reason[:20] else rejection.reason
    kind = re.sub(r"[`'\"][^`'\"]{0,200}[`'\"]", "…", re.sub(r"-?\d[\d.,:TZ+-]*", "…", kind))
    return f"{field} {kind}".strip()[:MAX_REASON]
