"""How the channels do, and what stands in the way of messages. Pure.

`problems` are what a banner says on every page; they hold names of channels, so they are plain text.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from cascadewatch.store.channel_states import ChannelState
from cascadewatch.store.rule_states import RuleState
from dashboard import text_incidents as text
from dashboard.formats import MINUTE, ago, when

LATE = 5 * MINUTE  # rules are evaluated every minute
Row = dict[str, Any]


class Problem(NamedTuple):
    """Something that keeps people from hearing of episodes, and the way out."""

    tone: Literal["red", "orange"]
    label: str
    words: str
    hint: str


def problems(
    channels: Mapping[str, ChannelState], known: Sequence[str], evaluated: int | None, now: int, zone: str
) -> list[Problem]:
    """The worst first. `known` are the channels of the settings, `evaluated` the last look of any rule."""
    out = []
    if evaluated is not None and now - evaluated > LATE:
        words = text.STALE.format(ago=ago(evaluated, now))
        out.append(Problem("red", text.NOT_WATCHING, words, text.STALE_HINT))
    for name in known:
        state = channels.get(name)
        if state is not None and not state.works(now):
            out.append(_problem(state, now, zone))
    return out


def _problem(state: ChannelState, now: int, zone: str) -> Problem:
    error = state.error or text.NO_ERROR
    if state.is_off(now):
        words = text.OFF.format(name=state.channel, ago=ago(state.off, now), error=error)
        return Problem("red", text.CHANNEL_OFF, words, text.OFF_HINT)
    since = when(state.failing if state.failing is not None else now, now, zone)
    words = text.FAILING.format(name=state.channel, time=since, error=error)
    return Problem("orange", text.CHANNEL_FAILING, words, text.FAILING_HINT)


def last_evaluated(states: Sequence[RuleState]) -> int | None:
    """When any rule last looked (epoch ms); None: never."""
    return max((state.evaluated for state in states), default=None)


def rows(
    kinds: Mapping[str, str], channels: Mapping[str, ChannelState], waiting: Mapping[str, int], now: int
) -> list[Row]:
    """One row per channel of the settings; `kinds` is its service by name, `waiting` what was given up."""
    return [_row(name, kind, channels.get(name), waiting.get(name, 0), now) for name, kind in kinds.items()]


def _row(name: str, kind: str, state: ChannelState | None, dead: int, now: int) -> Row:
    held = state or ChannelState(name)
    return {
        "channel": name, "kind": kind, "state": text.CHANNEL_STATES[condition(held, now)],
        "since": held.off if held.is_off(now) else held.failing, "sent": held.sent,
        "error": held.error, "dead": dead,
    }  # fmt: skip


def condition(state: ChannelState, now: int) -> str:
    """off, failing, waiting (it asked to be left alone), fine, or unused."""
    if state.is_off(now):
        return "off"
    if state.failing is not None:
        return "failing"
    if state.wait_until(now) is not None:
        return "waiting"
    return "unused" if state.sent is None else "fine"
