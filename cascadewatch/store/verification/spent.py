"""Whether what replays count and have spent is what their answers say (I5)."""

from typing import Any

from sqlalchemy import Connection, case, func, or_, select

from cascadewatch.store.replay_tables import replay_results, replays
from cascadewatch.store.replays import DONE, LOST, RUNNING
from cascadewatch.store.verification.check import Check


def spent(connection: Connection, horizon: int) -> Check:
    """`horizon` (epoch ms): of runs that ended before it, the answers may be gone.

    An answer that two processes paid for is booked twice, and kept once: so a run may have spent more than
    its answers cost, never less. Answers that were recorded beforehand have a cost, but nobody paid for it.
    """
    check = Check("replays have counted, spent and held what their answers say")
    for row in connection.execute(_runs(horizon)).mappings():
        run = row["seq"]
        for name, found in (("done", row["dones"]), ("failed", row["lost"]), ("reserved", row["held"])):
            kept = row[name]
            check.note(kept == found, f"run {run}: {name} {kept:,}, its answers say {found:,}")
        words = f"run {run}: spent {row['spent']:,}, its answers cost {row['cost']:,} nano-dollars"
        check.note(not row["spent"] or row["spent"] >= row["cost"], words)
    return check


def _runs(horizon: int) -> Any:
    r, a = replays.c, replay_results.c

    def total(value: Any, name: str) -> Any:
        return func.coalesce(func.sum(value), 0).label(name)

    answers = (
        select(
            a.replay,
            total(case((a.state == DONE, 1), else_=0), "dones"),
            total(case((a.state == LOST, 1), else_=0), "lost"),
            total(a.cost, "cost"),
            total(a.reserved, "held"),
        )
        .group_by(a.replay)
        .subquery()
    )
    young = or_(r.state == RUNNING, r.finished >= horizon)
    sums = [func.coalesce(column, 0).label(column.name) for column in answers.c if column.name != "replay"]
    return (
        select(r.seq, r.done, r.failed, r.spent, r.reserved, *sums)
        .select_from(replays.outerjoin(answers, answers.c.replay == r.seq))
        .where(or_(young, answers.c.replay.is_not(None)))
        .order_by(r.seq)
    )
