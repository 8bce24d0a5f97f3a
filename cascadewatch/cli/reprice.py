"""`reprice`: costs of held events at the prices as they are now."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cascadewatch.cli.actor import commander
from cascadewatch.cli.clock import clock
from cascadewatch.cli.opening import opened, writing
from cascadewatch.cli.options import Config, Db, Json
from cascadewatch.cli.output import answer, say, shown, table
from cascadewatch.cli.progress import progress_bar
from cascadewatch.cli.unseen import say_if_unseen
from cascadewatch.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cascadewatch.cli.progress import Progress
    from cascadewatch.store.repricing import Change, Plan, Scope

NANO = 1_000_000_000


def reprice(  # noqa: PLR0913 - one for each option
    *,
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="TIME", help="From here on: a date, RFC 3339, or a length such as 7d."
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Up to here, not included; left out: now.")
    ] = None,
    cascade: Annotated[str | None, typer.Option("--cascade", help="Only this cascade.")] = None,
    model: Annotated[str | None, typer.Option("--model", help="Only costs of this model.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; left out: only say what would change.")] = False,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Work out costs anew at the present prices.

    Of the events still held; what senders reported stays. An interrupted run is simply run again.

    \b
    Examples:
      cascadewatch reprice --model open-mixtral-8x7b
      cascadewatch reprice --since 2026-11-01 --cascade support --yes
    """
    from cascadewatch.store.repricing import Scope, carry_out, plan

    with opened(config, db) as (settings, store), writing(settings, store) as writer, progress_bar() as bar:
        say_if_unseen(settings, store, cascade)
        start, end = _span(since, until, settings.timezone)
        scope = Scope(start, end, cascade, model)
        found = plan(store, writer.around, scope, _counting(bar, "events looked at", None))
        done = yes and found.to_change > 0
        if done:
            carry_out(writer, scope, found, commander(), _counting(bar, "events", found.events))
    answer(_document(found, scope, done), as_json, lambda: _text(found, done))
    if found.to_change and not done:
        say("Nothing was changed; add --yes to do it.")


def _counting(bar: "Progress", what: str, of: int | None) -> "Callable[[int], None]":
    total = 0

    def count(n: int) -> None:
        nonlocal total
        total += n
        bar(what, total, of)

    return count


def _span(since: str | None, until: str | None, timezone: str) -> tuple[int | None, int]:
    from cascadewatch.cli.times import moment
    from cascadewatch.settings import parse_duration

    end = clock() if until is None else moment("--until", until, timezone)
    if since is None:
        return None, end
    try:
        start = end - parse_duration(since)
    except ValueError:
        start = moment("--since", since, timezone, "a length such as 7d")
    if not 0 <= start < end:
        raise UsageError("--since must be before --until")
    return start, end


def _document(found: "Plan", scope: "Scope", done: bool) -> dict[str, Any]:
    from cascadewatch.moments import rfc3339

    parts = [
        {"cascade": cascade, "of": of, "model": model, **_figures(change)}
        for (cascade, of, model), change in _sorted(found)
    ]
    return {
        "done": done, "from": rfc3339(found.start), "to": None if scope.end is None else rfc3339(scope.end),
        "events": found.events, "events_to_change": found.to_change, "flagship_only": found.flagship_only,
        **_figures(found.whole()), "parts": parts,
    }  # fmt: skip


def _figures(change: "Change") -> dict[str, Any]:
    sums = {"before_usd": change.before / NANO, "after_usd": change.after / NANO}
    counts = ("attempts", "changed", "priced", "unpriced")
    return {name: getattr(change, name) for name in counts} | sums


def _sorted(found: "Plan") -> "list[tuple[tuple[str, str, str | None], Change]]":
    return sorted(found.parts.items(), key=lambda part: (part[0][0], part[0][1], part[0][2] or ""))


def _text(found: "Plan", done: bool) -> str:
    rows = [
        (
            shown(cascade), of, shown(model or "–"), f"{c.attempts:,}", f"{c.changed:,}", f"{c.priced:,}",
            f"{c.unpriced:,}", f"{c.before / NANO:,.6f}", f"{c.after / NANO:,.6f}",
        )
        for (cascade, of, model), c in _sorted(found)
        if c.changed
    ]  # fmt: skip
    whole = found.whole()
    said = (
        f"{found.to_change:,} of {found.events:,} events {'were changed' if done else 'would change'}: "
        f"{whole.changed:,} of {whole.attempts:,} costs, ${whole.before / NANO:,.4f} -> "
        f"${whole.after / NANO:,.4f}; what the flagship alone would cost: {found.flagship_only:,} events"
    )
    if not rows:
        return said
    head = ("cascade", "of", "model", "costs", "changed", "priced", "unpriced", "before $", "after $")
    return f"{said}\n{table(head, rows, frozenset(range(3, 9)))}"
