"""What came in: received = accepted + duplicate + conflict + rejected, per hour and source."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, text

from cascadewatch.store.cells import HOUR
from cascadewatch.store.receipt import Receipt, Rejection
from cascadewatch.store.rowtypes import EventRow

_PLACE = re.compile(r"\[\d+\]")
_WITHIN = re.compile(
    r"(?:(?:attempts\[\]|labels\[\]|verdict|usage|text|fingerprints)(?:\.|$))*"
)  # all that has keys
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


class Arrived(NamedTuple):
    """The outcome of one request."""

    source: str
    received: int
    receipt: Receipt
    stored: list[EventRow]
    refused: list[Rejection]


def count(connection: Connection, arrived: Iterable[Arrived]) -> None:
    """Adds the outcomes of requests to the counters, in the transaction that stores them."""
    numbers: dict[tuple[int, str, str, str], list[int]] = {}
    seen: dict[tuple[str, str], list[int]] = {}
    for one in arrived:
        _count_outcomes(numbers, one)
        _count_events(seen, one)
    if numbers:
        names = ("bucket", "source", "outcome", "reason", "n", "lag_ms", "last")
        rows = [dict(zip(names, (*key, *values), strict=True)) for key, values in sorted(numbers.items())]
        connection.execute(_COUNT, rows)
    if seen:
        fields = ("source", "cascade", "events", "received", "time")
        rows = [dict(zip(fields, (*key, *values), strict=True)) for key, values in sorted(seen.items())]
        connection.execute(_SEEN, rows)


def _count_outcomes(numbers: dict[tuple[int, str, str, str], list[int]], one: Arrived) -> None:
    def add(outcome: str, reason: str, n: int, lag: int = 0) -> None:
        if n:
            key = (one.received - one.received % HOUR, one.source, outcome, reason)
            held = numbers.setdefault(key, [0, 0, one.received])
            held[0] += n
            held[1] += lag
            held[2] = max(held[2], one.received)

    lags = [one.received - e.time for e in one.stored]
    add("accepted", "", one.receipt.accepted, sum([lag for lag in lags if lag > 0]))
    add("duplicate", "", one.receipt.duplicate)
    add("conflict", "", one.receipt.conflict)
    for refused in one.refused:
        add("rejected", reason_of(refused), 1)


def _count_events(seen: dict[tuple[str, str], list[int]], one: Arrived) -> None:
    times: dict[str, list[int]] = defaultdict(list)
    for e in one.stored:
        times[e.cascade].append(e.time)
    for cascade, found in times.items():
        held = seen.setdefault((one.source, cascade), [0, one.received, found[0]])
        held[0] += len(found)
        held[1] = max(held[1], one.received)
        held[2] = max(held[2], *found)


def reason_of(rejection: Rejection) -> str:
    """Field and sentence without places, digits and quoted values, so that kinds of refusal are
    few: a sender gone wrong must not fill the table."""
    field = _PLACE.sub("[]", rejection.field or "")
    if rejection.reason.startswith("unknown key"):  # where it was: the key itself is the sender's own
        field = _WITHIN.match(field)[0].rstrip(".")  # type: ignore[index]
    kind = rejection.reason.partition(":")[0] if ":" in rejection.reason[:20] else rejection.reason
    kind = re.sub(r"[`'\"][^`'\"]{0,200}[`'\"]", "…", re.sub(r"-?\d[\d.,:TZ+-]*", "…", kind))
    return f"{field} {kind}".strip()[:MAX_REASON]
