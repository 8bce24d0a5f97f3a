"""Answers of a replay are events, and count in no live figure."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import func, select

from cascadewatch.replay.running import Asked, run
from cascadewatch.settings import Settings
from cascadewatch.store.engine import Store
from cascadewatch.store.reads import report
from cascadewatch.store.tables import events
from cascadewatch.store.verify import verify
from tests.replay.conftest import prime_cases, write

SETTINGS = """
[cascade.primes]
tiers = ["small", "flagship"]
[model.small]
kind = "recorded"
answer = "cheap_before"
[replay.prime]
cascade = "primes"
eval_set = "prime.jsonl"
target = "small"
"""
NOW = 1_795_262_400_000


def test_answers_are_stored_once_and_stay_out_of_live_figures(
    store: Store, configured: Callable[[str], Settings], tmp_path: Path
) -> None:
    write(tmp_path / "prime.jsonl", prime_cases()[:50])
    settings = configured(SETTINGS)
    for number in (1, 2):
        run(store, settings, "prime", Asked(), lambda: NOW)
        with store.reading() as connection:
            kept = select(events.c.origin, func.count())
            rows = connection.execute(kept.group_by(events.c.origin)).all()
            live = report(connection, settings, NOW - 86_400_000, NOW + 60_000, None, None)
        assert [tuple(row) for row in rows] == [("replay", 50 * number)]
        assert all(row["events"] == 0 for row in live["cascades"])
    assert verify(store, settings)["ok"]
