"""Who is told in place of a channel that fails. Pure: rows and channels' states in, names out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from cascadewatch.settings import Channel
from cascadewatch.store.channel_states import ChannelState
from cascadewatch.store.outbox import Waiting

PATIENCE_MS = 300_000
CARRIED = ("firing", "resolved")


class Copy(NamedTuple):
    """A delivery that another channel makes too."""

    row: Waiting
    channel: str


def is_needed(state: ChannelState, now: int) -> bool:
    """Whether another channel has to take over, because this one is off or has failed for too long."""
    return state.is_off(now) or (state.failing is not None and now - state.failing >= PATIENCE_MS)


def copies(
    rows: Iterable[Waiting],
    heard: Mapping[tuple[int, int, str], set[str]],
    states: Mapping[str, ChannelState],
    channels: Mapping[str, Channel],
    now: int,
) -> list[Copy]:
    """Deliveries waiting for a failing channel that no working channel was given either, each with the
    channel that takes over.

    `heard` gives by (episode, transition, kind) every channel that hears of it.
    """
    out = []
    for row in rows:
        it = row.delivery
        told = heard.get((it.episode, it.transition, it.kind), set())
        if it.kind not in CARRIED or any(_works(name, states, now) for name in told):
            continue
        name = other(it.channel, states, channels, now, severity=row.severity, without=told)
        if name is not None:
            out.append(Copy(row, name))
    return out


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
