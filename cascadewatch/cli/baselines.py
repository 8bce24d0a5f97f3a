"""`baseline`: what counts as normal, and since when."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cascadewatch.cli.actor import commander
from cascadewatch.cli.clock import clock
from cascadewatch.cli.opening import opened
from cascadewatch.cli.options import Config, Db, Json
from cascadewatch.cli.output import answer, say, scope, shown, table
from cascadewatch.cli.unseen import say_if_unseen
from cascadewatch.cli.watching import Watch
from cascadewatch.errors import UsageError

if TYPE_CHECKING:
    from cascadewatch.store.baselines import Pinned

METRIC = "escalation_rate"
WAYS = "--accept, --now, --revision NAME, or --from TIME --to TIME"


Accept = Annotated[
    bool, typer.Option("--accept", help="Take the level since the open episode, or --from, for normal.")
]
Present = Annotated[bool, typer.Option("--now", help="Learn from the last seven days.")]
Revision = Annotated[str | None, typer.Option("--revision", help="Learn from the time this revision ran.")]
Start = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="Learn from here on: a date or RFC 3339.")
]
End = Annotated[str | None, typer.Option("--to", metavar="TIME", help="Up to here, not included.")]


def pin(  # noqa: PLR0913 - one for each option
    *,
    cascade: Annotated[str, typer.Option("--cascade", help="Cascade whose level it is.")],
    route: Annotated[
        str | None, typer.Option("--route", help="Only this route; left out: all of it.")
    ] = None,
    metric: Annotated[str, typer.Option("--metric", help="Key of the rate.")] = METRIC,
    accept: Accept = False,
    present: Present = False,
    revision: Revision = None,
    start: Start = None,
    end: End = None,
    note: Annotated[str | None, typer.Option("--note", help="Why, for those who come later.")] = None,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Pin what counts as normal, in the place of the former.

    Say what it is learnt from: --accept takes the new level as it is, keeping the daily and weekly
    shape; the other ways learn level and shape from a period.

    \b
    Examples:
      cascadewatch baseline pin --cascade support --accept --note "prompt v7 escalates more, and should"
      cascadewatch baseline pin --cascade support --revision 2026-11-20.1
      cascadewatch baseline pin --cascade support --from 2026-11-01 --to 2026-11-15
    """
    _insist_on_one_way(accept, present, revision, start, end)
    with opened(config, db) as (settings, store):
        watch, (first, last) = Watch(store, settings, clock), _edges(start, end, settings.timezone)
        if accept:
            made = watch.accept(metric, cascade, route or "", first, by=commander(), note=note)
        else:
            period = None if first is None or last is None else (first, last)
            made = watch.pin(metric, cascade, route or "", revision or period, by=commander(), note=note)
    if isinstance(made, str):
        raise UsageError(f"not yet: {made}")
    answer(made, as_json, lambda: _line(made))


def _edges(start: str | None, end: str | None, timezone: str) -> tuple[int | None, int | None]:
    from cascadewatch.cli.times import moment

    first = None if start is None else moment("--from", start, timezone)
    last = None if end is None else moment("--to", end, timezone)
    if first is not None and last is not None and not first < last:
        raise UsageError("--from must be before --to")
    return first, last


def show(
    cascade: Annotated[str | None, typer.Option("--cascade", help="Only this cascade.")] = None,
    metric: Annotated[str | None, typer.Option("--metric", help="Only this rate.")] = None,
    former: Annotated[bool, typer.Option("--all", help="Former ones too.")] = False,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Show what counts as normal, and where it comes from.

    \b
    Examples:
      cascadewatch baseline show
      cascadewatch baseline show --cascade support --all
    """
    from cascadewatch.store.baselines import history
    from cascadewatch.store.reads.json_rows import row_json

    with opened(config, db) as (settings, store):
        say_if_unseen(settings, store, cascade)
        with store.reading() as connection:
            pins = history(connection, metric, cascade)
    found = [b for b in pins if former or b.retired is None]
    found.sort(key=lambda b: (b.cascade, b.metric, b.route, -b.id))
    answer([row_json(b) for b in found], as_json, lambda: _table(found, settings.timezone))
    if not found and not as_json:
        say("No baseline yet. One is learnt from seven days with 500 judged requests; history counts.")


def _insist_on_one_way(
    accept: bool, present: bool, revision: str | None, start: str | None, end: str | None
) -> None:
    """UsageError unless exactly one way to learn is given."""
    window = end is not None or (start is not None and not accept)
    if sum((accept, present, revision is not None, window)) != 1:
        raise UsageError(f"say what to learn from, in one way: {WAYS}")
    if window and (start is None or end is None):
        raise UsageError("a period has --from and --to")


def _table(found: "list[Pinned]", timezone: str) -> str:
    from cascadewatch.cli.times import told

    head = ("metric", "scope", "normal", "judged", "learnt from", "to", "how", "by", "pinned", "note")
    rows = [
        (
            b.metric, scope(b.cascade, b.route), f"{100 * b.baseline.rate:.1f} %",
            f"{b.baseline.requests:,}", told(b.baseline.start, timezone), told(b.baseline.end, timezone),
            b.how, shown(b.author), told(b.pinned, timezone), shown(b.note or ""),
        )
        for b in found
    ]  # fmt: skip
    return table(head, rows, frozenset({2, 3})) if rows else ""


def _line(made: dict[str, Any]) -> str:
    baseline = made["baseline"]
    what = f"{made['metric']} of {scope(made['cascade'], made['route'])}"
    warning = "" if not made["warning"] else f"\nBeware: {shown(made['warning'])}."
    return (
        f"{what}: {100 * baseline['rate']:.1f} % is normal from now on, "
        f"by {baseline['requests']:,} judged requests{warning}"
    )
