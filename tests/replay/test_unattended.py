"""What a worker runs by itself: by schedule, and after drift alarms."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from alerts import job_notices
from cascadewatch.cli import replay_list
from cascadewatch.errors import ConfigError
from cascadewatch.replay import unattended
from cascadewatch.replay.running import Asked, run
from cascadewatch.settings import Settings
from cascadewatch.store import episodes, leases, replays, reports, wishes
from cascadewatch.store.engine import Store
from cascadewatch.store.wishes import Wish
from tests.alerts.delivering import values
from tests.replay.conftest import prime_cases, write
from tests.replay.looked_after import NOON, Watched

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
THREE = NOON + 15 * HOUR  # the next day's slot
SETTINGS = """
timezone = "UTC"
[cascade.primes]
tiers = ["small", "flagship"]
[model.before]
kind = "recorded"
answer = "flagship_before"
[model.after]
kind = "recorded"
answer = "flagship_after"
[replay.nightly]
cascade = "primes"
eval_set = "prime.jsonl"
target = "{target}"
{when}
"""
NIGHTLY = 'schedule = "0 3 * * *"'

Configured = Callable[[str], Settings]


@pytest.fixture
def watched(store: Store, configured: Configured, tmp_path: Path) -> Callable[..., Watched]:
    def make(when: str = NIGHTLY, target: str = "before", size: int = 200) -> Watched:
        write(tmp_path / "prime.jsonl", prime_cases()[:size])
        return Watched(store, configured(SETTINGS.format(target=target, when=when)))

    return make


@pytest.fixture
def statements() -> Iterator[Callable[[Store], list[str]]]:
    """The texts of all statements from now on."""
    listening: list[tuple[Any, Any]] = []

    def listen(store: Store) -> list[str]:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:
            seen.append(text)

        listening.append((store.reader, note))
        event.listen(store.reader, "before_cursor_execute", note)
        return seen

    yield listen
    for engine, note in listening:
        event.remove(engine, "before_cursor_execute", note)


def pinned(one: Watched, target: str = "before") -> None:
    run(one.store, one.settings, "nightly", Asked(pin=True, target=target), lambda: one.now)


def test_it_runs_once_in_its_slot(watched: Callable[..., Watched]) -> None:
    one = watched()
    for now in (NOON, NOON + HOUR, THREE - 1, THREE + 4_000, THREE + 9_000, THREE + HOUR):
        one.look(now)
    (only,) = one.runs()
    assert (only.cause, only.author, only.started) == ("schedule", "worker", THREE + 4_000)
    assert one.notes() == [
        ("done", "first seen: its slots count from here on"), ("done", "inconclusive: report 1"),
    ]  # fmt: skip


def test_one_run_makes_up_for_nights_without_a_worker(watched: Callable[..., Watched]) -> None:
    one = watched()
    one.look(NOON)
    after = THREE + 4 * DAY + 90 * MINUTE
    found = one.planned(after)
    assert (found.due.reason, found.missed, found.late) == ("late", 4, THREE + 4 * DAY + 5 * MINUTE)
    one.look(after)
    one.look(after + 5_000)
    assert len(one.runs()) == 1
    assert one.notes()[-1][1] == "late by 90 min; 4 earlier slots missed; inconclusive: report 1"
    found = one.planned(after + HOUR)
    assert (found.late, found.missed, found.next) == (None, 0, THREE + 5 * DAY)
    assert found.last.id == 1


def by_hand(one: Watched, began: int, claimed: int) -> None:
    """A run that somebody began and has until `claimed`."""
    run: dict[str, Any] = {
        "name": "nightly", "cascade": None, "eval_set": "x", "cause": "cli", "author": "me", "cases": 1,
        "limit": None, "config": {}, "config_hash": "x", "owner": "me", "claimed": claimed,
    }  # fmt: skip
    with one.store.writing() as connection:
        replays.start(connection, run, began)


def test_a_slot_in_the_time_of_another_run_is_left_out_and_noted(watched: Callable[..., Watched]) -> None:
    one = watched()
    one.look(NOON)
    by_hand(one, THREE - HOUR, claimed=THREE + HOUR)
    one.look(THREE + 1)
    assert [run.cause for run in one.runs()] == ["cli"]
    assert one.notes()[-1] == ("done", "overlapping: left out, for another run of it went on")


def test_a_run_that_was_interrupted_by_hand_holds_up_no_night(watched: Callable[..., Watched]) -> None:
    one = watched()
    one.look(NOON)
    by_hand(one, NOON, claimed=NOON + HOUR)
    assert one.planned(NOON + 1).state == "running"
    assert one.planned(THREE - 1).state == "waiting"
    for night in range(2):
        one.look(THREE + night * DAY)
        assert [run.cause for run in one.runs()][1:] == ["schedule"] * (night + 1)
    assert one.runs()[0].state == "failed", "given up"


def test_a_regression_is_confirmed_by_an_independent_run_before_it_stands(
    watched: Callable[..., Watched],
) -> None:
    one = watched(target="after")
    pinned(one)
    one.look(NOON)
    one.look(THREE)
    first, second = one.runs()[1:]
    assert (first.cause, second.cause) == ("schedule", "confirmation")
    assert first.config["seed"] != second.config["seed"]
    with one.store.reading() as connection:
        newest, before = reports.history(connection, name="nightly")[:2]
        assert not reports.awaits_confirmation(reports.heads(connection, "nightly"))
    assert (before.body["awaits_confirmation"], newest.body["awaits_confirmation"]) == (True, False)
    assert (newest.verdict, newest.body["confirms"]) == ("regressed", before.id)
    assert newest.body["alpha"] == before.body["alpha"] == 0.01
    assert one.notes()[-1][1] == "regressed: report 2, confirmed: report 3"
    one.look(THREE + DAY)
    assert [run.cause for run in one.runs()][3:] == ["schedule"], "what stands needs no confirmation"


def test_a_regression_nobody_confirmed_does_not_stand(watched: Callable[..., Watched]) -> None:
    one = watched(target="after")
    pinned(one)
    first = run(one.store, one.settings, "nightly", Asked(cause="schedule"), lambda: NOON + 1)
    with one.store.reading() as connection:
        assert reports.awaits_confirmation(reports.heads(connection, "nightly"))
    second = run(one.store, one.settings, "nightly", Asked(cause="schedule"), lambda: NOON + 2)
    assert [of.body["awaits_confirmation"] for of in (first, second)] == [True, False], "the next one agrees"


def test_what_cannot_run_is_noted_and_tried_in_the_next_slot(
    watched: Callable[..., Watched], tmp_path: Path
) -> None:
    one = watched()
    one.look(NOON)
    (tmp_path / "prime.jsonl").unlink()
    one.look(THREE)
    one.look(THREE + MINUTE)
    ((_, _), (state, message)) = one.notes()
    assert state == "failed"
    assert message is not None
    assert "prime.jsonl" in message


class Killed(BaseException):
    """A worker that dies at once."""


def test_a_slot_has_the_report_of_a_worker_that_died_right_after_it(
    watched: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = watched(size=20)
    one.look(NOON)

    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(leases, "finish", die)
    with pytest.raises(Killed):
        one.look(THREE)
    assert leases.give_up(one.store, 2, THREE + MINUTE) == 0
    assert one.notes()[-1] == ("done", "inconclusive: report 1")


def test_a_regression_whose_confirmation_failed_is_noted_with_that(
    watched: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = watched(target="after")
    pinned(one)
    one.look(NOON)

    def failing(store: Store, settings: Settings, name: str, asked: Asked, *rest: Any, **named: Any) -> Any:
        if asked.cause == "confirmation":
            raise ConfigError("the model is gone")
        return run(store, settings, name, asked, *rest, **named)

    monkeypatch.setattr(unattended, "run", failing)
    one.look(THREE)
    assert one.notes()[-1] == ("failed", "the model is gone")


def test_a_confirmation_is_noted_in_the_slot_of_what_it_confirms(
    watched: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = watched(target="after")
    pinned(one)
    one.look(NOON)
    monkeypatch.setattr(leases, "finish", lambda *_: False)
    one.look(THREE)
    assert one.notes()[-1] == ("done", "regressed: report 2, confirmed: report 3")


DRIFT = "on_drift = true"


def alarm(one: Watched, opened: int, **changes: Any) -> int:
    row = values(opened) | {
        "kind": "drift", "metric": "escalation_rate", "cascade": "primes", "direction": "down", **changes
    }  # fmt: skip
    with one.store.writing() as connection:
        return episodes.add(connection, row).id


def test_a_falling_rate_starts_a_check_once_for_an_episode(watched: Callable[..., Watched]) -> None:
    one = watched(DRIFT)
    one.look(NOON)
    alarm(one, NOON + 1)
    for now in (NOON + 5_000, NOON + 10_000, NOON + 2 * DAY):
        one.look(now)
    assert [run.cause for run in one.runs()] == ["alert"]


@pytest.mark.parametrize(
    "changes",
    [
        {"direction": "up"}, {"cascade": "another"}, {"kind": "threshold"}, {"metric": "judge_failure_rate"},
        {"opened": NOON - 2 * DAY, "since": NOON - 2 * DAY},
    ],
)  # fmt: skip
def test_no_other_alarm_does(watched: Callable[..., Watched], changes: dict[str, Any]) -> None:
    one = watched(DRIFT)
    alarm(one, **({"opened": NOON} | changes))
    one.look(NOON + 5_000)
    assert one.runs() == []


def test_who_does_not_allow_it_is_not_started(watched: Callable[..., Watched]) -> None:
    one = watched("")
    alarm(one, NOON)
    one.look(NOON + 5_000)
    assert one.runs() == []


def test_a_thousand_alarms_start_one_run_a_day(watched: Callable[..., Watched]) -> None:
    one = watched(DRIFT, size=20)
    for number in range(30):
        alarm(one, NOON + number, route=f"r{number}")
    one.look(NOON + HOUR)
    assert len(one.runs()) == 1
    assert one.notes()[-1][1] == "left out: run 1 answered an alarm within the last day"
    alarm(one, NOON + 26 * HOUR, route="new")
    one.look(NOON + 26 * HOUR + 1)
    assert len(one.runs()) == 2


def wish(one: Watched, name: str, time: int) -> None:
    with one.store.writing() as connection:
        assert wishes.ask(connection, Wish(name, "ada", time))


def test_a_wish_is_fulfilled_once(watched: Callable[..., Watched]) -> None:
    one = watched("", size=20)
    wish(one, "nightly", NOON)
    one.look(NOON + DAY)
    one.look(NOON + DAY + 5_000)
    assert [(run.cause, run.author) for run in one.runs()] == [("api", "ada")]


@pytest.mark.parametrize(
    ("name", "asked", "why"),
    [
        ("gone", NOON, "there is no [replay.gone] here"),
        ("nightly", NOON - DAY, "no worker took it up within a day; ask again"),
    ],
)
def test_a_wish_that_is_too_old_or_for_what_is_gone_is_dropped_and_noted(
    watched: Callable[..., Watched], name: str, asked: int, why: str
) -> None:
    one = watched("", size=20)
    wish(one, name, asked)
    one.look(NOON + 1)
    assert one.runs() == []
    message = f"dropped: ada asked for it, and {why}"
    assert one.notes() == [("failed", message)]
    unmet = one.planned(NOON + 2).unmet
    assert unmet == ((asked, "failed", message) if name == "nightly" else None)
    assert job_notices.run(one.store, one.settings, NOON + 2, None) == "nothing failed", "and nobody is woken"
    with one.store.reading() as connection:
        assert wishes.waiting(connection) == [], "it cannot begin a run months later"


def test_a_wish_that_cannot_be_fulfilled_is_seen_until_a_run_begins(
    watched: Callable[..., Watched], tmp_path: Path
) -> None:
    one = watched("", size=20)
    there = (tmp_path / "prime.jsonl").rename(tmp_path / "elsewhere.jsonl")
    wish(one, "nightly", NOON)
    one.look(NOON + 1)
    ((state, message),) = one.notes()
    assert (state, "prime.jsonl" in str(message)) == ("failed", True)
    unmet = one.planned(NOON + 2).unmet
    assert (unmet.time, unmet.message) == (NOON, message)
    with one.store.reading() as connection:
        (listed,) = replay_list.listed(connection, one.settings, NOON + 2)
    said = replay_list.text_of([listed], "UTC")
    assert "nightly: asked for at 2026-11-21 12:00" in said
    assert f": failed: {message}" in said
    there.rename(tmp_path / "prime.jsonl")
    wish(one, "nightly", NOON + 3)
    one.look(NOON + 4)
    assert one.notes()[-1][0] == "done"
    assert one.planned(NOON + 5).unmet is None


def test_who_asks_again_after_a_day_without_a_worker_is_heard(watched: Callable[..., Watched]) -> None:
    one = watched("", size=20)
    wish(one, "nightly", NOON - 2 * DAY)
    with one.store.writing() as connection:
        assert wishes.ask(connection, Wish("nightly", "bob", NOON))
        assert not wishes.ask(connection, Wish("nightly", "ada", NOON + 1)), "that one waits"
    one.look(NOON + 2)
    assert [run.author for run in one.runs()] == ["bob"]


def test_alarms_are_looked_up_once_however_many_there_are(
    watched: Callable[..., Watched], statements: Callable[[Store], list[str]]
) -> None:
    one = watched(DRIFT, size=20)
    alarm(one, NOON)
    one.look(NOON + 1)
    for number in range(10):
        alarm(one, NOON + 2 + number, route=f"r{number}")
    one.look(NOON + HOUR)
    seen = statements(one.store)
    one.look(NOON + 2 * HOUR)
    assert len([text for text in seen if "FROM jobs" in text]) == 1
