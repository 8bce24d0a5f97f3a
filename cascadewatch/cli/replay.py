"""`replay` and `verifier`: an eval set played now, as a gate for people and CI."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cascadewatch.cli.actor import commander
from cascadewatch.cli.clock import clock
from cascadewatch.cli.opening import opened
from cascadewatch.cli.options import Config, Db, Json
from cascadewatch.cli.output import answer, say, shown
from cascadewatch.cli.progress import progress_bar
from cascadewatch.errors import UsageError

if TYPE_CHECKING:
    from cascadewatch.settings import Settings
    from cascadewatch.store.reports import Report

ALONE_FROM = 10  # numbers from here on are told without decimals
EXIT = {"unchanged": 0, "improved": 0, "regressed": 1, "incomplete": 2, "inconclusive": 3}

NAME = "Which [replay.NAME] of the settings."
Name = Annotated[str, typer.Argument(metavar="NAME", help=NAME)]
Pin = Annotated[
    bool, typer.Option("--baseline", help="Compare later runs with this one; exits 0 once it is whole.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only say how many calls it takes and what they cost at the most.")
]


def replay(  # noqa: PLR0913 - one for each option
    *,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help=NAME)] = None,
    every: Annotated[
        bool, typer.Option("--list", help="Only show the replays: schedule, state, last report.")
    ] = False,
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="MODEL", help="Ask this [model.NAME] instead of the replay's own."),
    ] = None,
    pin: Pin = False,
    dry_run: DryRun = False,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Put an eval set to a model, and compare with before.

    Case by case, with the run that was pinned by --baseline; the verifier judges the answers on the way. A
    run with another --target says nothing of the cascade: no rule watches it.

    Exit codes: 0 unchanged or improved, 1 regressed, 3 inconclusive, 2 incomplete or could not run. A run
    that was interrupted goes on where it stopped.

    \b
    Examples:
      cascadewatch replay nightly --baseline
      cascadewatch replay nightly --json
      cascadewatch replay nightly --target new-model
      cascadewatch replay --list
    """
    if every:
        _list(config, db, as_json)
        return
    if name is None:
        raise UsageError("which replay? `cascadewatch replay --list` shows them")
    _run(name, target, pin, dry_run, (config, db, as_json))


def verifier(
    name: Name,
    pin: Pin = False,
    dry_run: DryRun = False,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Have the verifier alone judge answers of known truth.

    Nothing but the judge can move its rates.

    For a [replay.NAME] without `target`. Exit codes as of `replay`.

    \b
    Examples:
      cascadewatch verifier judge-check --baseline
      cascadewatch verifier judge-check
    """
    with opened(config, db) as (settings, _):
        table = settings.replay.get(name)
    if table is not None and table.target is not None:
        raise UsageError(f"[replay.{name}] asks a model; run it with: cascadewatch replay {name}")
    _run(name, None, pin, dry_run, (config, db, as_json))


def _list(config: Path | None, db: str | None, as_json: bool) -> None:
    from cascadewatch.cli.replay_list import listed
    from cascadewatch.cli.replay_list import text_of as text_of_list
    from cascadewatch.store.reads.json_rows import row_json

    with opened(config, db) as (settings, store), store.reading() as connection:
        found = listed(connection, settings, clock())
    answer([row_json(one) for one in found], as_json, lambda: text_of_list(found, settings.timezone))


def _run(
    name: str, target: str | None, pin: bool, dry_run: bool, common: tuple[Path | None, str | None, bool]
) -> None:
    from cascadewatch.replay.running import Asked, run
    from cascadewatch.replay.running import as_json as document_of

    config, db, as_json = common
    with opened(config, db) as (settings, store):
        if dry_run:
            found = _estimated(settings, name, target)
            answer(found, as_json, lambda: _words(found))
            return
        asked = Asked(target=target, pin=pin, by=commander())
        with progress_bar() as progress, _interruptible() as interrupt:
            told = partial(progress, shown(name))
            report = run(store, settings, name, asked, clock, told, interrupt)
    pinned = pin and report.verdict != "incomplete"
    answer(document_of(report) | ({"pinned": True} if pinned else {}), as_json, lambda: text_of(report, pin))
    if pinned:
        say(f"Later runs of {name} are compared with this one (report {report.id}).")
        return
    sys.exit(EXIT[report.verdict])


def _headline(verdict: str, pin: bool) -> str:
    if not pin or verdict == "incomplete":
        return verdict
    pinned = "pinned as the baseline"
    return pinned if verdict == "inconclusive" else f"{verdict}, {pinned}"


def text_of(report: "Report", pin: bool = False) -> str:
    """What a person reads: the verdict, each rate in a sentence, and what was noticed."""
    body = report.body
    lines = [f"{report.name}: {_headline(report.verdict, pin)}", ""]
    lines += [f"  {rate['sentence']}" for rate in body["rates"].values()]
    lines += [f"  {shown(note)}" for note in body["notes"]]
    lines += [] if body["daily"] is None else [f"  {daily_words(body['daily'])}"]
    done = f"{body['cases']:,} of {body['planned']:,} answers"
    if body["stopped_early"]:
        done += f", stopped early: {body['stopped_early']}"
    if body["failed"]:
        named = ", ".join(f"{n:,} {what}" for what, n in body["failures"].items())
        done += f"; failed: {named}"
    usd = body["spent_usd"]
    spent = "cost unknown" if usd is None else f"spent ${usd:.4f}"
    return "\n".join([*lines, "", f"  {done}; {spent}; report {report.id}"])


def daily_words(daily: Mapping[str, Any]) -> str:
    """What the verifier's errors do in a day."""
    from cascadewatch.drift.diagnosis.spoken import dollars

    def number(value: float) -> str:
        return f"{value:,.0f}" if value >= ALONE_FROM else f"{value:.1f}"

    def reach(of: Mapping[str, float], told: Callable[[float], str] = number) -> str:
        return f"({told(of['low'])} to {told(of['high'])})"

    shipped, wasted = daily["shipped"], daily["wasted_usd"]
    said = f"{number(shipped['value'])} wrong answers shipped {reach(shipped)}"
    if wasted is not None:
        said += f" and {dollars(wasted['value'])} wasted on false escalations {reach(wasted, dollars)}"
    return f"At today's traffic, {number(daily['judged'])} judged answers a day: {said} a day."


def _estimated(settings: "Settings", name: str, target: str | None) -> dict[str, Any]:
    from cascadewatch.pricing import PriceBook
    from cascadewatch.replay.prepared import estimate, prepare

    keyless = {key: model.model_copy(update={"api_key": None}) for key, model in settings.model.items()}
    prepared = prepare(settings.model_copy(update={"model": keyless}), name, target=target)
    found = estimate(prepared, PriceBook(settings.price), clock())
    return {
        "replay": name,
        "eval_set": prepared.cases.statement(),
        "calls": found.calls,
        "worst_usd": found.worst / 1e9,
        "budget_usd": None if found.limit is None else found.limit / 1e9,
    }


def _words(found: dict[str, Any]) -> str:
    allowed = found["budget_usd"]
    budget = "" if allowed is None else f", of which the budget allows ${allowed:,.4f}"
    return f"{found['calls']:,} answers, at the most ${found['worst_usd']:.4f}{budget}"


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Set by Ctrl+C and SIGTERM: the run ends within seconds and can be gone on with."""
    asked = threading.Event()
    before = {one: signal.signal(one, lambda *_: asked.set()) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
