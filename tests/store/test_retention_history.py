"""Alerts, baselines and replays: what is over goes in its time, what something rests on stays."""

from typing import Any

import pytest

from cascadewatch.store import tables
from cascadewatch.store.alert_tables import (
    baselines,
    deliveries,
    drift_states,
    episodes,
    silences,
    transitions,
)
from cascadewatch.store.replay_tables import replay_baselines, replay_results, replays, reports
from tests.model.events import NOON
from tests.store.aging import night
from tests.store.conftest import Open
from tests.store.opened import DAY, Opened

pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
LONG_AGO = NOON - 500 * DAY


def put(opened: Opened, table: Any, *rows: dict[str, Any]) -> None:
    with opened.store.writing() as connection:
        for row in rows:
            connection.execute(table.insert().values(**row))


def episode(seq: int, **said: Any) -> dict[str, Any]:
    fixed = {
        "rule": "r",
        "kind": "drift",
        "cascade": "support",
        "route": "",
        "direction": "up",
        "severity": "page",
    }
    times = {
        "opened": LONG_AGO,
        "since": LONG_AGO,
        "resolved": LONG_AGO + 1,
        "updated": LONG_AGO,
        "version": 1,
    }
    return {"seq": seq, **fixed, "state": "resolved", **times, "detail": "{}", **said}


def delivery(seq: int, of: int, state: str = "delivered", created: int = LONG_AGO) -> dict[str, Any]:
    fixed = {"transition": 0, "channel": "team", "kind": "firing", "due": created, "attempts": 1}
    return {"seq": seq, "episode": of, "state": state, "created": created, **fixed}


def numbers(opened: Opened, table: str, column: str = "seq") -> set[int]:
    return {int(row[column]) for row in opened.rows(table)}


def test_episodes_that_are_over_go_with_what_was_said_of_them(opening: Open) -> None:
    opened = opening()
    put(
        opened, episodes,
        episode(1),
        episode(2, state="firing", resolved=None, open_key="open"),
        episode(3, resolved=NOON - 390 * DAY),
        episode(4),  # somebody has still to be told
        episode(5),  # speaks for one that is open
        episode(6, state="firing", resolved=None, open_key="child", parent=5),
    )  # fmt: skip
    for number in range(1, 7):
        moved = {
            "seq": number,
            "episode": number,
            "time": LONG_AGO,
            "before": "",
            "state": "firing",
            "reason": "",
        }
        put(opened, transitions, moved)
    put(opened, deliveries, *(delivery(n, n) for n in (1, 2, 3)), delivery(4, 4, "pending"), delivery(5, 5))
    done = night(opened)
    assert (done.rows["episodes"], done.rows["transitions"], done.rows["deliveries"]) == (1, 1, 1)
    for table in ("episodes", "transitions"):
        assert numbers(opened, table) == {2, 3, 4, 5, 6}, table
    assert numbers(opened, "deliveries") == {2, 3, 4, 5}


def test_messages_of_no_episode_go_once_they_are_told(opening: Open) -> None:
    opened = opening()
    put(
        opened, deliveries, delivery(1, 0), delivery(2, 0, "pending"), delivery(3, 0, "dead"),
        delivery(4, 0, created=NOON - DAY),
    )  # fmt: skip
    night(opened)
    assert numbers(opened, "deliveries") == {2, 4}


def test_a_baseline_in_force_stays_whatever_its_age(opening: Open) -> None:
    opened = opening()

    def baseline(seq: int, retired: int | None) -> dict[str, Any]:
        named = {
            "metric": "escalation_rate",
            "cascade": "support",
            "route": "",
            "author": "",
            "how": "automatic",
        }
        return {
            "seq": seq,
            **named,
            "pinned": LONG_AGO,
            "start": 0,
            "end": 1,
            "fields": "{}",
            "retired": retired,
        }

    put(
        opened,
        baselines,
        baseline(1, None),
        baseline(2, LONG_AGO),
        baseline(3, NOON - DAY),
        baseline(4, LONG_AGO),
    )
    state = {"rule": "r", "cascade": "support", "route": "", "baseline": 4, "look": NOON, "state": "{}"}
    put(opened, drift_states, state, {**state, "route": "gone", "baseline": None, "look": LONG_AGO})
    night(opened)
    assert numbers(opened, "baselines") == {1, 3, 4}
    assert [row["route"] for row in opened.rows("drift_states")] == [""]


def test_silences_marks_and_acts_go_in_their_time(opening: Open) -> None:
    opened = opening()
    for seq, time in ((1, LONG_AGO), (2, NOON)):
        put(opened, silences, {"seq": seq, "starts": time, "ends": time, "author": "", "created": time})
        put(opened, tables.annotations, {"seq": seq, "time": time, "kind": "user", "text": "", "author": ""})
        put(opened, tables.audit, {"seq": seq, "time": time, "who": "", "via": "", "act": "", "subject": ""})
    night(opened)
    for table in ("silences", "annotations", "audit"):
        assert numbers(opened, table) == {2}, table


def test_answers_of_replays_go_unless_something_rests_on_them(opening: Open) -> None:
    opened = opening()

    def run(seq: int, name: str, state: str = "finished", finished: int | None = NOON - 40 * DAY) -> None:
        fixed = {"name": name, "eval_set": "h", "cause": "cli", "author": "", "started": NOON - 41 * DAY}
        counted = {
            "cases": 1,
            "done": 1,
            "failed": 0,
            "spent": 7,
            "reserved": 0,
            "config": "{}",
            "config_hash": "",
        }
        put(opened, replays, {"seq": seq, "state": state, "finished": finished, **fixed, **counted})
        answer = {"case": "c", "repeat": 0, "state": "done", "reserved": 0, "attempts": 1, "detail": "{}"}
        put(opened, replay_results, {"replay": seq, **answer})
        body = {"name": name, "created": NOON - 40 * DAY, "verdict": "unchanged", "body": "{}"}
        put(opened, reports, {"seq": 100 + seq, "replay": seq, **body})

    run(1, "nightly")  # the one that is compared with
    run(2, "nightly")
    run(3, "nightly", "running", None)  # nobody knows how it ends
    run(4, "nightly", finished=NOON - DAY)
    run(5, "nightly")  # the last
    run(6, "monthly")  # the last of its name
    run(7, "monthly ", "failed")
    run(8, "monthly ")
    put(opened, replay_baselines, {"name": "nightly", "report": 101, "pinned": NOON, "author": ""})
    assert night(opened).rows == {"replay_results": 2}
    assert numbers(opened, "replay_results", "replay") == {1, 3, 4, 5, 6, 8}
    assert numbers(opened, "replays") == set(range(1, 9)), "what was spent stays known"
    assert numbers(opened, "reports") == set(range(101, 109)), "reports stay"
