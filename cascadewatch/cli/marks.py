"""`annotate`: a mark on the time line."""

from typing import Annotated

import typer

from cascadewatch.cli.actor import commander
from cascadewatch.cli.clock import clock
from cascadewatch.cli.opening import opened, writing
from cascadewatch.cli.options import Config, Db, Json
from cascadewatch.cli.output import answer, shown
from cascadewatch.cli.unseen import say_if_unseen
from cascadewatch.errors import UsageError

LONGEST = 2_000


def annotate(  # noqa: PLR0913 - one for each option
    *,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What happened.")],
    time: Annotated[
        str | None, typer.Option("--time", metavar="TIME", help="When: a date or RFC 3339; left out: now.")
    ] = None,
    cascade: Annotated[str | None, typer.Option("--cascade", help="Only for this cascade.")] = None,
    route: Annotated[str | None, typer.Option("--route", help="Only for this route of the cascade.")] = None,
    deploy: Annotated[
        bool, typer.Option("--deploy", help="A deploy: drift is looked for anew from here on.")
    ] = False,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Put a mark on the time line, such as a deploy.

    After a deploy the baseline stays, so that the deploy's own effect is found.

    \b
    Examples:
      cascadewatch annotate "prompt v7" --cascade support --deploy
      cascadewatch annotate "provider outage" --time 2026-11-20T14:05:00Z
    """
    from cascadewatch.cli.times import moment, told
    from cascadewatch.moments import rfc3339
    from cascadewatch.store.writes import Mark

    if not text.strip() or len(text) > LONGEST:
        raise UsageError(f"an annotation has 1 to {LONGEST} characters")
    if route is not None and cascade is None:
        raise UsageError("--route needs --cascade")
    with opened(config, db) as (settings, store), writing(settings, store) as writer:
        say_if_unseen(settings, store, cascade)
        at = clock() if time is None else moment("--time", time, settings.timezone)
        by, said, kind = commander(), text.replace("\0", "\u2400"), "deploy" if deploy else "user"
        number = writer.write([Mark(at, cascade, route, said, by.author, kind, by)])[0]
    document = {"id": number, "time": rfc3339(at), "cascade": cascade, "route": route, "text": text}
    document |= {"deploy": deploy}
    answer(document, as_json, lambda: f"{told(at, settings.timezone)}  {shown(text)}")
