"""`verify` sees what does not fit in the histories of alerts (I4) and of replays (I5)."""

from typing import Any

import pytest

from cascadewatch.store import episodes, outbox, replay_money, replays, verify
from cascadewatch.store.replays import DONE, SENT, Key, Result
from tests.model.events import NOON
from tests.store.opened import DAY, Opened

EPISODE: dict[str, Any] = {
    "rule": "escalation-drift", "kind": "drift", "metric": "escalation_rate", "cascade": "support",
    "route": "", "direction": "up", "severity": "ticket", "state": "firing", "opened": NOON, "since": NOON,
    "updated": NOON, "detail": {},
}  # fmt: skip
RUN: dict[str, Any] = {
    "name": "nightly", "cascade": "support", "eval_set": "x", "cause": "cli", "author": "me", "cases": 3,
    "limit": 1000, "config": {}, "config_hash": "x", "owner": "me", "claimed": NOON + DAY,
}  # fmt: skip


def told(opened: Opened) -> None:
    """An episode that was told and is over, another that goes on."""
    with opened.store.writing() as connection:
        first = episodes.add(connection, EPISODE)
        number = episodes.note(connection, first.id, NOON, "pending", "firing", "moved")
        outbox.enqueue(
            connection, episode=first.id, transition=number, kind="firing", channels=["hook"], now=NOON
        )
        episodes.change(connection, first, NOON + 1, state="resolved", resolved=NOON + 1)
        episodes.note(connection, first.id, NOON + 1, "firing", "resolved", "over")
        second = episodes.add(connection, EPISODE)
        episodes.note(connection, second.id, NOON + 2, "pending", "firing", "moved")


def played(opened: Opened) -> None:
    """A run with an answer that was paid for, one that came to nothing, and one under way."""
    with opened.store.writing() as connection:
        run = replays.start(connection, RUN, NOON)
        for case in ("right", "lost", "under way"):
            key = Key(run.id, case, 0)
            assert replay_money.reserve(connection, key, "me", 100, None, again=False) is None
        replay_money.record(connection, run.id, Result("right", 0, DONE, "ok", True, cost=60), 100, 60)
        replay_money.record(connection, run.id, Result("lost", 0, replays.LOST, "timeout"), 0, 0)
        assert [r.state for r in replays.results(connection, run.id)] == ["failed", DONE, SENT]


DAMAGE = {
    "a change is lost": ("DELETE FROM transitions WHERE state = 'resolved'", "I4", "episode 1: its state"),
    "all changes are lost": ("DELETE FROM transitions WHERE episode = 2", "I4", "episode 2: its state"),
    "an episode is lost": ("DELETE FROM episodes WHERE seq = 1", "I4", "its episode is lost"),
    "an end is undone": ("UPDATE episodes SET state = 'firing' WHERE seq = 1", "I4", "open and resolved"),
    "an open one has an end": ("UPDATE episodes SET resolved = 7 WHERE seq = 2", "I4", "open and resolved"),
    "an end has no time": ("UPDATE episodes SET resolved = NULL WHERE seq = 1", "I4", "open and resolved"),
    "an open one may open twice": ("UPDATE episodes SET open_key = NULL WHERE seq = 2", "I4", "open and res"),
    "one that is over is in the way": ("UPDATE episodes SET open_key = 'x' WHERE seq = 1", "I4", "open and"),
    "a delivery is of another change": ("UPDATE deliveries SET transition = 3", "I4", "of no change"),
    "nobody knows when it was told": ("UPDATE deliveries SET state = 'delivered'", "I4", "neither when"),
    "an answer is lost": ("DELETE FROM replay_results WHERE state = 'done'", "I5", "run 1: done 1"),
    "money is held for nothing": ("UPDATE replays SET reserved = reserved + 5", "I5", "run 1: reserved 205"),
    "less is booked than was paid": ("UPDATE replays SET spent = 5", "I5", "run 1: spent 5"),
    "an answer counts twice": ("UPDATE replays SET failed = 2", "I5", "run 1: failed 2"),
}


@pytest.mark.parametrize(("statement", "check", "said"), DAMAGE.values(), ids=DAMAGE)
def test_it_names_what_does_not_fit(opened: Opened, statement: str, check: str, said: str) -> None:
    told(opened)
    played(opened)
    assert opened.broken() == {}
    opened.tamper(statement)
    broken = opened.broken()
    assert list(broken) == [check]
    assert any(said in example for example in broken[check]["examples"])


def test_it_counts_the_rows_it_compared(opened: Opened) -> None:
    def compared() -> object:
        return verify.verify(opened.store, opened.settings)["checks"]["I4"]["compared"]

    assert compared() == 0
    told(opened)
    assert compared() == 2 + 3 + 1, "episodes, changes and deliveries"


def test_what_retention_takes_part_by_part_is_not_missed(opened: Opened) -> None:
    told(opened)
    played(opened)
    with opened.store.writing() as connection:
        assert replays.end(connection, 1, "me", replays.FINISHED, NOON + 2, None)
    opened.tamper("UPDATE replays SET reserved = 0")
    opened.tamper("UPDATE replay_results SET reserved = 0")
    opened.tamper("DELETE FROM transitions WHERE episode = 1")
    opened.tamper("DELETE FROM replay_results")
    assert set(opened.broken()) == {"I4", "I5"}
    for horizon in ("raw", "rollup"):
        opened.tamper(f"INSERT INTO meta VALUES ('{horizon}_horizon', '{NOON + DAY}')")
    assert opened.broken() == {}
