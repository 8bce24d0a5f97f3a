"""The same for what a worker does: rules, deliveries, replays, its own lease, and migrations."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect

from alerts import outbox as delivering
from cascadewatch.errors import StoreError
from cascadewatch.job import Context, Job
from cascadewatch.replay.claiming import CLAIM_MS
from cascadewatch.replay.running import Asked, run
from cascadewatch.settings import Settings, load
from cascadewatch.store import leases, migrate, replays, reports
from cascadewatch.store.engine import Store
from cascadewatch.worker import Worker
from tests.alerts.delivering import Outbox
from tests.alerts.delivering import settings_with as channels_with
from tests.alerts.watched import HOUR, MINUTE, TOO_MANY, Watched, settings_with
from tests.faults.failing_driver import LOST_AFTER, Plan, failing, kinds
from tests.job_runs import runs
from tests.replay.conftest import write
from tests.replay.paid import paid_settings
from tests.replay.provider import Provider, providing
from tests.store.opened import Opened, settings_for


def fail_each_call(store: Store, plan: Plan, do: Callable[[int], Any], then: Callable[[int, str], None],
                   step: int = 1) -> int:  # fmt: skip
    """Does a thing with its 1st, 2nd, … call failing, and then what must come out well. Only errors of ours
    may come of it. Returns how many calls it makes."""
    names = kinds(store)
    for number in count(1):
        at, kind = 1 + (number - 1) * step, names[number % len(names)]
        plan.arm(at, kind)
        try:
            do(number)
        except StoreError:
            assert plan.fired
        fired = plan.disarm()
        then(number, kind)
        if not fired and kind != LOST_AFTER:
            return at - 1
    raise AssertionError("it never ends")


def failing_every(step: int) -> pytest.MarkDecorator:
    """So many calls apart, and in the long form one by one."""
    each = pytest.param(1, marks=[pytest.mark.soak, pytest.mark.timeout(3_600)])
    return pytest.mark.parametrize("step", [step, each])


@pytest.fixture
def watched(store_url: str, now: int) -> Iterator[Watched]:
    one = Watched(settings_with(store_url), now)
    yield one
    one.close()


@failing_every(7)
def test_an_evaluation_writes_all_of_what_it_found_or_nothing(watched: Watched, now: int, step: int) -> None:
    watched.send(now - HOUR, now, 0.9, 240)
    plan = failing(watched.store)

    def look(number: int, minutes: int) -> None:
        """With a rule of another name each time: it fires at its second look, and the one before it ends."""
        rule = {**TOO_MANY, "name": f"rule-{number}", "window": "7d"}
        settings = settings_with(watched.settings.database_url, rule)
        watched.run(now + number * HOUR + minutes * MINUTE, settings)

    def second_look(number: int) -> None:
        at, plan.at = plan.at, 0
        look(number, 0)
        plan.arm(at, plan.kind)
        look(number, 5)

    def told_once(number: int, _: str) -> None:
        for minutes in (5, 10):
            look(number, minutes)
        mine = [e for e in watched.episodes() if e.rule == f"rule-{number}"]
        assert [e.state for e in mine] == ["firing"]
        assert [kind for episode, kind, _ in watched.said() if episode == mine[0].id] == ["firing"]
        assert sum(e.is_open for e in watched.episodes()) == 1

    assert fail_each_call(watched.store, plan, second_look, told_once, step) > 10
    assert watched.opened.broken() == {}


@failing_every(2)
def test_a_message_is_sent_once_whatever_fails(
    store_url: str, now: int, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr(delivering, "POLL_S", 0.001)  # how soon a mark that failed is tried again
    store = Store(store_url)
    box = Outbox(store, channels_with(store_url, "team"), now)
    fired: list[int] = []
    plan = failing(store)

    def deliver(number: int) -> None:
        at = plan.at
        plan.at = 0
        fired.append(box.fire("team", cascade=f"cascade-{number}"))
        plan.arm(at, plan.kind)
        box.now += MINUTE
        box.deliverer.run_once("team", box.now)

    def told_once(_: int, __: str) -> None:
        box.run(5 * MINUTE)
        assert [row.state for row in box.rows(fired[-1])] == ["delivered"]
        about = [item.episode for message in box.messages("team") for item in message.items]
        assert about.count(fired[-1]) == 1

    assert fail_each_call(store, plan, deliver, told_once, step) > 5
    store.close()


RECORDED = """
[model.before]
kind = "recorded"
answer = "cheap"
[replay.nightly]
eval_set = "set.jsonl"
target = "before"
cascade = "support"
"""


@failing_every(5)
def test_a_replay_goes_on_where_it_failed(store_url: str, tmp_path: Path, now: int, step: int) -> None:
    answers = {"cheap": {"text": "42", "correct": True, "cost_usd": 0.001}}
    write(tmp_path / "set.jsonl", [{"id": f"c{n}", "prompt": f"p{n}", "answers": answers} for n in range(5)])
    file = tmp_path / "cascadewatch.toml"
    file.write_text(RECORDED)
    settings = load(file, database_url=store_url.replace("+psycopg", ""))
    opened = Opened(settings_for(store_url), now)
    plan, done, clock = failing(opened.store), [0], [now]

    def replay(_: int) -> None:
        clock[0] += CLAIM_MS  # a claim that was made and not heard of ends by itself
        run(opened.store, settings, "nightly", Asked(), lambda: clock[0])
        done[0] += 1

    def whole(number: int, kind: str) -> None:
        if done[0] < number:
            replay(number)
            done[0] = number
        with opened.store.reading() as connection:
            runs, found = replays.runs(connection), reports.history(connection)
            latest = replays.results(connection, runs[0].id)
        assert {one.state for one in runs} == {"finished"}
        assert len(latest) == 5
        assert {report.body["cases"] for report in found} == {5}
        lost = number // len(kinds(opened.store)) + 1 if LOST_AFTER in kinds(opened.store) else 0
        assert number <= len(found) <= number + lost

    assert fail_each_call(opened.store, plan, replay, whole, step) > 20
    assert opened.broken() == {}
    opened.close()


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as provider:
        yield provider


@failing_every(7)
def test_a_paid_replay_pays_no_answer_twice(
    store_url: str, tmp_path: Path, now: int, provider: Provider, step: int
) -> None:
    settings = paid_settings(tmp_path, store_url, provider, 2, concurrency=1, more="budget_usd = 0.5")
    store = Store(store_url)
    plan, done, clock = failing(store), [0], [now]

    def replay(_: int) -> None:
        clock[0] += CLAIM_MS
        run(store, settings, "paid", Asked(), lambda: clock[0])
        done[0] += 1

    def books_balance(number: int, kind: str) -> None:
        if done[0] < number:
            replay(number)
            done[0] = number
        with store.reading() as connection:
            runs = replays.runs(connection)
        assert {one.state for one in runs} == {"finished"}
        assert provider.billed_nano <= sum(one.spent + one.reserved for one in runs)
        assert all(one.spent + one.reserved <= (one.limit or 0) for one in runs)
        assert len(provider.calls) <= 2 * len(runs) + number  # at most one was sent and has no answer

    assert fail_each_call(store, plan, replay, books_balance, step) > 20
    store.close()


def test_a_worker_takes_a_slot_once_and_keeps_its_lease(store_url: str, now: int) -> None:
    store, ran = Store(store_url), [0]
    plan, clock = failing(store), [now]

    def work(_: Context, __: int) -> str:
        ran[0] += 1
        return "done"

    job = Job("work", MINUTE, work)
    worker = Worker(Context(store, Settings()), lambda: clock[0], "a", (job,))

    def wake(_: int) -> None:
        clock[0] += MINUTE
        worker.tick(clock[0])
        worker.run_due(job, clock[0])

    def once(number: int, _: str) -> None:
        worker.tick(clock[0])
        worker.run_due(job, clock[0])
        assert runs(store)[0].slot == clock[0] - clock[0] % MINUTE
        with store.reading() as connection:
            assert leases.held(connection, "worker") is not None
        assert ran[0] <= number, "a slot ran twice"

    assert fail_each_call(store, plan, wake, once) > 8
    assert ran[0] > 0
    store.close()


def migrated_with_faults(url: str, now: int, empty: Callable[[], None], step: int) -> None:
    """Each call of the first migration fails; afterwards there is no schema, and the next try makes it."""
    plan, made = Plan(), [0]

    def upgrade(_: int) -> None:
        store = Store(url)
        try:
            at, plan.at = plan.at, 0
            failing(store, plan)
            plan.arm(at, plan.kind)
            migrate.upgrade(store, settings_for(url), now)
        finally:
            store.close()

    def whole(_: int, kind: str) -> None:
        store = Store(url)
        with store.reading() as connection:
            found = migrate.revision(connection)
            names = set(inspect(connection).get_table_names())
        assert found in (None, migrate.HEAD)
        assert found is not None or names <= {"alembic_version"}
        migrate.upgrade(store, settings_for(url), now)
        store.close()
        opened = Opened(settings_for(url), now)
        assert opened.broken() == {}
        opened.close()
        made[0] += 1
        empty()

    store = Store(url)
    store.close()
    assert fail_each_call(store, plan, upgrade, whole, step) > 60
    assert made[0] > 1


@failing_every(20)
def test_a_migration_that_fails_is_as_if_it_had_not_begun(database_url: str, now: int, step: int) -> None:
    def empty() -> None:
        if database_url.startswith("sqlite"):
            for file in Path(database_url.removeprefix("sqlite:///")).parent.glob("cascadewatch.db*"):
                file.unlink()
            return
        store = Store(database_url)
        with store.writing() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        store.close()

    migrated_with_faults(database_url, now, empty, step)
