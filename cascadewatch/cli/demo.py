"""`demo`: a database with 30 days of recorded cascade traffic, and the pages on it."""

import logging
import os
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cascadewatch.cli import assembly, demo_replays, listening, processes
from cascadewatch.cli.clock import clock
from cascadewatch.cli.logs import configure
from cascadewatch.cli.opening import opened, writing
from cascadewatch.cli.options import HOST, PORT, Config, Db, Host, Json, LogFormat, Open, Port
from cascadewatch.cli.output import answer, say
from cascadewatch.cli.progress import progress_bar
from cascadewatch.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cascadewatch.settings import Settings
    from cascadewatch.store.engine import Store

log = logging.getLogger("cascadewatch.demo")

SOURCE = "demo"  # the sender of the demo's events, and the author of its annotations
BATCH = 5_000
FRESH_MS = 6 * 3_600_000  # older ones are made anew, so that the demo always ends now
OURS = "# Written by `cascadewatch demo`, and written again each time it runs."


def demo(  # noqa: PLR0913 - one for each option
    *,
    fresh: Annotated[bool, typer.Option("--fresh", help="Make the demo's events anew.")] = False,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Only fill the database.")] = False,
    config: Config = None,
    db: Db = None,
    host: Host = HOST,
    port: Port = PORT,
    is_open: Open = False,
    log_format: LogFormat = "text",
    as_json: Json = False,
) -> None:
    """Show 30 days of recorded cascade traffic, ending now.

    They lie in a database of their own; its settings are written to cascadewatch.toml beside it, or
    to --config. A demo less than six hours old is shown again as it is.

    \b
    Examples:
      cascadewatch demo
      cascadewatch demo --db sqlite:///demo.db --port 9000
    """
    configure(log_format)
    file = _write_settings(config, db)
    if no_serve:
        with opened(file, None, log.info) as (settings, store):
            document = _fill(settings, store, fresh, db is None)
        document |= {"config": str(file), "database_url": settings.database_url}
        answer(document, as_json, lambda: f"{_about()}\n\ncascadewatch up --config {file} shows it.")
        return
    with listening.reserve(host, port) as sock, opened(file, None, log.info) as (settings, store):
        lacking = listening.locked(settings, store, host, dashboard=True, is_open=is_open)
        say(_about())
        _fill(settings, store, fresh, db is None)
        assembly.tell_pages(file, settings, lacking)
        say(f"\nThe demo is at {listening.url_of(sock)} (Ctrl+C ends it)")
        processes.run_whole(processes.reachable(settings, host), store, sock, host)


def _write_settings(config: Path | None, db: str | None) -> Path:
    """The demo's settings file, where it is to be. UsageError where another file is in its place."""
    from sqlalchemy import make_url

    from cascadewatch.demo import settings_toml
    from cascadewatch.settings.values import parse_database_url, sqlite_url

    home = _home()
    try:
        url = parse_database_url(db or sqlite_url(home / "demo.db"), Path.cwd())
    except ValueError as error:
        raise UsageError(f"--db {error}") from None
    folder = Path(str(make_url(url).database)).parent if db and url.startswith("sqlite:") else home
    file = (config or folder / "cascadewatch.toml").absolute()
    if file.exists() and not file.read_text(encoding="utf-8", errors="replace").startswith(OURS):
        raise UsageError(f"{file} is not the demo's and stays as it is; name another with --config")
    quoted = url.replace("\\", "\\\\").replace('"', '\\"')
    # Its callers are made up, and their names are part of the story.
    text = f'{OURS}\ndatabase_url = "{quoted}"\ncaller_ids = "plain"\n\n{settings_toml()}'
    try:
        for needed in (file.parent, *([home] if db is None else [])):
            needed.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)  # the URL may hold a password
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None
    return file


def _about() -> str:
    """What is recorded and what is arranged, in lines that fit a terminal."""
    import textwrap

    from cascadewatch.demo import describe

    return "\n".join(textwrap.fill(line, 100) for line in describe().splitlines())


def _home() -> Path:
    """Where this user's demo lies."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "cascadewatch" / "demo"
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "cascadewatch" / "demo"


def _fill(settings: "Settings", store: "Store", fresh: bool, own: bool) -> dict[str, Any]:
    """Brings the demo's events in, unless they are there and young. Its own database may be emptied."""
    now = clock()
    demo_replays.write_sets(settings)
    with store.reading() as connection:
        others, newest = _held(connection)
    if others and not own:
        raise UsageError(
            f"the database holds events of {', '.join(others)}, which the demo does not touch; "
            "name another with --db, or leave --db out"
        )
    if newest is not None and not fresh and 0 <= now - newest < FRESH_MS:
        return {"events": None, "reused": True}
    if newest is not None or others:
        _empty(settings, store, now)
    return {"events": _load(settings, store, now), "reused": False}


def _held(connection: "Connection") -> tuple[list[str], int | None]:
    """Senders besides the demo, and when the demo ends; None while it is not whole.

    Its annotations are written last: without them it was interrupted.
    """
    from sqlalchemy import func, select

    from cascadewatch.replay.events import SOURCE as REPLAYED
    from cascadewatch.store.tables import annotations, sources

    ends: dict[str, int] = {}
    for name, last in connection.execute(select(sources.c.source, sources.c.last_time)):
        ends[name] = max(last, ends.get(name, 0))
    whole = select(func.count()).select_from(annotations).where(annotations.c.author == SOURCE)
    newest = ends.pop(SOURCE, None)
    if newest is not None:
        ends.pop(REPLAYED, None)  # answers of its own replays
    if newest is not None and not connection.execute(whole).scalar():
        newest = 0
    return sorted(ends), newest


def _empty(settings: "Settings", store: "Store", now: int) -> None:
    """Drops the schema and makes it anew: other processes may have the file open."""
    from cascadewatch.store import migrate

    with store.writing() as connection:
        migrate.run(connection, "base")
    migrate.upgrade(store, settings, now)


def _load(settings: "Settings", store: "Store", now: int) -> int:
    """Writes the events in batches, plays the replays, lets the rules find what is in all of it, then writes
    the annotations: those are the sign that it is whole. The number of events."""
    from cascadewatch.demo import build
    from cascadewatch.store.receipt import Batch
    from cascadewatch.store.writes import Mark

    made = build(now, settings.timezone)
    accepted = sent = 0
    with writing(settings, store) as writer:
        with progress_bar() as progress:
            while chunk := list(islice(made.events, BATCH)):
                batch = Batch(SOURCE, list(enumerate(chunk)), [], now)
                accepted += writer.write([batch])[0].accepted
                sent += len(chunk)
                progress("loading", sent, made.count)
        demo_replays.play(settings, store, now)
        _watch(settings, store, now)
        writer.write([Mark(a.time_ms, a.cascade, a.route, a.text, SOURCE) for a in made.annotations])
    return accepted


def _watch(settings: "Settings", store: "Store", now: int) -> None:
    """What a worker would have done meanwhile: its incidents are found by the rules, none is painted on."""
    from alerts import changes, evaluate

    say("The rules look through it ...")
    changes.run(store, settings, now)
    evaluate.run(store, settings, now, None)
