"""The daily or weekly summary: put into the outbox once a period, its facts gathered when it is sent."""

from sqlalchemy import Connection

from alerts import checking, digest_times
from alerts.digest_times import Period
from alerts.message import Message
from alerts.words.digest import CascadeFacts, DigestFacts, digest
from cascadewatch import metrics
from cascadewatch.metrics.window import Metric
from cascadewatch.settings import Settings
from cascadewatch.store import channel_states, episodes, leases, outbox
from cascadewatch.store.engine import Store
from cascadewatch.store.reads import Reader

KEYS = ("escalation_rate", "cost_usd", "savings_usd", "savings_share", "headroom")
MOST_EPISODES = 200


def run(store: Store, settings: Settings, now: int, lease: leases.Lease | None) -> str:
    """Puts the digest of the last period into the outbox, unless it is there or was due too long ago."""
    if settings.alerts.digest == "off":
        return "off"
    names = channels(settings)
    period = digest_times.latest(settings.alerts, settings.timezone, now)
    with store.writing() as connection:
        if lease is not None and not leases.still(connection, lease, now):
            return "another worker leads"
        # One from the far future was written by a clock gone wrong and keeps nothing back.
        sent = outbox.of_kind(connection, outbox.DIGEST, period.end, now + digest_times.DAY_MS)
        reason = digest_times.decide(settings.alerts, period, bool(sent), now)
        if reason != "due":
            return reason
        outbox.enqueue(
            connection, episode=0, transition=period.end, kind=outbox.DIGEST, channels=names, now=now
        )
    return f"for {len(names)} channels"


def channels(settings: Settings) -> list[str]:
    """Who gets it: the channels of [alerts], else all but those that are for pages only."""
    named = settings.alerts.channels
    return [*named] or [name for name, one in settings.channel.items() if one.min_severity == "ticket"]


def words(store: Store, settings: Settings, end: int, now: int) -> Message | None:
    """The digest of the period that ended then; None while there is nothing to tell of."""
    period = digest_times.latest(settings.alerts, settings.timezone, end)
    with store.reading() as connection:
        facts = gather(connection, settings, period, now)
    return digest(facts, settings, now) if facts.has_news else None


def gather(connection: Connection, settings: Settings, period: Period, now: int) -> DigestFacts:
    """What the digest of a period tells, read at one moment."""
    reader = Reader(connection, settings)
    earlier = digest_times.latest(settings.alerts, settings.timezone, period.start)
    states = channel_states.states(connection)
    replays = checking.tables_of(settings)
    checks = {
        name: checking.last_check(connection, reader.cascade(name).last_label, replays.get(name, {}))
        for name in reader.known.cascades
    }
    found = [_cascade(reader, name, period, earlier, at) for name, at in checks.items()]
    return DigestFacts(
        start=period.start,
        end=period.end,
        cascades=tuple(one for one in found if one.events or one.events_before),
        episodes=tuple(episodes.page(connection, start=period.start, end=period.end, limit=MOST_EPISODES)),
        off=tuple(s.channel for s in states if s.channel in settings.channel and s.is_off(now)),
        dead=sum(period.start <= row.created < period.end for row in outbox.dead(connection)),
    )


def _cascade(reader: Reader, name: str, period: Period, earlier: Period, checked: int | None) -> CascadeFacts:
    (events, now), (events_before, then) = (_measured(reader, name, p) for p in (period, earlier))
    return CascadeFacts(name, events, events_before, now, then, checked)


def _measured(reader: Reader, name: str, period: Period) -> tuple[int, dict[str, Metric]]:
    window = reader.window(name, None, reader.cover(*period))
    return window.counts["events"], metrics.compute(window, KEYS)
