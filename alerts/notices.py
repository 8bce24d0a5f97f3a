"""What is said of the alerting itself, and what is said when nothing better can be."""

from collections.abc import Iterable, Sequence

from alerts.message import Item, Message
from cascadewatch.settings import Settings
from cascadewatch.store.channel_states import ChannelState
from cascadewatch.store.episodes import Episode


def off(states: Iterable[ChannelState], settings: Settings, now: int) -> Message | None:
    """That channels are off, why, and the way out; None when none is any more."""
    gone = [state for state in states if state.is_off(now) and state.channel in settings.channel]
    if not gone:
        return None
    names = ", ".join(state.channel for state in gone)
    lines = [f"{state.channel} refused a message: {state.error}" for state in gone]
    lines.append(
        "It is left alone for 24 hours. What it should have said comes here instead, except digests."
    )
    name = gone[0].channel
    remedy = f"Correct [channel.{name}], then run `cascadewatch alerts test {name}`"
    lines.append(f"{remedy}: a sample that arrives turns it on again.")
    subject = f"{'Channel' if len(gone) == 1 else 'Channels'} {names}: off"
    return Message("", "notice", subject, f"{settings.public_url}/incidents", lines=tuple(lines))


def plain(episodes: Sequence[Episode], settings: Settings, more: int) -> Message:
    """Which episodes there are and where to read on: for when their words cannot be put together."""
    page = f"{settings.public_url}/incidents"
    items = [
        Item(
            episode=e.id, status="firing" if e.is_open else "resolved",
            severity="page" if e.severity == "page" else "ticket", rule=e.rule, cascade=e.cascade,
            route=e.route, title=f"{e.cascade}: {e.rule} is {e.state}",
            facts=(("Note", "The words for this could not be put together; the page has all of it."),),
            link=f"{page}?episode={e.id}", started=e.since, ended=e.resolved,
        )
        for e in episodes
    ]  # fmt: skip
    subject = items[0].title if len(items) + more == 1 else f"{len(items) + more} alerts"
    return Message("", "alert", subject, page, items=tuple(items), more=more)
