"""`rules` and `check`: what is watched, what it would have said, what it says now."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cascadewatch.cli.clock import clock
from cascadewatch.cli.opening import opened, watched
from cascadewatch.cli.options import Config, Db, Json
from cascadewatch.cli.output import answer, scope, shown, table
from cascadewatch.cli.watching import Watch
from cascadewatch.errors import UsageError

if TYPE_CHECKING:
    from alerts.evaluate import Checked

SINCE = "30d"
DASH = "–"


def list_rules(config: Config = None, db: Db = None, as_json: Json = False) -> None:
    """List the rules in force, and what state they are in.

    \b
    Examples:
      cascadewatch rules list
    """

    with opened(config, db) as (settings, store):
        found = Watch(store, settings, clock).rules()

    def text() -> str:
        rows = [(shown(r["name"]), _states(r["states"]), shown(r["definition"])) for r in found]
        return table(("rule", "state", "what it does"), rows) if rows else "No rule is in force."

    answer(found, as_json, text)


def back_test(  # noqa: PLR0913 - one for each option
    *,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Name of the rule.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All rules.")] = False,
    since: Annotated[
        str | None, typer.Option("--since", metavar="LENGTH", help="From now back: 30d (the default), 4w.")
    ] = None,
    start: Annotated[str | None, typer.Option("--from", metavar="TIME", help="A date or RFC 3339.")] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="The same; not included.")] = None,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Tell when a rule would have fired over stored history.

    Nothing is written and nothing is sent.

    \b
    Examples:
      cascadewatch rules test escalation-drift
      cascadewatch rules test --all --since 14d
    """
    from cascadewatch.cli.times import span

    if (name is None) == (not every):
        raise UsageError("name one rule, or say --all; cascadewatch rules list names them")
    with opened(config, db) as (settings, store):
        watch = Watch(store, settings, clock)
        first, last = span(since or (None if start else SINCE), start, end, clock(), settings.timezone)
        names = [rule["name"] for rule in watch.rules()] if name is None else [name]
        found = list(_tested(watch, names, first, last))
    zone = settings.timezone
    answer(found if every else found[0], as_json, lambda: "\n\n".join(_told(one, zone) for one in found))


def _tested(watch: "Watch", names: list[str], start: int, end: int) -> Iterator[dict[str, Any]]:
    tested = watch.back_tests(names, start, end)
    for number, name in enumerate(names, 1):
        if len(names) > 1 and sys.stderr.isatty():
            print(f"\r\x1b[K{number} of {len(names)}: {shown(name)}", end="", file=sys.stderr, flush=True)
        yield next(tested)
    if len(names) > 1 and sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _told(tested: dict[str, Any], timezone: str) -> str:
    head = f"{shown(tested['rule'])}: {shown(tested['sentence'])}"
    rows = [
        (
            _minute(e["opened"], timezone), _minute(e["resolved"], timezone),
            scope(e["cascade"], e["route"]), e["direction"] or "",
        )
        for e in tested["episodes"]
    ]  # fmt: skip
    if not rows:
        return head
    lines = table(("fired", "until", "scope", "moved"), rows).splitlines()
    return "\n".join([head, *(f"  {line}" for line in lines)])


def check(config: Config = None, db: Db = None, as_json: Json = False) -> None:
    """Evaluate every rule now; exit code 1 if anything fires.

    Nothing is written and nothing is sent, so that it can be asked by cron or CI beside a running
    worker.

    \b
    Examples:
      cascadewatch check
      cascadewatch check --json | jq '.findings[] | select(.state == "firing")'
    """
    from alerts.evaluate import check as checked
    from cascadewatch.moments import rfc3339

    with watched(config, db) as (settings, store):
        now = clock()
        found = checked(store, settings, now)
    fires = any(one.fires for one in found)
    document = {"time": rfc3339(now), "fires": fires, "findings": [_finding_json(one) for one in found]}
    answer(document, as_json, lambda: _checked_table(found))
    if fires:
        raise typer.Exit(1)


def _finding_json(checked: "Checked") -> dict[str, Any]:
    from cascadewatch.store.reads import as_json
    from cascadewatch.store.reads.json_rows import row_json

    finding = checked.finding
    return {
        "rule": finding.rule.name,
        **row_json({"cascade": finding.scope.cascade, "route": finding.scope.route}),
        "state": checked.state, "fires": checked.fires, "direction": finding.direction or None,
        "message": finding.message, "metric": as_json(finding.metric),
        "estimate": None if finding.estimate is None else row_json(finding.estimate),
        "detail": row_json(finding.detail),
    }  # fmt: skip


def _checked_table(found: "Sequence[Checked]") -> str:
    """What fires on top; a rule that has nothing to look at is not left out."""
    rows = [
        (
            "!" if one.fires else "", shown(one.finding.rule.name), scope(*_place(one)),
            one.state.replace("_", " "), shown(one.finding.message),
        )
        for one in sorted(found, key=lambda one: not one.fires)
    ]  # fmt: skip
    if not rows:
        return "No rule has anything to look at yet: no events have arrived."
    return table(("", "rule", "scope", "state", ""), rows)


def _place(checked: "Checked") -> tuple[str | None, str]:
    return checked.finding.scope.cascade or None, checked.finding.scope.route


def _states(states: list[dict[str, Any]]) -> str:
    """How many scopes are in which state, the loudest first."""
    loud = ("error", "firing", "easing", "flapping", "pending", "no_data", "learning", "ok")
    counted = Counter(s["state"] for s in states)
    return ", ".join(f"{counted[s]} {s.replace('_', ' ')}" for s in loud if counted[s]) or "not evaluated yet"


def _minute(moment: str | None, timezone: str) -> str:
    from cascadewatch.cli.times import told
    from cascadewatch.moments import epoch_ms

    return DASH if moment is None else told(epoch_ms(datetime.fromisoformat(moment)), timezone)
