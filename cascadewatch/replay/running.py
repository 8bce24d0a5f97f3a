"""A replay from its name to its report."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cascadewatch.errors import BusyError
from cascadewatch.pricing import PriceBook, nano_usd
from cascadewatch.replay import events, slots
from cascadewatch.replay import report as reporting
from cascadewatch.replay.claiming import open_run, owner_here, release
from cascadewatch.replay.outcomes import by_case
from cascadewatch.replay.prepared import Prepared, estimate, prepare
from cascadewatch.replay.report import Baseline, Beside
from cascadewatch.replay.runner import During, Outcome, Runner
from cascadewatch.replay.stop import Watch
from cascadewatch.replay.sweeping import swept
from cascadewatch.replay.traffic import today
from cascadewatch.replay.verdicts import Verdict
from cascadewatch.settings import Settings
from cascadewatch.store import audit, replays, reports
from cascadewatch.store.engine import Store
from cascadewatch.store.replays import FINISHED, INCOMPLETE, Run
from cascadewatch.store.reports import Head, Report

BY_HAND, ON_SCHEDULE = 0.05, 0.01  # how rarely chance alone may say "changed"
MONTH_USD = 50.0

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """Who wants a run and how. `cause` is cli, schedule, api, alert or confirmation.

    `confirms` is the report whose regression an independent run is to confirm.
    """

    cause: str = "cli"
    author: str = "cli"
    target: str | None = None
    pin: bool = False
    seed: int | None = None
    confirms: int | None = None
    by: audit.Actor = audit.ITSELF  # for the audit of a pin

    @property
    def alpha(self) -> float:
        """Runs nobody looks at one by one have to be surer."""
        return BY_HAND if self.cause in ("cli", "api") else ON_SCHEDULE


def run(
    store: Store,
    settings: Settings,
    name: str,
    asked: Asked,
    clock: Callable[[], int],
    progress: Progress | None = None,
    interrupt: threading.Event | None = None,
) -> Report:
    """Plays [replay.NAME] and keeps its report; a run left unfinished is gone on with.

    `clock` gives epoch milliseconds. With `asked.pin` later runs are compared with this report. Raises
    NotFoundError, ConfigError, InputError or UsageError before anything is asked, BusyError while another
    process runs it. Setting `interrupt` ends it within seconds by InterruptedRunError; after that, as after
    any other error, the next run goes on with what was answered.
    """
    prepared = prepare(settings, name, target=asked.target, seed=asked.seed)
    if asked.confirms is not None:
        prepared = replace(prepared, config={**prepared.config, "confirms": asked.confirms})
    book = PriceBook(settings.price)
    estimate(prepared, book, clock())
    baseline = _baseline(store, name)
    watch = _watch(prepared, baseline, asked) if prepared.can_stop_early and not asked.pin else None
    opened = open_run(
        store, prepared, cause=asked.cause, author=asked.author, owner=owner_here(), now=clock(),
        zone=settings.timezone,
    )  # fmt: skip
    month = month_limit(settings, clock())
    during = During(month, watch, progress or (lambda done, of: None), interrupt or threading.Event())
    try:
        outcome = Runner(store, prepared, opened, book, clock, during).play()
        beside = _beside(store, settings, prepared, outcome, book, clock())
        beside = replace(beside, is_baseline=asked.pin)
        events.write(store, settings, prepared, outcome.run, outcome.results, book, clock())
        before = None if asked.pin else baseline
        built = reporting.build(prepared, outcome, before, alpha=asked.alpha, beside=beside)
        return _finish(store, settings, prepared, outcome, asked, built, clock())
    except BaseException:
        release(store, opened, clock())
        raise


def month_limit(settings: Settings, now: int) -> tuple[int, int]:
    """(start of the calendar month in the settings' zone, most nano-dollars of all runs since then)."""
    local = datetime.fromtimestamp(now / 1000, ZoneInfo(settings.timezone))
    start = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    most = MONTH_USD if settings.replays.month_usd is None else float(settings.replays.month_usd)
    return int(start.timestamp() * 1000), nano_usd(most)


def _baseline(store: Store, name: str) -> Baseline | None:
    with store.reading() as connection:
        found = reports.baseline(connection, name)
        return None if found is None else Baseline(found, replays.results(connection, found.replay))


def _watch(prepared: Prepared, baseline: Baseline | None, asked: Asked) -> Watch | None:
    """Nothing to stop for without a baseline of the same set, or with repeats."""
    if baseline is None or prepared.table.repeats > 1:
        return None
    if baseline.report.body["provenance"]["eval_set"]["hash"] != prepared.cases.hash:
        return None
    is_check = prepared.target is None
    outcomes = by_case(baseline.results, is_check=is_check)
    return Watch(outcomes, prepared.table.tolerance, alpha=asked.alpha, is_check=is_check)


def _beside(
    store: Store, settings: Settings, prepared: Prepared, outcome: Outcome, book: PriceBook, now: int
) -> Beside:
    """The threshold sweep, against the quality bar of the replay's cascade, and the cascade's traffic."""
    cascade = settings.cascade.get(prepared.table.cascade or "")
    verifier = prepared.config["verifier"] or {}
    cases = {case.id: case for case in prepared.cases.cases}
    bar = None if cascade is None else cascade.quality_bar
    sweep = swept(cases, outcome.results, verifier.get("threshold"), bar, book, now)
    with store.reading() as connection:
        return Beside(sweep, today(connection, settings, prepared.table.cascade, now))


def _finish(
    store: Store, settings: Settings, prepared: Prepared, outcome: Outcome, asked: Asked,
    built: tuple[Verdict, dict[str, Any]], now: int,
) -> Report:  # fmt: skip
    """Report and end of the run, also in the slot it was begun for, in one transaction."""
    verdict, body = built
    body["provenance"] |= {"finished": now}
    body["confirms"] = outcome.run.config.get("confirms")

    opened = outcome.run

    def write(connection: Connection) -> Report:
        body["awaits_confirmation"] = verdict == "regressed" and _is_to_confirm(connection, opened, now)
        state = INCOMPLETE if verdict == "incomplete" else FINISHED
        if not replays.end(connection, opened.id, opened.owner or "", state, now, outcome.stopped):
            raise BusyError(f"run {opened.id} of {opened.name} was taken over by another process")
        number = reports.write(
            connection, replay=outcome.run.id, name=prepared.name, cascade=prepared.table.cascade,
            verdict=verdict, body=body, now=now,
        )  # fmt: skip
        if asked.pin and verdict != "incomplete":
            _pin(connection, prepared.name, number, asked, now)
        report = reports.report(connection, number)
        slots.settle(connection, settings, opened, report, now)
        return report

    with store.writing() as connection:
        return write(connection)


def _pin(connection: Connection, name: str, number: int, asked: Asked, now: int) -> None:
    former = reports.baseline(connection, name)
    reports.pin(connection, name, number, asked.author, now)
    before = None if former is None else {"report": former.id}
    audit.record(connection, asked.by, "replay.pin", name, now, before=before, after={"report": number})


def _is_to_confirm(connection: Connection, run: Run, now: int) -> bool:
    """Whether the regression that this run found needs a second one before it counts."""
    this = Head(0, run.name, now, "regressed", run.cause, run.started)
    return reports.awaits_confirmation([this, *reports.heads(connection, run.name)])


def as_json(report: Report) -> dict[str, Any]:
    """The document of `--json`: the verdict, each rate, and the whole report under it."""
    body = report.body
    kept = ("verdict", "value", "baseline", "n", "p", "low", "high")
    return {
        "replay": report.name,
        "verdict": report.verdict,
        "rates": {
            name: {key: rate[key] for key in kept} | {"change": rate["change"], "sentence": rate["sentence"]}
            for name, rate in body["rates"].items()
        },
        "mde": body["mde"],
        "daily": body["daily"],
        "cases": body["cases"],
        "failed": body["failed"],
        "spent_usd": body["spent_usd"],
        "sentence": body["sentence"],
        "report": report.id,
    }
