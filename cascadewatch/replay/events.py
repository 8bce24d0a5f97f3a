"""Answers of a replay as events of their cascade, with origin `replay`: they count in no live figure."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec

from cascadewatch.model import Attempt, Event, Usage, Verdict
from cascadewatch.moments import utc
from cascadewatch.pricing import PriceBook
from cascadewatch.replay.prepared import Prepared
from cascadewatch.settings import Settings
from cascadewatch.store.engine import Store
from cascadewatch.store.receipt import Batch
from cascadewatch.store.replays import DONE, Result, Run
from cascadewatch.store.writes import Writer

SOURCE = ORIGIN = "replay"
TOGETHER = 500


def write(
    store: Store, settings: Settings, prepared: Prepared, run: Run, results: Sequence[Result],
    book: PriceBook, now: int,
) -> int:  # fmt: skip
    """Stores a finished run's answers; how many were new. Doing it again stores nothing twice.

    Nothing for a check of the verifier, whose answers are frozen, and for a replay without a cascade.
    """
    cascade = prepared.table.cascade
    if cascade is None or prepared.target is None:
        return 0
    tiers = settings.cascade[cascade].tiers if cascade in settings.cascade else ()
    tier = tiers[0] if tiers else prepared.table.target or SOURCE
    events = [event_of(cascade, tier, run, result) for result in results if is_fresh(result)]
    nobody = settings.model_copy(update={"caller_ids": "off"})  # a replay has no callers to hide
    writer, accepted = Writer(store, nobody, book, lambda: now), 0
    try:
        for start in range(0, len(events), TOGETHER):
            some = list(enumerate(events[start : start + TOGETHER]))
            accepted += writer.write([Batch(SOURCE, some, [], now, ORIGIN)])[0].accepted
    finally:
        writer.close()
    return accepted


def is_fresh(result: Result) -> bool:
    """Whether the target answered it: no planted control, no failed call."""
    return result.state == DONE and "control" not in (result.detail or {})


def event_of(cascade: str, tier: str, run: Run, result: Result) -> Event:
    """One answer as a request of one attempt. Its id says which run and case, so that it is stored once."""
    detail: dict[str, Any] = dict(result.detail or {})
    answer, spent = detail["answer"], detail["answer"]["spent"]
    case = sha256(result.case.encode()).hexdigest()[:16]
    return Event(
        id=f"{SOURCE}-{run.id}-{case}-{result.repeat}",
        time=utc(run.started),
        cascade=cascade,
        attempts=[
            Attempt(
                tier=tier,
                provider=answer["provider"],
                model=answer["model"],
                usage=_usage(spent["usage"]),
                cost_usd=None if spent["cost"] is None else spent["cost"] / 1e9,
                latency_ms=spent["latency_ms"],
                verdict=_verdict(detail.get("verdict")),
            )
        ],
        tags={"replay": run.name[:128]},
    )


def _usage(kept: dict[str, Any] | None) -> Usage | None:
    return None if kept is None else msgspec.convert(kept, Usage)


def _verdict(kept: dict[str, Any] | None) -> Verdict | None:
    if kept is None:
        return None
    cost = kept["spent"]["cost"]
    return Verdict(
        outcome=kept["outcome"],
        mechanism=kept["mechanism"],
        score=kept["score"],
        threshold=kept["threshold"],
        reason=kept["reason"],
        provider=kept["provider"],
        model=kept["model"],
        usage=_usage(kept["spent"]["usage"]),
        cost_usd=None if cost is None else cost / 1e9,
        latency_ms=kept["spent"]["latency_ms"],
    )
