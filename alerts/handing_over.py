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
    """Passes on what waits for former channels, gives up what nobody else is to hear, and drops what was
    known of these channels."""
    with store.writing() as connection:
        channel_states.forget(connection, settings.channel)
        rows = outbox.strangers(connection, settings.channel)
        heirs = _heirs(connection, rows, settings)
        passed = [row for row in rows if heirs[row.delivery.id]]
        for row in passed:
            outbox.hand_over(connection, row.delivery, heirs[row.delivery.id], now)
        buried = outbox.bury_strangers(connection, settings.channel)
    _note(rows, heirs)
    return f"{len(passed)} deliveries passed on, {buried} given up"


def _heirs(connection: Connection, rows: list[Waiting], settings: Settings) -> dict[int, list[str]]:
    """By row the channels that take it over: those told of such a thing now that have not heard of it."""
    rules = {rule.name: rule for rule in rules_of(settings)}
    given = outbox.given(connection, {row.delivery.episode for row in rows} - {0}, alive=True)
    found = {}
    for row in rows:
        heard = given.get(row.delivery.episode, set())
        found[row.delivery.id] = [
            name for name in _named(connection, row, rules, settings) if name not in heard
        ]
    return found


def _named(connection: Connection, row: Waiting, rules: Mapping[str, Rule], settings: Settings) -> list[str]:
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
