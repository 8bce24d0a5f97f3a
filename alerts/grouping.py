"""What is sent next on a channel, and when. Pure: rows and the channel's state in, a decision out."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

from alerts.backoff import LONGEST_MS
from alerts.message import Left
from cascadewatch.store.channel_states import ChannelState
from cascadewatch.store.outbox import APART_KINDS, PENDING, Waiting

SHOWN = 20  # episodes told one by one in a message; the others are counted
APART = 4  # cascades that get a message each; more share one
DOWN_MS = 3_600_000  # what piled up for so long while nothing got through is told at once
SPACING_MS = 1_000


def shown(kind: str) -> int | None:
    """How many episodes a message to a channel of this kind tells one by one; None: all of them, since
    Alertmanager makes an alert of each and does its own grouping."""
    return None if kind == "alertmanager" else SHOWN


Reason = Literal["send", "nothing", "off", "asked to wait", "spaced", "gathering", "backing off", "claimed"]


@dataclass(frozen=True, slots=True)
class Step:
    """What to do on a channel now: send `rows` as one message, or wait `until` (None: until rows come)."""

    reason: Reason
    rows: tuple[Waiting, ...] = ()
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that go into one message. It may be sent from `ready` (epoch ms) on; `reason` says what it waits
    for until then."""

    rows: tuple[Waiting, ...]
    ready: int
    reason: Reason


def decide(
    rows: Sequence[Waiting],
    state: ChannelState,
    now: int,
    *,
    called: int | None = None,
    ended: Mapping[int, int] | None = None,
) -> Step:
    """What to do next on a channel with these rows. `called` is when this process last called it (epoch ms).
    `ended` gives, for rows that another process has claimed, when that claim is over."""
    if not rows:
        return Step("nothing")
    if state.is_off(now):
        return Step("off")
    until = state.wait_until(now)
    if until is not None:
        return Step("asked to wait", until=until)
    last = max(called or 0, state.sent or 0)
    if 0 <= now - last < SPACING_MS:
        return Step("spaced", until=last + SPACING_MS)
    first = min(groups(rows, state, now, ended or {}), key=lambda group: group.ready)
    if first.ready > now:
        return Step(first.reason, until=first.ready)
    return Step("send", first.rows)


def groups(
    rows: Sequence[Waiting], state: ChannelState, now: int, ended: Mapping[int, int]
) -> Iterable[Group]:
    """Divides the rows into messages: one for each cascade, or one for all of them if there are many
    cascades or the channel was down for more than an hour.

    Cascades whose messages failed before are not mixed with others, so that a message which the receiver
    cannot take delays no other. A message that another process may have sent already keeps exactly its rows,
    since its id is made from them and the receiver knows a repetition by its id.
    """
    parts: dict[tuple[str, str], list[Waiting]] = {}
    pending = [r for r in rows if r.delivery.state == PENDING and r.delivery.kind not in APART_KINDS]
    failed = {row.cascade for row in pending if row.delivery.attempts}
    whole = {
        True: len(failed) > APART or _was_down(pending, failed, state, now),
        False: len({row.cascade for row in pending} - failed) > APART,
    }
    for row in rows:
        it, again = row.delivery, row.cascade in failed
        if it.state != PENDING:
            key = "claimed", it.message or ""
        elif it.kind in APART_KINDS:
            key = it.kind, ""
        else:
            key = "failed" if again else "new", "" if whole[again] else row.cascade or ""
        parts.setdefault(key, []).append(row)
    return [_group(kind, tuple(part), now, ended) for (kind, _), part in parts.items()]


def _was_down(
    pending: Iterable[Waiting], failed: Container[str | None], state: ChannelState, now: int
) -> bool:
    """Whether the oldest row that failed has waited for more than an hour, and nothing was sent meanwhile."""
    oldest = min((row.delivery.created for row in pending if row.cascade in failed), default=now)
    return now - oldest > DOWN_MS and (state.sent is None or state.sent < oldest)


def _group(kind: str, rows: tuple[Waiting, ...], now: int, ended: Mapping[int, int]) -> Group:
    if kind == "claimed":
        return Group(rows, max(ended.get(r.delivery.id, r.delivery.claimed or 0) for r in rows), "claimed")
    failed = [r.delivery.due for r in rows if r.delivery.attempts]
    ready = max(failed) if failed else min(r.delivery.due for r in rows)
    # A time further away than any wait was written while the clock was ahead.
    return Group(rows, ready if ready <= now + LONGEST_MS else now, "backing off" if failed else "gathering")


def told_first(rows: Iterable[Waiting]) -> list[int]:
    """The episodes of these rows, those that matter most first: the severe, then the older."""
    order = {r.delivery.episode: (r.severity != "page", r.opened, r.delivery.episode) for r in rows}
    return sorted(order, key=lambda episode: order[episode])


def left_out(rows: Sequence[Waiting], episodes: Iterable[int]) -> tuple[Left, ...]:
    """What a message counts of these episodes, which it does not tell one by one."""
    cascades = {r.delivery.episode: r.cascade or "" for r in rows}
    over = {r.delivery.episode for r in rows if r.delivery.kind == "resolved"}
    return tuple(Left(cascades[episode], episode in over) for episode in episodes)


def message_id(rows: Iterable[Waiting]) -> str:
    """The id of the message that carries these rows: the same whenever and however often it is sent."""
    text = ",".join(sorted(f"{r.delivery.id}:{r.delivery.created}:{r.delivery.channel}" for r in rows))
    return blake2b(text.encode(), digest_size=10).hexdigest()
