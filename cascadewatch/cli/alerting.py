"""`alerts`: what fires, who knows of it, and whether channels work."""

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cascadewatch.cli.actor import commander
from cascadewatch.cli.clock import clock
from cascadewatch.cli.opening import opened
from cascadewatch.cli.options import Config, Db, Json
from cascadewatch.cli.output import answer, say, scope, shown, table
from cascadewatch.cli.unseen import say_if_unseen
from cascadewatch.errors import UsageError

if TYPE_CHECKING:
    from cascadewatch.settings import Settings
    from cascadewatch.store.episodes import Episode


def list_alerts(
    every: Annotated[bool, typer.Option("--all", help="Those that are over too.")] = False,
    cascade: Annotated[str | None, typer.Option("--cascade", help="Only this cascade.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Most episodes to list.")] = 50,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """List what fires, newest first.

    \b
    Examples:
      cascadewatch alerts list
      cascadewatch alerts list --all --cascade support
    """
    from cascadewatch.store.episodes import page
    from cascadewatch.store.reads.json_rows import row_json

    with opened(config, db) as (settings, store):
        say_if_unseen(settings, store, cascade)
        with store.reading() as connection:
            found = page(connection, open_only=not every, cascade=cascade, limit=limit)
    nothing = "Nothing has fired yet." if every else "Nothing fires."
    answer([row_json(e) for e in found], as_json, lambda: _table(found, settings.timezone) or nothing)


def _table(found: "list[Episode]", timezone: str) -> str:
    from cascadewatch.cli.times import told

    rows = [
        (
            str(e.id), e.state + (", known" if e.acknowledged else ""), e.severity, shown(e.rule),
            scope(e.cascade, e.route), told(e.since, timezone),
            told(e.resolved, timezone) if e.resolved else "",
        )
        for e in found
    ]  # fmt: skip
    if not rows:
        return ""
    head = ("id", "state", "severity", "rule", "scope", "since", "until")
    first, *lines = table(head, rows, frozenset({0})).splitlines()
    words = [shown(e.detail.get("message") or "") for e in found]
    return "\n".join([first, *(f"{line}\n    {said}" for line, said in zip(lines, words, strict=True))])


def send_sample(
    channel: Annotated[
        str | None, typer.Argument(metavar="CHANNEL", help="Name of one channel; left out: all.")
    ] = None,
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Send a sample to the channels; exit code 1 if one refuses.

    It is a real message by the real way, marked as a test. A channel that had been turned off because
    it refused messages is on again when the sample arrives.

    \b
    Examples:
      cascadewatch alerts test
      cascadewatch alerts test team
    """
    from cascadewatch.store import audit, channel_states

    with opened(config, db) as (settings, store):
        results = [_sent(settings, name) for name in _chosen(settings, channel)]
        with store.writing() as connection:
            for result in results:
                if result["sent"]:
                    channel_states.worked(connection, result["channel"], clock())
            said = {result["channel"]: result["error"] or "sent" for result in results}
            audit.record(
                connection, commander(), "alerts.test", channel or "all channels", clock(), after=said
            )

    def text() -> str:
        rows = [(shown(r["channel"]), r["kind"], shown(r["error"] or "sent")) for r in results]
        return table(("channel", "kind", "result"), rows)

    answer(results, as_json, text)
    if any(result["error"] for result in results):
        raise typer.Exit(1)


def _chosen(settings: "Settings", channel: str | None) -> list[str]:
    names = list(settings.channel)
    if channel is None and names:
        return names
    if channel in names:
        return [channel]
    if not names:
        raise UsageError("there is no channel yet; add a [channel.NAME] to the settings (docs/channels.md)")
    near = get_close_matches(str(channel), names, 1)
    hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(names)}"
    raise UsageError(f"no channel is named {channel!r}; {hint}")


def _sent(settings: "Settings", name: str) -> dict[str, Any]:
    from alerts import channels
    from alerts.channels.error import ChannelError
    from alerts.messages import sample

    channel = settings.channel[name]
    say(f"sending to {shown(name)} ...")
    try:
        channels.send(channel, sample(settings, clock()))
    except ChannelError as error:
        return {"channel": name, "kind": channel.kind, "sent": False, "error": str(error)}
    return {"channel": name, "kind": channel.kind, "sent": True, "error": None}


def acknowledge(
    episode: Annotated[int, typer.Argument(metavar="ID", help="Number of the episode, as listed.", min=1)],
    config: Config = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Say that somebody knows: an episode is not repeated then.

    Its changes and its end are still told.

    \b
    Examples:
      cascadewatch alerts ack 12
    """
    from cascadewatch.store import acts
    from cascadewatch.store.reads.json_rows import row_json

    with opened(config, db) as (_, store), store.writing() as connection:
        found = acts.acknowledge(connection, commander(), clock(), episode)
    answer(
        row_json(found), as_json,
        lambda: f"episode {found.id} ({shown(found.rule)}, {scope(found.cascade, found.route)}) is known",
    )  # fmt: skip
