"""Replays as rows: a run, the result of each of its cases, and the dollars held for calls under way.

A case is marked as sent, with the most it can cost, before it is sent: whoever takes a run over after a
crash knows which calls may have been paid. Money is nano-dollars, times are epoch milliseconds.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, select, update

from cascadewatch.store import dialect
from cascadewatch.store.replay_tables import eval_sets, replay_results, replays

RUNNING, FINISHED, INCOMPLETE, FAILED = "running", "finished", "incomplete", "failed"
SENT, ANSWERED, DONE, LOST = "sent", "answered", "done", "failed"


@dataclass(frozen=True, slots=True)
class Run:
    """One replay. `spent` is known to have been spent, `reserved` is what open and lost calls may cost."""

    id: int
    name: str
    cascade: str | None
    eval_set: str
    state: str
    cause: str
    author: str
    started: int
    finished: int | None
    cases: int
    done: int
    failed: int
    spent: int
    reserved: int
    limit: int | None
    config: Mapping[str, Any]
    config_hash: str
    owner: str | None
    claimed: int | None
    message: str | None


class Key(NamedTuple):
    """Which answer of which run."""

    replay: int
    case: str
    repeat: int


@dataclass(frozen=True, slots=True)
class Result:
    """What is known of one answer. `outcome` is "ok" or the name of a failure; `detail` is JSON.

    `reserved` stays on a failed call that may have been billed: nobody knows what it cost.
    """

    case: str
    repeat: int
    state: str
    outcome: str | None = None
    correct: bool | None = None
    accepted: bool | None = None
    score: float | None = None
    verdict: str | None = None
    reason: str | None = None
    cost: int | None = None
    reserved: int = 0
    attempts: int = 1
    detail: Mapping[str, Any] | None = None


def start(connection: Connection, values: Mapping[str, Any], now: int) -> Run:
    """A new run; `values` as the columns, without `seq`, counters and state."""
    number = dialect.take_sequence(connection, "replays", 1)
    fresh = {"state": RUNNING, "started": now, "done": 0, "failed": 0, "spent": 0, "reserved": 0}
    row = dict(values) | fresh | {"seq": number, "config": json.dumps(values["config"], sort_keys=True)}
    connection.execute(insert(replays).values(row))
    found = run(connection, number)
    assert found is not None
    return found


def run(connection: Connection, number: int) -> Run | None:
    """One run; None if there is none of this number."""
    row = connection.execute(select(replays).where(replays.c.seq == number)).first()
    return None if row is None else _run(row)


def runs(connection: Connection, name: str | None = None, limit: int = 50) -> list[Run]:
    """The latest runs, newest first."""
    wanted = select(replays).order_by(replays.c.started.desc(), replays.c.seq.desc()).limit(limit)
    if name is not None:
        wanted = wanted.where(replays.c.name == name)
    return [_run(row) for row in connection.execute(wanted)]


def unfinished(connection: Connection, name: str, config_hash: str) -> Run | None:
    """The latest run of this name and configuration that has not ended."""
    mine = (replays.c.name == name, replays.c.config_hash == config_hash, replays.c.state == RUNNING)
    row = connection.execute(select(replays).where(*mine).order_by(replays.c.seq.desc()).limit(1)).first()
    return None if row is None else _run(row)


def claim(connection: Connection, number: int, owner: str, now: int, until: int) -> bool:
    """Takes or keeps a running replay until `until`; False while another has it."""
    free = replays.c.owner.is_(None) | (replays.c.owner == owner) | (replays.c.claimed <= now)
    mine = (replays.c.seq == number, replays.c.state == RUNNING, free)
    changed = connection.execute(update(replays).where(*mine).values(owner=owner, claimed=until))
    return changed.rowcount == 1


def spent_since(connection: Connection, start: int) -> int:
    """Dollars spent or held by all runs that began from `start` on, in nano-dollars."""
    total = select(func.sum(replays.c.spent + replays.c.reserved)).where(replays.c.started >= start)
    return int(connection.execute(total).scalar() or 0)


def reserve(connection: Connection, key: Key, amount: int, month: tuple[int, int] | None) -> bool:
    """Marks a case as sent and holds what it may cost; False where a limit would be passed.

    `month` is (its start, most that all runs since then may spend). A case that was sent before and has no
    answer keeps what was held for it: that call may have been paid.
    """
    if month is not None and spent_since(connection, month[0]) + amount > month[1]:
        return False
    total = replays.c.spent + replays.c.reserved + amount
    free = (replays.c.seq == key.replay) & (replays.c.limit.is_(None) | (total <= replays.c.limit))
    held = connection.execute(update(replays).where(free).values(reserved=replays.c.reserved + amount))
    if held.rowcount != 1:
        return False
    again = connection.execute(
        update(replay_results)
        .where(*_is(key))
        .values(
            state=SENT,
            attempts=replay_results.c.attempts + 1,
            reserved=replay_results.c.reserved + amount,
        )
    )
    if again.rowcount == 0:
        connection.execute(
            insert(replay_results).values(_values(key, Result(*key[1:], SENT, reserved=amount)))
        )
    return True


def record(connection: Connection, number: int, result: Result, release: int, cost: int) -> None:
    """Writes what became of an answer; gives `release` back and books `cost` as spent.

    Counted as done or failed when it becomes so, once.
    """
    key = Key(number, result.case, result.repeat)
    before = connection.execute(select(replay_results.c.state).where(*_is(key))).scalar()
    values = _values(key, result)
    if before is None:
        connection.execute(insert(replay_results).values(values))
    else:
        kept = {"replay", "case", "repeat", "attempts"}
        changes = {name: value for name, value in values.items() if name not in kept}
        connection.execute(update(replay_results).where(*_is(key)).values(changes))
    ended = before not in (DONE, LOST)
    connection.execute(
        update(replays)
        .where(replays.c.seq == number)
        .values(
            done=replays.c.done + int(ended and result.state == DONE),
            failed=replays.c.failed + int(ended and result.state == LOST),
            reserved=replays.c.reserved - release,
            spent=replays.c.spent + cost,
        )
    )


def record_free(connection: Connection, number: int, found: Sequence[Result]) -> None:
    """Writes the results of answers that cost nothing, none of which was written before."""
    if not found:
        return
    rows = [_values(Key(number, result.case, result.repeat), result) for result in found]
    connection.execute(insert(replay_results), rows)
    connection.execute(
        update(replays)
        .where(replays.c.seq == number)
        .values(
            done=replays.c.done + sum(result.state == DONE for result in found),
            failed=replays.c.failed + sum(result.state == LOST for result in found),
        )
    )


def results(connection: Connection, number: int) -> list[Result]:
    """Everything known of a run's answers, by case and repeat."""
    rows = connection.execute(
        select(replay_results)
        .where(replay_results.c.replay == number)
        .order_by(replay_results.c.case, replay_results.c.repeat)
    )
    return [_result(row) for row in rows]


def end(connection: Connection, number: int, state: str, now: int, message: str | None) -> bool:
    """Ends a run; False when it had ended before."""
    mine = (replays.c.seq == number, replays.c.state == RUNNING)
    values = {"state": state, "finished": now, "message": message, "owner": None, "claimed": None}
    return connection.execute(update(replays).where(*mine).values(values)).rowcount == 1


def know_set(connection: Connection, statement: Mapping[str, Any], now: int) -> None:
    """Remembers a version of an eval set, once."""
    known = select(eval_sets.c.hash).where(eval_sets.c.hash == statement["hash"])
    if connection.execute(known).first() is None:
        connection.execute(
            insert(eval_sets).values(
                hash=statement["hash"],
                name=statement["name"],
                seen=now,
                cases=statement["cases"],
                detail=json.dumps(statement, sort_keys=True),
            )
        )


def _is(key: Key) -> tuple[Any, ...]:
    columns = replay_results.c
    return (columns.replay == key.replay, columns.case == key.case, columns.repeat == key.repeat)


def _values(key: Key, result: Result) -> dict[str, Any]:
    return {
        "replay": key.replay,
        "case": key.case,
        "repeat": key.repeat,
        "state": result.state,
        "outcome": result.outcome,
        "correct": None if result.correct is None else int(result.correct),
        "accepted": None if result.accepted is None else int(result.accepted),
        "score": result.score,
        "verdict": result.verdict,
        "reason": result.reason,
        "cost": result.cost,
        "reserved": result.reserved,
        "attempts": result.attempts,
        "detail": json.dumps(result.detail or {}, sort_keys=True),
    }


def _run(row: Any) -> Run:
    fields = dict(row._mapping)
    fields["id"] = fields.pop("seq")
    return Run(**fields | {"config": json.loads(fields["config"])})


def _result(row: Any) -> Result:
    fields = dict(row._mapping)
    del fields["replay"]
    for name in ("correct", "accepted"):
        fields[name] = None if fields[name] is None else bool(fields[name])
    return Result(**fields | {"detail": json.loads(fields["detail"])})
