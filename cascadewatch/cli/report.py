"""`report`: every metric of every cascade and route, without a browser."""

from typing import TYPE_CHECKING, Annotated

import typer

from cascadewatch.cli.clock import clock
from cascadewatch.cli.opening import opened
from cascadewatch.cli.options import Config, Db, From, Json, To
from cascadewatch.cli.output import answer

if TYPE_CHECKING:
    from sqlalchemy import Connection


def report(  # noqa: PLR0913 - one for each option
    *,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="LENGTH", help="From now back: 24h, 7d (the default), 4w."),
    ] = None,
    start: From = None,
    end: To = None,
    cascade: Annotated[str | None, typer.Option("--cascade", help="Only this cascade.")] = None,
    route: Annotated[str | None, typer.Option("--route", help="Only this route.")] = None,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Print every metric of a range, by cascade and route.

    Ranges snap outward to what is kept; the range really used is shown.

    \b
    Examples:
      cascadewatch report --since 24h
      cascadewatch report --from 2026-11-01 --to 2026-11-08 --cascade support
      cascadewatch report --json | jq '.cascades[0].metrics.escalation_rate'
    """
    from cascadewatch.cli.report_text import text_of
    from cascadewatch.cli.times import span
    from cascadewatch.store.reads import report as report_of

    with opened(config, db) as (settings, store):
        first, last = span(since, start, end, clock(), settings.timezone)
        with store.reading() as connection:
            found = report_of(connection, settings, first, last, cascade, route)
            newest = {} if as_json else _newest(connection)
    answer(found, as_json, lambda: text_of(found, settings.timezone, newest))


def _newest(connection: "Connection") -> dict[str, int]:
    """The time of the newest event of each cascade, epoch ms."""
    from cascadewatch.store.reads.status import sources

    found: dict[str, int] = {}
    for one in sources(connection):
        found[one.cascade] = max(one.last_time, found.get(one.cascade, 0))
    return found
