"""Replays as rows: a run, the result of each of its cases, and the dollars held for calls under way.

A case is marked as sent, with the most it can cost, before it is sent: whoever takes a run over after a
crash knows which calls may have been paid. Money is nano-dollars, times are epoch milliseconds.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, update

from cascadewatch.store import dialect
from cascadewatch.store.replay_tables import eval_sets, replay_results, replays
from cascadewatch.store.tables import jobs

RUNNING, FINISHED, INCOMPLETE, FAILED = "running", "finished", "incomplete", "failed"
SENT, ANSWERED, DONE, LOST = "sent", "answered", "done", "failed"
UNATTENDED = ("schedule", "alert")  # causes of runs whose regression a second run has to confirm
GIVEN_UP = "left unfinished for too long to go on with"


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

    def goes_on(self, now: int) -> bool:
        """Whether somebody has it; one that was interrupted or killed is unfinished too."""
        return self.state == RUNNING and self.owner is not None and (self.claimed or 0) > now


class Slot(NamedTuple):
    """A time (epoch ms) at which a schedule wanted a run, and what became of it: `state` is running, done or
    failed."""

    time: int
    state: str
    message: str | None


class Key(NamedTuple):
    """Which answer of which run."""

    replay: int
    case: str
    repeat: int


@dataclass(frozen=True, slots=True)
class Result:
    """What is known of one answer. `outcome` is "ok" or the name of a failure; `detail` is JSON.

    `reserved` is what stays held for calls of which nobody knows what they cost.
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
    return run_of(connection, number)


def run(connection: Connection, number: int) -> Run | None:
    """One run; None if there is none of this number."""
    row = connection.execute(select(replays).where(replays.c.seq == number)).first()
    return None if row is None else _run(row)


def run_of(connection: Connection, number: int) -> Run:
    """One run that is known to be there."""
    found = run(connection, number)
    assert found is not None
    return found


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


def latest(connection: Connection, name: str, cause: str | None = None) -> Run | None:
    """The run of a name that began last, of one cause if that is said."""
    wanted = select(replays).where(replays.c.name == name)
    if cause is not None:
        wanted = wanted.where(replays.c.cause == cause)
    row = connection.execute(wanted.order_by(replays.c.started.desc(), replays.c.seq.desc()).limit(1)).first()
    return None if row is None else _run(row)


def last_slot(connection: Connection, job: str) -> Slot | None:
    """The latest slot of a job that was claimed."""
    wanted = select(jobs.c.slot, jobs.c.state, jobs.c.message).where(jobs.c.job == job)
    row = connection.execute(wanted.order_by(jobs.c.slot.desc()).limit(1)).first()
    return None if row is None else Slot(*row)


def release(connection: Connection, number: int, owner: str, now: int) -> None:
    """Gives a run back that has not ended, if `owner` still has it."""
    mine = (replays.c.seq == number, replays.c.state == RUNNING, replays.c.owner == owner)
    connection.execute(update(replays).where(*mine).values(owner=None, claimed=now))


def give_up(connection: Connection, name: str, before: int, now: int) -> int:
    """Ends unfinished runs of the name that nobody has had since `before`; how many."""
    old = (replays.c.name == name, replays.c.state == RUNNING, replays.c.claimed <= before)
    values = {"state": FAILED, "finished": now, "owner": None, "message": GIVEN_UP}
    return connection.execute(update(replays).where(*old).values(values)).rowcount


def abandon(connection: Connection, number: int, message: str, now: int) -> bool:
    """Ends a run that nobody has; False where it had ended, or somebody has it."""
    free = replays.c.owner.is_(None) | (replays.c.claimed <= now)
    mine = (replays.c.seq == number, replays.c.state == RUNNING, free)
    values = {"state": FAILED, "finished": now, "owner": None, "message": message}
    return connection.execute(update(replays).where(*mine).values(values)).rowcount == 1


def left_behind(connection: Connection, now: int) -> list[Run]:
    """Unfinished runs that nobody has, the oldest first."""
    free = replays.c.owner.is_(None) | (replays.c.claimed <= now)
    wanted = select(replays).where(replays.c.state == RUNNING, free).order_by(replays.c.seq)
    return [_run(row) for row in connection.execute(wanted)]


def record_free(connection: Connection, number: int, owner: str, found: Sequence[Result]) -> bool:
    """Writes results of answers that cost nothing, none written before; False once another has the run."""
    mine = (replays.c.seq == number, replays.c.state == RUNNING, replays.c.owner == owner)
    counted = update(replays).where(*mine)
    done = sum(result.state == DONE for result in found)
    lost = sum(result.state == LOST for result in found)
    values = {"done": replays.c.done + done, "failed": replays.c.failed + lost}
    if connection.execute(counted.values(values)).rowcount != 1:
        return False
    rows = [values_of(Key(number, result.case, result.repeat), result) for result in found]
    connection.execute(insert(replay_results), rows)
    return True


def results(connection: Connection, number: int) -> list[Result]:
    """Everything known of a run's answers, by case and repeat."""
    rows = connection.execute(
        select(replay_results)
        .where(replay_results.c.replay == number)
        .order_by(replay_results.c.case, replay_results.c.repeat)
    )
    return [_result(row) for row in rows]


def end(connection: Connection, number: int, owner: str, state: str, now: int, message: str | None) -> bool:
    """Ends a run; False when it had ended before, or another has it."""
    mine = (replays.c.seq == number, replays.c.state == RUNNING, replays.c.owner == owner)
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


def values_of(key: Key, result: Result) -> dict[str, Any]:
    """The row of a result."""
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
