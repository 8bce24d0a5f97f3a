"""`audit`: who did what to the installation."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cascadewatch.cli.clock import clock
from cascadewatch.cli.opening import opened
from cascadewatch.cli.options import Config, Db, Json
from cascadewatch.cli.output import answer, shown, table

if TYPE_CHECKING:
    from cascadewatch.store.audit import Act

WIDEST = 120  # characters of what changed
VIA = {"key": "key", "user": "signed in", "local": "API", "command": "command line", "itself": "by itself"}


def audit(
    since: Annotated[
        str | None, typer.Option("--since", metavar="LENGTH", help="Only the last so long, such as 30d.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="Most acts to list.")] = 50,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """List who did what to the installation, newest first.

    Keys, silences, baselines, repricing, exports and the like: one row for each act, with what it
    was before and after. Secrets are never kept.

    \b
    Examples:
      cascadewatch audit
      cascadewatch audit --since 30d --json
    """
    from cascadewatch.cli.times import length
    from cascadewatch.store.audit import acts

    start = None if since is None else clock() - length("--since", since)
    with opened(config, db) as (settings, store), store.reading() as connection:
        found = acts(connection, start=start, limit=limit)
    answer([one.shown() for one in found], as_json, lambda: _table(found, settings.timezone))


def _table(found: "list[Act]", timezone: str) -> str:
    from cascadewatch.cli.times import told

    rows = [
        (told(a.time, timezone), shown(a.who), VIA[a.via], a.act, shown(a.subject), shown(_changed(a)))
        for a in found
    ]
    return table(("time", "who", "by", "act", "on", "change"), rows) if rows else "Nothing was done yet."


def _changed(act: "Act") -> str:
    """Before and after in a line, cut where it grows long."""
    told = act.shown()
    before, after = told["before"] or {}, told["after"] or {}
    parts = []
    for name in dict.fromkeys((*before, *after)):
        sides = [_word(values[name]) for values in (before, after) if name in values]
        parts.append(f"{name}: {' → '.join(dict.fromkeys(sides))}")
    line = ", ".join(parts)
    return line if len(line) <= WIDEST else line[: WIDEST - 1] + "…"


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
