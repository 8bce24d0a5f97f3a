"""Postgres answers nothing, though every connection to it stands: nobody waits for it for ever."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from cascadewatch.errors import BusyError
from cascadewatch.store import engine, leases, postgres
from cascadewatch.store.engine import Store
from cascadewatch.worker import LEASE_MS
from collectors.api.intake import COMMIT_SECONDS
from tests.conftest import postgres_database
from tests.faults.black_hole import Way, way
from tests.faults.processes import Senders, settings_file, starting, wait_for, whole

SOONER = "from cascadewatch.store import postgres; postgres.Patient.silence = 1.0; postgres.CONNECT_S = 2"
SCHEDULER = 10  # threads that run the jobs of a worker, made as they are needed


@pytest.fixture
def led(postgres_url: str, postgres_template: str) -> Iterator[Way]:
    """To a database with the newest schema."""
    with postgres_database(postgres_url, postgres_template) as url, way(url) as made:
        yield made


@pytest.fixture
def store(led: Way, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(postgres.Patient, "silence", 0.5)
    monkeypatch.setattr(postgres, "CONNECT_S", 2)  # the least that libpq takes
    with closing(Store(led.url)) as opened:
        yield opened
        led.open.set()


def asked(store: Store) -> int:
    with store.reading() as connection:
        return int(connection.execute(text("SELECT 1")).scalar_one())


def asked_on_the_way(store: Store, led: Way) -> None:
    """In a transaction under which the server falls silent."""
    with store.writing() as connection:
        led.open.clear()
        connection.execute(text("SELECT 1"))


class TestOneConnection:
    def test_what_is_under_way_is_given_up_and_afterwards_all_is_well(self, led: Way, store: Store) -> None:
        assert asked(store) == 1
        with pytest.raises(BusyError):
            asked_on_the_way(store, led)
        with pytest.raises(BusyError):  # the pool has still one that looks well
            asked(store)
        led.open.set()
        assert asked(store) == 1
        with store.writing() as connection:
            assert connection.execute(text("SELECT 1")).scalar_one() == 1

    def test_a_statement_that_takes_its_time_is_waited_for(self, store: Store) -> None:
        with store.reading() as connection:
            assert connection.execute(text("SELECT 7 FROM pg_sleep(1.6)")).scalar_one() == 7

    def test_so_it_is_where_the_server_has_no_room_for_the_question(self, store: Store) -> None:
        """To be refused is an answer."""
        with store.reading() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, postgres.Patient)
            another = driver._another
            driver._another = lambda: another(dbname="nowhere")  # type: ignore[call-arg]
            assert connection.execute(text("SELECT 7 FROM pg_sleep(1.1)")).scalar_one() == 7

    def test_both_sides_look_for_each_other(self, store: Store) -> None:
        for one in (store.engine, store.reader):
            with one.connect() as connection:
                told = [connection.execute(text(f"SHOW {name}")).scalar_one() for name in SERVERS]
                driver = connection.connection.driver_connection
                assert driver is not None
                mine = driver.info.get_parameters()
            assert told in (["10", "5", "3", "20s"], ["0", "0", "0", "0"])  # the way ends in a local socket
            assert {name: mine[name] for name in postgres.NOTICING} == {
                name: str(value) for name, value in postgres.NOTICING.items()
            }

    def test_what_the_address_says_goes_before(self, led: Way) -> None:
        told = f"{led.url}?connect_timeout=7&tcp_user_timeout=9000"
        with closing(Store(told)) as store, store.reader.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            mine = driver.info.get_parameters()
        assert (mine["connect_timeout"], mine["tcp_user_timeout"]) == ("7", "9000")


SERVERS = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout")


def test_who_finds_every_connection_taken_is_told_to_come_again(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.2)
    done, inside = threading.Event(), threading.Semaphore(0)

    def hold(store: Store) -> None:
        with store.reading() as connection:
            connection.execute(text("SELECT 1"))
            inside.release()
            done.wait(30)

    with closing(Store(store_url)) as store, ThreadPoolExecutor(16) as pool:
        held = [pool.submit(hold, store) for _ in range(16)]
        assert all(inside.acquire(timeout=30) for _ in held)
        with pytest.raises(BusyError, match="in use"):
            asked(store)
        done.set()


def renewed(url: str) -> int:
    """Until when a worker leads, in epoch milliseconds."""
    with closing(Store(url)) as store, store.reading() as connection:
        lease = leases.held(connection, "worker")
    assert lease is not None
    return lease.expires


@pytest.mark.soak
def test_senders_hear_later_and_both_processes_come_back(led: Way, tmp_path: Path) -> None:
    settings_file(tmp_path, led.url)
    with starting(tmp_path) as start:
        serve, worker = start("serve", before=SOONER), start("worker", before=SOONER)
        wait_for(lambda: worker.said("leading"))
        senders = Senders(serve.url).start("abc", pause=0.1)
        wait_for(lambda: len(senders.acknowledged) > 10)
        before = serve.threads(), worker.threads()
        led.open.clear()
        wait_for(lambda: len(senders.seconds(503)) > 3, 90)
        ready = httpx.get(f"{serve.url}/readyz", timeout=60)
        assert (ready.status_code, "cannot be used now" in ready.text) == (503, True)
        assert serve.threads() <= before[0] + 4
        assert worker.threads() <= before[1] + SCHEDULER
        led.open.set()
        acknowledged, reopened = len(senders.acknowledged), time.time_ns() // 1_000_000
        wait_for(lambda: len(senders.acknowledged) > acknowledged + 5, 60)
        wait_for(lambda: renewed(led.url) >= reopened + LEASE_MS, 60, every=0.2)
        senders.end()
        assert (serve.end(), worker.end()) == (0, 0)
    assert {code for code, _ in senders.answers} == {200, 503}
    assert max(senders.seconds(503)) < COMMIT_SECONDS
    assert serve.tracebacks() == worker.tracebacks() == []
    whole(led.url, senders)
