"""`alerts silence`, `silences` and `unsilence`: who does not hear of something for a while."""

from typing import TYPE_CHECKING, Annotated

import typer

from cascadewatch.cli.actor import commander
from cascadewatch.cli.clock import clock
from cascadewatch.cli.opening import opened
from cascadewatch.cli.options import Config, Db, Json
from cascadewatch.cli.output import answer, scope, shown, table
from cascadewatch.cli.unseen import say_if_unseen
from cascadewatch.cli.watching import Watch
from cascadewatch.errors import UsageError

if TYPE_CHECKING:
    from cascadewatch.store.silences import Silence

LONGEST_COMMENT = 2_000
LONGEST_MS = 366 * 86_400_000  # as over HTTP


def silence(  # noqa: PLR0913 - one for each option
    *,
    length: Annotated[str, typer.Option("--for", metavar="LENGTH", help="How long, such as 4h or 2d.")],
    rule: Annotated[str | None, typer.Option("--rule", help="Only this rule; left out: all.")] = None,
    cascade: Annotated[str | None, typer.Option("--cascade", help="Only this one; left out: all.")] = None,
    route: Annotated[str | None, typer.Option("--route", help="Only this route of the cascade.")] = None,
    comment: Annotated[str | None, typer.Option("--comment", help="Why, for those who wonder.")] = None,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Send no messages for a while.

    Episodes are kept and shown all the same; what still fires when the silence ends is told then.

    \b
    Examples:
      cascadewatch alerts silence --cascade support --for 4h --comment "load test"
    """
    from cascadewatch.cli import times
    from cascadewatch.store.acts import begin_silence
    from cascadewatch.store.reads.json_rows import row_json

    if comment is not None and len(comment) > LONGEST_COMMENT:
        raise UsageError(f"--comment has at most {LONGEST_COMMENT} characters")
    now, wanted = clock(), {"rule": rule, "cascade": cascade, "route": route, "comment": comment}
    ends = now + times.length("--for", length)
    if ends > now + LONGEST_MS:
        raise UsageError(f"--for is {length}; a silence lasts at most a year, and can be begun anew")
    with opened(config, db) as (settings, store):
        if rule is not None:
            Watch(store, settings, clock).rule(rule)
        say_if_unseen(settings, store, cascade, route)
        with store.writing() as connection:
            made = begin_silence(connection, commander(), now, ends, **wanted)
    until = times.told(made.ends, settings.timezone)
    answer(row_json(made), as_json, lambda: f"{_about(made)} is silent until {until} (silence {made.id})")


def list_silences(config: Config = None, db: Db = None, as_json: Json = False) -> None:
    """List the silences in force, those that end first in front.

    \b
    Examples:
      cascadewatch alerts silences
    """
    from cascadewatch.cli.times import told
    from cascadewatch.store.reads.json_rows import row_json
    from cascadewatch.store.silences import active

    with opened(config, db) as (settings, store), store.reading() as connection:
        found = active(connection, clock())

    def text() -> str:
        rows = [
            (
                str(one.id),
                _about(one),
                told(one.ends, settings.timezone),
                shown(one.author),
                shown(one.comment or ""),
            )
            for one in found
        ]
        head = ("id", "silent", "until", "by", "comment")
        return table(head, rows, frozenset({0})) if rows else "Nothing is silent."

    answer([row_json(one) for one in found], as_json, text)


def unsilence(
    silence_id: Annotated[int, typer.Argument(metavar="ID", help="Number of the silence, as listed.", min=1)],
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """End a silence now; what still fires is told at once.

    \b
    Examples:
      cascadewatch alerts unsilence 3
    """
    from cascadewatch.store.acts import end_silence

    with opened(config, db) as (_, store), store.writing() as connection:
        end_silence(connection, commander(), clock(), silence_id)
    answer({"id": silence_id}, as_json, lambda: f"silence {silence_id} is over")


def _about(silence: "Silence") -> str:
    rule = shown(silence.rule) if silence.rule else "Every rule"
    return f"{rule} on {scope(silence.cascade, silence.route)}"
