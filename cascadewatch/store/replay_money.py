"""Dollars of a run: held before a call may cost them, booked or given back afterwards, within the limits.

Called for every case, so the statements are made once.
"""

from typing import Literal

from sqlalchemy import BigInteger, Connection, Text, bindparam, func, insert, select, update

from cascadewatch.store.replay_tables import replay_results, replays
from cascadewatch.store.replays import DONE, LOST, RUNNING, SENT, Key, Result, values_of

# Why nothing may be sent: the run's own limit, that of the month, or the run is somebody else's by now.
Refusal = Literal["run", "month", "lost"]

_NUMBER, _OWNER = bindparam("number", type_=BigInteger), bindparam("who", type_=Text)
_AMOUNT = bindparam("amount", type_=BigInteger)
_RUN = replays.c.seq == _NUMBER
_MINE = (_RUN, replays.c.state == RUNNING, replays.c.owner == _OWNER)
_IS = (
    replay_results.c.replay == _NUMBER,
    replay_results.c.case == bindparam("which"),
    replay_results.c.repeat == bindparam("turn"),
)
_SPENT_SINCE = select(func.sum(replays.c.spent + replays.c.reserved)).where(
    replays.c.started >= bindparam("since")
)
_HELD = (
    update(replays)
    .where(
        *_MINE,
        replays.c.limit.is_(None) | (replays.c.spent + replays.c.reserved + _AMOUNT <= replays.c.limit),
    )
    .values(reserved=replays.c.reserved + _AMOUNT)
)
_KNOWN = select(replays.c.seq).where(*_MINE)
_SENT = insert(replay_results)
_SENT_AGAIN = (
    update(replay_results)
    .where(*_IS)
    .values(
        attempts=replay_results.c.attempts + 1,
        reserved=replay_results.c.reserved + _AMOUNT,
    )
)
_KEPT = {"replay", "case", "repeat", "attempts", "reserved"}
_BACK = update(replay_results).where(*_IS).values(reserved=replay_results.c.reserved - _AMOUNT)
_WRITTEN = _BACK.where(replay_results.c.state.not_in((DONE, LOST))).values(
    {column.name: bindparam(f"new_{column.name}") for column in replay_results.c if column.name not in _KEPT}
)
_BOOKED = (
    update(replays)
    .where(_RUN)
    .values(
        done=replays.c.done + bindparam("more_done"),
        failed=replays.c.failed + bindparam("more_failed"),
        reserved=replays.c.reserved - _AMOUNT,
        spent=replays.c.spent + bindparam("booked"),
    )
)


def spent_since(connection: Connection, start: int) -> int:
    """Dollars spent or held by all runs that began from `start` on, in nano-dollars."""
    return int(connection.execute(_SPENT_SINCE, {"since": start}).scalar() or 0)


def reserve(
    connection: Connection, key: Key, owner: str, amount: int, month: tuple[int, int] | None, *, again: bool
) -> Refusal | None:
    """Marks a case as sent and holds what it may cost; else says what stands against it.

    `month` is (its start, most that all runs since then may spend). `again`: it was sent before and has no
    verdict; what was held for it stays, since that call may have been paid.
    """
    mine = {"number": key.replay, "who": owner}
    if month is not None and spent_since(connection, month[0]) + amount > month[1]:
        return "month"
    if connection.execute(_HELD, mine | {"amount": amount}).rowcount != 1:
        return "lost" if connection.execute(_KNOWN, mine).first() is None else "run"
    if again:
        connection.execute(_SENT_AGAIN, _which(key) | {"amount": amount})
    else:
        connection.execute(_SENT, values_of(key, Result(*key[1:], SENT, reserved=amount)))
    return None


def record(connection: Connection, number: int, result: Result, release: int, cost: int) -> None:
    """Writes what became of an answer that was sent; gives `release` back and books `cost` as spent.

    Counted as done or failed once. What an earlier process has written already stays: then only the
    money is booked.
    """
    key = Key(number, result.case, result.repeat)
    which = _which(key) | {"amount": release}
    new = {f"new_{name}": value for name, value in values_of(key, result).items() if name not in _KEPT}
    wrote = connection.execute(_WRITTEN, which | new).rowcount
    if not wrote:
        connection.execute(_BACK, which)
    counts = {"more_done": wrote * (result.state == DONE), "more_failed": wrote * (result.state == LOST)}
    connection.execute(_BOOKED, {"number": number, "amount": release, "booked": cost} | counts)


def _which(key: Key) -> dict[str, int | str]:
    return {"number": key.replay, "which": key.case, "turn": key.repeat}
