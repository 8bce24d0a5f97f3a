"""kill -9 at any moment of a paid run: nothing that was answered is paid twice, no limit is passed."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from cascadewatch.errors import BusyError
from cascadewatch.replay import claiming
from cascadewatch.replay.claiming import CLAIM_MS
from cascadewatch.store import replays
from cascadewatch.store.engine import Store
from cascadewatch.store.replays import ANSWERED, DONE, SENT, Run
from cascadewatch.store.reports import history
from cascadewatch.store.verification.spent import spent
from tests.forking import CONTEXT
from tests.replay.dying import POINTS, die_at
from tests.replay.paid import KEY, clock, paid_settings, play, start
from tests.replay.provider import CALL_NANO, Call, Provider, providing
from tests.soaking import Record, note

ROOT = Path(__file__).parents[2]
CONCURRENCY = 4


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing(seconds=0.02) as provider:
        yield provider


def last_run(store: Store) -> Run | None:
    with store.reading() as connection:
        return next(iter(replays.runs(connection)), None)


def answered(store: Store) -> set[str]:
    """Questions whose answer is written."""
    found = last_run(store)
    if found is None:
        return set()
    with store.reading() as connection:
        rows = replays.results(connection, found.id)
    return {f"question {row.case[1:]:<31}" for row in rows if row.state in (ANSWERED, DONE)}


def sent(store: Store) -> int:
    found = last_run(store)
    assert found is not None
    with store.reading() as connection:
        return sum(row.state == SENT for row in replays.results(connection, found.id))


def books_balance(store: Store, provider: Provider) -> None:
    """What is spent and held covers the bill and stays within the limit, at any moment."""
    found = last_run(store)
    if found is None:
        return
    with store.reading() as connection:
        rows = replays.results(connection, found.id)
        check = spent(connection, 0)
    assert provider.billed_nano <= found.spent + found.reserved <= (found.limit or 0)
    assert found.reserved == sum(row.reserved for row in rows)
    assert not check.broken, check.examples


def survive(store: Store, folder: Path, provider: Provider, number: int, kills: int, seed: int) -> int:
    """How many calls had been sent, and not answered, when their process was killed."""
    chance, half_sent, landed = random.Random(seed), 0, 0
    while landed < kills:
        before = answered(store)
        asked = provider.asked()
        process = start(folder)
        seen = len(provider.calls)
        end = time.monotonic() + 20
        while process.is_alive() and len(provider.calls) == seen and time.monotonic() < end:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.04))
        alive = process.is_alive()
        process.kill()
        process.join()
        again = provider.asked() - asked
        assert not before & again.keys(), "what was answered was asked again"
        if not alive:
            break
        landed += 1
        half_sent += sent(store)
        books_balance(store, provider)
    process = start(folder)
    process.join(60)
    assert process.exitcode == 0
    books_balance(store, provider)
    assert landed == kills, "the run was over before the last kill"
    assert len(provider.asked()) == number
    assert len(provider.calls) <= number + half_sent
    whole(store, number)
    return half_sent


def whole(store: Store, number: int) -> None:
    """One run, one report, every outcome named, every answer counted once."""
    with store.reading() as connection:
        (only,) = replays.runs(connection)
        rows = replays.results(connection, only.id)
        (report,) = history(connection)
    assert (only.state, only.done, only.failed) == ("finished", number, 0)
    assert {row.outcome for row in rows} == {"ok"}
    assert only.spent == number * CALL_NANO
    assert report.body["rates"]["accuracy"]["value"] == 1.0


def test_twenty_kills(store: Store, store_url: str, tmp_path: Path, provider: Provider) -> None:
    paid_settings(tmp_path, store_url, provider, 150, concurrency=CONCURRENCY)
    survive(store, tmp_path, provider, 150, kills=20, seed=3)


@pytest.mark.soak
@pytest.mark.timeout(1_200)
def test_sixty_kills(
    store: Store, store_url: str, tmp_path: Path, provider: Provider, record_property: Record
) -> None:
    paid_settings(tmp_path, store_url, provider, 400, concurrency=CONCURRENCY)
    half_sent = survive(store, tmp_path, provider, 400, kills=60, seed=4)
    note(record_property, {"half sent": half_sent, "paid again": len(provider.calls) - 400})


AT_THE_PROVIDER = "after the request, before its answer"
PAID_AGAIN = {AT_THE_PROVIDER, "after the answer", "before the commit of the answer"}


def die(folder: Path, provider: Provider, point: str) -> None:
    """A process is killed there, at its second call where it sends one: no case is lost twice."""
    process: BaseProcess
    if point != AT_THE_PROVIDER:
        process = CONTEXT.Process(target=die_at, args=(folder, point))
        process.start()
    else:
        second = len(provider.calls) + 2
        process = start(folder)

        def kill(number: int, _: Call) -> None:
            if number == second:
                process.kill()

        provider.way = kill
    process.join(60)
    provider.misbehave(None)
    assert process.exitcode == -signal.SIGKILL, point


@pytest.mark.soak
@pytest.mark.timeout(1_200)
def test_five_kills_at_each_named_point(
    store: Store, store_url: str, tmp_path: Path, provider: Provider
) -> None:
    points = [*POINTS, AT_THE_PROVIDER]
    number = 2 * 5 * len(points)
    paid_settings(tmp_path, store_url, provider, number, concurrency=1)
    for point in 5 * points:
        die(tmp_path, provider, point)
        books_balance(store, provider)
    process = start(tmp_path)
    process.join(60)
    assert process.exitcode == 0
    books_balance(store, provider)
    assert len(provider.calls) == number + 5 * len(PAID_AGAIN)
    assert max(provider.asked().values()) == 2
    whole(store, number)


def test_kills_never_pass_a_small_budget(
    store: Store, store_url: str, tmp_path: Path, provider: Provider
) -> None:
    """Every lost call stays held at its worst price: the run ends for want of money, and says so."""
    paid_settings(tmp_path, store_url, provider, 100, more="budget_usd = 0.006", concurrency=4)
    found = None
    while found is None or found.state == "running":
        process, before = start(tmp_path), len(provider.calls)
        while process.is_alive() and len(provider.calls) < before + 3:
            time.sleep(0.001)
        process.kill()
        process.join()
        books_balance(store, provider)
        found = last_run(store)
    assert (found.state, found.message) == ("incomplete", "the budget is used up")
    assert found.reserved > 0
    with store.reading() as connection:
        (report,) = history(connection)
    assert report.body["sentence"] == (
        "Incomplete. The budget is used up, before the last case; nothing is concluded."
    )


def test_a_crashed_run_of_this_machine_is_free_at_once(
    store: Store, store_url: str, tmp_path: Path, provider: Provider
) -> None:
    settings = paid_settings(tmp_path, store_url, provider, 40, concurrency=2)
    process = start(tmp_path)
    while len(provider.calls) < 4:
        time.sleep(0.001)
    process.kill()
    process.join()
    found = last_run(store)
    assert found is not None
    assert (found.claimed or 0) > clock()
    report = play(store, settings)
    assert (report.replay, report.body["cases"]) == (found.id, 40)


def test_a_run_of_another_machine_is_waited_for_and_says_until_when(
    store: Store, store_url: str, tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = paid_settings(tmp_path, store_url, provider, 20)
    process = start(tmp_path)
    while len(provider.calls) < 4:
        time.sleep(0.001)
    process.kill()
    process.join()
    monkeypatch.setattr(claiming, "_machine", lambda: "elsewhere")
    with pytest.raises(BusyError, match=r"run 1 on .*it can be gone on with from \d\d:\d\d:\d\d on") as busy:
        play(store, settings)
    assert 0 < busy.value.retry_after <= CLAIM_MS / 1000


def test_who_slept_through_the_end_of_its_claim_sends_nothing_more(
    store: Store, store_url: str, tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = paid_settings(tmp_path, store_url, provider, 60, concurrency=2)
    process = start(tmp_path)
    while len(provider.calls) < 6:
        time.sleep(0.001)
    assert process.pid is not None
    stopped(process.pid)
    time.sleep(0.05)
    at = clock() + CLAIM_MS + 1
    found = last_run(store)
    assert found is not None
    with store.writing() as connection:
        assert replays.claim(connection, found.id, "the next", at, at + CLAIM_MS)
    before = len(provider.calls)
    woken(process.pid)
    process.join(30)
    assert process.exitcode == 1, "it noticed"
    assert len(provider.calls) - before <= 2, "nothing but what it had held before"
    with store.writing() as connection:
        replays.release(connection, found.id, "the next", clock())
    assert play(store, settings).body["cases"] == 60
    assert max(provider.asked().values()) <= 2


def stopped(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)


def woken(pid: int) -> None:
    os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_the_next_run_goes_on(
    how: signal.Signals, store: Store, store_url: str, tmp_path: Path, provider: Provider
) -> None:
    settings = paid_settings(tmp_path, store_url, provider, 100, concurrency=2)
    code = "from cascadewatch.cli.replay import replay; import typer\n"
    code += "from cascadewatch.cli import replay as r; from cascadewatch.errors import CascadewatchError\n"
    code += "import sys, pathlib\n"
    code += "try: r._run('paid', None, False, False, (pathlib.Path(sys.argv[1]), None, True))\n"
    code += "except CascadewatchError as error: print(error, file=sys.stderr); sys.exit(2)"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "cascadewatch.toml")],
        env=os.environ | {"PYTHONPATH": str(ROOT), KEY: "sk-test"}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while len(provider.calls) < 10:
        time.sleep(0.005)
    process.send_signal(how)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "was interrupted after" in said
    assert "Traceback" not in said
    found = last_run(store)
    assert found is not None
    assert (found.state, found.owner) == ("running", None)
    assert found.reserved == 0, "calls under way were waited for"
    assert play(store, settings).body["cases"] == 100
    assert len(provider.calls) == 100
