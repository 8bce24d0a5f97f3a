"""What people do to alerts and replays, each with its row of the audit, in the transaction given."""

from sqlalchemy import Connection

from cascadewatch.store import audit, episodes, silences, wishes
from cascadewatch.store.audit import Actor
from cascadewatch.store.episodes import Episode
from cascadewatch.store.reads.json_rows import row_json
from cascadewatch.store.silences import Silence


def begin_silence(connection: Connection, by: Actor, now: int, ends: int, **about: str | None) -> Silence:
    """Begins a silence now; `about` is its rule, cascade, route and comment. Raises UsageError."""
    made = silences.create(connection, starts=now, ends=ends, author=by.author, now=now, **about)
    audit.record(connection, by, "silence.create", str(made.id), now, after=row_json(made))
    return made


def end_silence(connection: Connection, by: Actor, now: int, number: int) -> None:
    """Ends a silence now. Raises NotFoundError."""
    before = silences.end(connection, number, now)
    if before is not None:
        after = {"ends": row_json({"ends": now})["ends"]}
        audit.record(connection, by, "silence.end", str(number), now, before=row_json(before), after=after)


def acknowledge(connection: Connection, by: Actor, now: int, number: int) -> Episode:
    """Notes that somebody knows of an episode. Raises NotFoundError."""
    before = episodes.episode(connection, number)
    known = episodes.acknowledge(connection, number, by.author, now)
    if before is not None and before.acknowledged is None:
        about = {"rule": known.rule, "cascade": known.cascade, "route": known.route}
        audit.record(
            connection, by, "episode.acknowledge", str(number), now,
            before={"acknowledged_by": None}, after={"acknowledged_by": known.acknowledged_by, **about},
        )  # fmt: skip
    return known


def ask_for_replay(connection: Connection, by: Actor, now: int, name: str) -> bool:
    """Leaves the wish for a run; False when one waits already."""
    asked = wishes.ask(connection, wishes.Wish(name, by.author, now))
    if asked:
        audit.record(connection, by, "replay.run", name, now, after={"wish": "waits for a worker"})
    return asked
