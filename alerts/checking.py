"""When the quality of a cascade was last checked: by a label of live traffic, or by a report of a replay."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection

from alerts.staleness import Checked
from cascadewatch.settings import Settings
from cascadewatch.settings.replaying import Replay
from cascadewatch.store import reports
from cascadewatch.store.reports import Head


def tables_of(settings: Settings) -> dict[str, dict[str, Replay]]:
    """For each cascade the [replay.NAME] tables about it, by their names."""
    named: dict[str, dict[str, Replay]] = {}
    for name, table in settings.replay.items():
        if table.cascade is not None:
            named.setdefault(table.cascade, {})[name] = table
    return named


def latest(connection: Connection, names: Iterable[str]) -> list[Head]:
    """The last report of each of these replays that checked quality."""
    every = (reports.ended(reports.heads(connection, name)) for name in names)
    return [found[0] for found in every if found]


def newest(label: int | None, heads: Sequence[Head]) -> Checked | None:
    """The latest check among these reports and the last label (`label`, epoch ms). None without any."""
    looks = [Checked(head.created, f"report {head.id} of {head.name}") for head in heads]
    looks += [] if label is None else [Checked(label, "a label")]
    return max(looks, key=lambda one: one.at, default=None)


def last_check(connection: Connection, label: int | None, tables: Mapping[str, Replay]) -> int | None:
    """When the quality of a cascade with these replays was last checked (epoch ms). `label` is the time of
    its last label. None: never."""
    found = newest(label, latest(connection, tables))
    return None if found is None else found.at
