"""What waits for a channel that the settings do not have any more is told to those they name now: a channel
that was given another name loses nothing."""

import logging
from collections.abc import Mapping
from itertools import groupby

from sqlalchemy import Connection

from alerts import digest, standby
from alerts.rules import rules_of
from alerts.telling import channels_of
from cascadewatch.settings import Rule, Settings
from cascadewatch.store import channel_states, episodes, outbox
from cascadewatch.store.engine import Store
from cascadewatch.store.outbox import Waiting

log = logging.getLogger("cascadewatch.alerts")


def run(store: Store, settings: Settings, now: int) -> str:
    """Passes on what waits for former channels, covers what all that are named now have heard of, gives up
    what nobody is named for, and drops what was known of these channels."""
    rules = {rule.name: rule for rule in rules_of(settings)}
    with store.writing() as connection:
        channel_states.forget(connection, settings.channel)
        rows = outbox.strangers(connection, settings.channel)
        named = {row.delivery.id: _named(connection, row, rules, settings) for row in rows}
        heirs = _heirs(connection, rows, named)
        passed = [row for row in rows if heirs[row.delivery.id]]
        for row in passed:
            outbox.hand_over(connection, row.delivery, heirs[row.delivery.id], now)
        outbox.cover(connection, [row for row in named if named[row] and not heirs[row]], now)
        buried = outbox.bury_strangers(connection, settings.channel)
    _note([row for row in rows if heirs[row.delivery.id] or not named[row.delivery.id]], heirs)
    return f"{len(passed)} deliveries passed on, {buried} given up"


def _heirs(
    connection: Connection, rows: list[Waiting], named: Mapping[int, list[str]]
) -> dict[int, list[str]]:
    """By row the channels that take it over: those named for it now that have not heard of its episode."""
    given = outbox.given(connection, {row.delivery.episode for row in rows} - {0}, alive=True)
    found = {}
    for it in (row.delivery for row in rows):
        heard = given.get(it.episode, set())
        found[it.id] = [name for name in named[it.id] if name not in heard]
    return found


def _named(connection: Connection, row: Waiting, rules: Mapping[str, Rule], settings: Settings) -> list[str]:
    """The channels of the settings that are told of such a thing now."""
    if row.delivery.kind == outbox.DIGEST:
        return digest.channels(settings)
    episode = episodes.episode(connection, row.delivery.episode)
    rule = None if episode is None else rules.get(episode.rule)
    return channels_of(() if rule is None else rule.channels, standby.urgency(row), settings)


def _note(rows: list[Waiting], heirs: Mapping[int, list[str]]) -> None:
    said = sorted((row.delivery.channel, ", ".join(heirs[row.delivery.id])) for row in rows)
    for (channel, names), group in groupby(said):
        fields = {"channel": channel, "to": names or "nobody", "deliveries": len([*group])}
        log.warning("channel removed", extra={"fields": fields})
