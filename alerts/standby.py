"""Who is told in place of a channel that fails. Pure: rows and channels' states in, names out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from cascadewatch.settings import Channel
from cascadewatch.store.channel_states import ChannelState
from cascadewatch.store.outbox import APART_KINDS, DIGEST, DISK, NOTICE, Waiting

PATIENCE_MS = 300_000
LEFT_OUT = (DIGEST, NOTICE)  # a digest can wait, and a notice was put in for the stand-in itself
URGENT = ("firing", DISK)  # while these wait and nobody can be told, nothing is as it should be


class Copy(NamedTuple):
    """A delivery that another channel makes too."""

    row: Waiting
    channel: str


def is_needed(state: ChannelState, now: int) -> bool:
    """Whether another channel has to take over, because this one is off or has failed for too long."""
    return state.is_off(now) or (state.failing is not None and now - state.failing >= PATIENCE_MS)


def copies(
    rows: Iterable[Waiting],
    heard: Mapping[tuple[int, int, str], Mapping[str, int]],
    states: Mapping[str, ChannelState],
    channels: Mapping[str, Channel],
    now: int,
) -> list[Copy]:
    """Deliveries waiting for a failing channel that no working channel was given either, each with the
    channel that takes over.

    `heard` gives by (episode, transition, kind) every channel that hears of it, with when it was put in.
    """
    out = []
    for row in rows:
        it = row.delivery
        same = heard.get((it.episode, it.transition, it.kind), {})
        # News of the installation itself have the same numbers each time: only those since this row count.
        told = {name for name, at in same.items() if it.kind not in APART_KINDS or at >= it.created}
        if it.kind in LEFT_OUT or any(_works(name, states, now) for name in told):
            continue
        name = other(it.channel, states, channels, now, severity=urgency(row), without=told)
        if name is not None:
            out.append(Copy(row, name))
    return out


def urgency(row: Waiting) -> str:
    """How severe it is: as its episode, and a disk that fills up is one for pages."""
    return "page" if row.delivery.kind == DISK else row.severity


def stands_still(
    rows: Iterable[Waiting],
    states: Mapping[str, ChannelState],
    channels: Mapping[str, Channel],
    now: int,
) -> bool:
    """Whether something urgent waits for more than five minutes for a channel that does not work, and no
    other works that could take it. A time ahead was written by a clock gone wrong: it was long ago."""
    return any(
        row.delivery.kind in URGENT
        and abs(now - row.delivery.created) > PATIENCE_MS
        and not _works(row.delivery.channel, states, now)
        and other(row.delivery.channel, states, channels, now, severity=urgency(row)) is None
        for row in rows
    )


def other(
    failing: str,
    states: Mapping[str, ChannelState],
    channels: Mapping[str, Channel],
    now: int,
    *,
    severity: str = "page",
    without: Iterable[str] = (),
) -> str | None:
    """The next channel of the settings that works and takes this severity; None where there is none."""
    names: Sequence[str] = [*channels]
    at = names.index(failing) + 1
    left = [name for name in (*names[at:], *names[: at - 1]) if name not in {*without}]
    takers = (name for name in left if severity == "page" or channels[name].min_severity == "ticket")
    return next((name for name in takers if _works(name, states, now)), None)


def _works(name: str, states: Mapping[str, ChannelState], now: int) -> bool:
    return states.get(name, ChannelState(name)).works(now)
