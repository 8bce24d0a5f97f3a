"""Who is told in place of a channel that fails. Pure: rows and channels' states in, names out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from cascadewatch.settings import Channel
from cascadewatch.store.channel_states import ChannelState
from cascadewatch.store.outbox import APART_KINDS, DIGEST, DISK, NOTICE, Heard, Waiting

PATIENCE_MS = 300_000
LEFT_OUT = (DIGEST, NOTICE)  # a digest can wait, and a notice was put in for the stand-in itself
URGENT = ("firing", DISK)  # while these wait and nobody can be told, nothing is as it should be

Hearers = Mapping[tuple[int, int, str], Mapping[str, Heard]]  # (episode, transition, kind) -> by channel


class Copy(NamedTuple):
    """A delivery that another channel makes too."""

    row: Waiting
    channel: str


def is_needed(state: ChannelState, now: int) -> bool:
    """Whether another channel has to take over, because this one is off or has failed for too long."""
    return state.is_off(now) or (state.failing is not None and now - state.failing >= PATIENCE_MS)


def copies(
    rows: Iterable[Waiting],
    hearers: Hearers,
    states: Mapping[str, ChannelState],
    channels: Mapping[str, Channel],
    now: int,
) -> list[Copy]:
    """Deliveries waiting for a failing channel that no other was told and no working one was given, each with
    the channel that takes over."""
    out = []
    for row in rows:
        same = _same(row, hearers, channels)
        cared_for = any(told or _works(name, states, now) for name, told in same.items())
        if row.delivery.kind in LEFT_OUT or cared_for:
            continue
        name = other(row.delivery.channel, states, channels, now, severity=urgency(row), without=same)
        if name is not None:
            out.append(Copy(row, name))
    return out


def _same(row: Waiting, hearers: Hearers, channels: Mapping[str, Channel]) -> dict[str, bool]:
    """The channels of the settings that hear the same, each with whether it was told. What a former channel
    heard does not count: it is not known who reads that."""
    it = row.delivery
    # News of the installation itself have the same numbers each time: only those since this row count.
    since = it.created if it.kind in APART_KINDS else 0
    return {
        name: one.told is not None and one.told >= since
        for name, one in hearers.get((it.episode, it.transition, it.kind), {}).items()
        if name in channels and one.created >= since
    }


def urgency(row: Waiting) -> str:
    """How severe it is: as its episode, and a disk that fills up is one for pages."""
    return "page" if row.delivery.kind == DISK else row.severity


def stands_still(
    rows: Iterable[Waiting],
    hearers: Hearers,
    states: Mapping[str, ChannelState],
    channels: Mapping[str, Channel],
    now: int,
) -> bool:
    """Whether something urgent waits for more than five minutes for a channel that does not work, no other
    was told it, and none works that could take it. A time ahead was written by a clock gone wrong: it was
    long ago."""
    return any(
        row.delivery.kind in URGENT
        and abs(now - row.delivery.created) > PATIENCE_MS
        and not _works(row.delivery.channel, states, now)
        and not any(_same(row, hearers, channels).values())
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
