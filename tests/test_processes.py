"""The processes that stay, each started as a user starts it: what they answer, and how they end."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from cascadewatch.settings import Settings
from cascadewatch.store import keys, leases
from cascadewatch.store.engine import Store
from cascadewatch.store.opening import open_store
from cascadewatch.store.rezone import rezone
from cascadewatch.store.tables import events
from cascadewatch.store.zone import zone_of

ROOT = Path(__file__).parent.parent
JSON = {"Content-Type": "application/json"}
ZONE = "Asia/Kolkata"


@dataclass
class Process:
    """A running process, its log as parsed lines, and where it listens ("" for a worker)."""

    popen: subprocess.Popen[str]
    log: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    def read(self) -> None:
        assert self.popen.stderr is not None
        with self.popen.stderr as lines:
            for line in lines:
                self.log.append(json.loads(line))

    def end(self, by: signal.Signals = signal.SIGTERM) -> int:
        """The exit code; it must come within ten seconds."""
        self.popen.send_signal(by)
        return self.popen.wait(timeout=10)

    def said(self, event: str) -> bool:
        return any(line.get("event") == event for line in self.log)


Start = Callable[..., Process]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a command on a free port and waits for the first line that says so."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CASCADEWATCH_")}
    with ExitStack() as stack:

        def begin(*arguments: str) -> Process:
            code = "from cascadewatch.cli import main; main()"
            port = () if arguments[0] == "worker" else ("--port", "0")
            popen = subprocess.Popen(
                [sys.executable, "-c", code, *arguments, *port, "--log-format", "json"],
                cwd=tmp_path, env=environment | {"PYTHONPATH": str(ROOT)}, text=True, stderr=subprocess.PIPE,
            )  # fmt: skip
            process = Process(popen)
            reader = threading.Thread(target=process.read)
            reader.start()
            stack.callback(reader.join)
            stack.callback(popen.wait)
            stack.callback(popen.kill)
            deadline = time.monotonic() + 60
            while not process.said("start"):
                assert popen.poll() is None, process.log
                assert time.monotonic() < deadline
                time.sleep(0.01)
            process.url = next(line.get("url", "") for line in process.log if line.get("event") == "start")
            return process

        yield begin


def batch(name: str, size: int) -> list[dict[str, Any]]:
    at = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    attempts = [{"tier": "small", "cost_usd": 0.001, "verdict": {"outcome": "accept", "mechanism": "schema"}}]
    return [{"id": f"{name}-{n}", "time": at, "cascade": "load", "attempts": attempts} for n in range(size)]


class TestServe:
    def test_it_takes_events_and_answers_for_them(self, start: Start, tmp_path: Path) -> None:
        served_in_utc(tmp_path)
        process = start("serve")
        assert zone_in(tmp_path) == ZONE
        with httpx.Client(base_url=process.url, timeout=20) as client:
            assert client.get("/readyz").json()["ready"] is True
            assert client.post("/v1/events", json=batch("a", 3)).json()["accepted"] == 3
            assert client.get("/v1/events/a-1").json()["facts"]["path"] == "accepted"
        assert process.end() == 0

    @pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
    def test_idle_it_stays_under_120_mib(self, start: Start) -> None:
        process = start("serve")
        assert httpx.get(f"{process.url}/healthz").status_code == 200
        status = Path(f"/proc/{process.popen.pid}/status").read_text()
        resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        assert resident < 120 * 1024

    def test_keys_are_asked_for_where_the_settings_say_so(
        self, start: Start, tmp_path: Path, now: int
    ) -> None:
        (tmp_path / "cascadewatch.toml").write_text('[ingest]\nkeys = "on"\n')
        process = start("serve")
        assert httpx.post(f"{process.url}/v1/events", json=batch("a", 1)).status_code == 401
        with opened(tmp_path) as store:
            key = keys.create(store, "checkout", ["ingest"], now)
        time.sleep(1.1)  # how long a server believes that a key is unknown
        answer = httpx.post(
            f"{process.url}/v1/events", json=batch("a", 1), headers={"Authorization": f"Bearer {key}"}
        )
        assert answer.json()["accepted"] == 1

    def test_it_says_neither_its_server_nor_logs_successful_requests(self, start: Start) -> None:
        process = start("serve")
        assert "server" not in httpx.get(f"{process.url}/healthz").headers
        process.end()
        assert not any("healthz" in str(line) for line in process.log)


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_no_acknowledged_event_is_lost_when_it_is_ended_under_load(
    start: Start, tmp_path: Path, by: signal.Signals
) -> None:
    process = start("serve")
    acknowledged: list[str] = []
    stop = threading.Event()

    def send(name: str) -> None:
        with httpx.Client(base_url=process.url, timeout=20) as client, suppress(httpx.HTTPError):
            for n in range(10_000):
                sent = batch(f"{name}-{n}", 20)
                if stop.is_set() or client.post("/v1/events", json=sent).status_code != 200:
                    return
                acknowledged.extend(event["id"] for event in sent)

    senders = [threading.Thread(target=send, args=(name,)) for name in "abcdef"]
    for sender in senders:
        sender.start()
    while len(acknowledged) < 1_000:
        time.sleep(0.01)
    code = process.end(by)
    stop.set()
    for sender in senders:
        sender.join()
    assert code == 0
    assert process.said("stop")
    with opened(tmp_path) as store, store.reading() as connection:
        held = set(connection.execute(select(events.c.id)).scalars())
    assert set(acknowledged) - held == set()


class TestUp:
    def test_pages_api_and_jobs_are_one_process(self, start: Start, tmp_path: Path) -> None:
        served_in_utc(tmp_path)
        process = start("up")
        assert zone_in(tmp_path) == ZONE
        with httpx.Client(base_url=process.url, timeout=30) as client:
            assert "text/html" in client.get("/").headers["content-type"]
            assert client.post("/v1/events", json=batch("a", 2)).json()["accepted"] == 2
            assert client.get("/v1/status").json()["ingest"]["accepted"] == 2
            mistaken = client.post("/v1/evnts", json=[])
            assert (mistaken.status_code, mistaken.json()["error"]["code"]) == (404, "not_found")
            for path in ("/v1/events", "/metrics"):
                other = client.delete(path)
                assert (other.status_code, other.json()["error"]["code"]) == (405, "method_not_allowed")
                assert other.headers["allow"] in ("POST", "GET, HEAD")
            assert client.get("/", headers={"Host": "evil.example"}).status_code == 403
        assert process.end() == 0
        assert process.said("leading")
        assert lease_of(tmp_path).expires == 0, "it was given back"


class TestDashboard:
    def test_it_has_pages_and_no_api(self, start: Start) -> None:
        process = start("dashboard")
        assert "text/html" in httpx.get(f"{process.url}/").headers["content-type"]
        assert httpx.post(f"{process.url}/v1/events", json=[]).status_code in (404, 405)
        assert process.end() == 0


class TestWorker:
    def test_it_leads_and_gives_the_lease_back(self, start: Start, tmp_path: Path) -> None:
        served_in_utc(tmp_path)
        process = start("worker")
        deadline = time.monotonic() + 20
        while not process.said("leading"):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert lease_of(tmp_path).expires > 0
        assert zone_in(tmp_path) == ZONE
        assert process.end() == 0
        assert lease_of(tmp_path).expires == 0


@pytest.mark.parametrize("command", ["serve", "up", "dashboard"])
def test_an_open_address_is_refused_with_the_ways_out(command: str, tmp_path: Path) -> None:
    result = failing(tmp_path, command, "--host", "0.0.0.0", "--port", "0")
    assert "--i-know-this-is-open" in result
    assert ("keys create" in result) == (command != "dashboard")
    assert ("dashboard.login" in result) == (command != "serve")


def test_a_login_that_could_not_work_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cascadewatch.toml").write_text('[dashboard]\nlogin = "oidc"\n')
    assert "`login.metadata_url` is missing" in failing(tmp_path, "dashboard", "--port", "0")


@pytest.mark.parametrize("command", [("worker",), ("up", "--port", "0")], ids=["worker", "up"])
def test_a_rule_that_could_never_fire_is_refused(command: tuple[str, ...], tmp_path: Path) -> None:
    rule = '[[rule]]\nname = "high"\nkind = "threshold"\nmetric = "escalation_rate"\nabove = 36.0\n'
    (tmp_path / "cascadewatch.toml").write_text(rule)
    assert "rule high: can never fire" in failing(tmp_path, *command)
    assert not (tmp_path / "cascadewatch.db").exists()


def test_a_taken_port_is_one_sentence(start: Start, tmp_path: Path) -> None:
    port = start("serve").url.rpartition(":")[2]
    result = failing(tmp_path, "serve", "--port", port)
    assert result.count("\n") == 1
    assert "--port" in result


def failing(folder: Path, *arguments: str) -> str:
    """What a command that exits with 2 says."""
    code = "from cascadewatch.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    return done.stderr


def opened(folder: Path) -> Any:
    from contextlib import closing

    return closing(Store(f"sqlite:///{folder / 'cascadewatch.db'}"))


def served_in_utc(folder: Path) -> None:
    """A database whose days are those of UTC, beside settings that name another zone."""
    before = Settings(database_url=f"sqlite:///{folder / 'cascadewatch.db'}", timezone="UTC")
    store = open_store(before, round(time.time() * 1000))
    rezone(store, before)
    store.close()
    (folder / "cascadewatch.toml").write_text(f'timezone = "{ZONE}"')


def zone_in(folder: Path) -> str | None:
    with opened(folder) as store, store.reading() as connection:
        return zone_of(connection)


def lease_of(folder: Path) -> leases.Lease:
    with opened(folder) as store, store.reading() as connection:
        lease = leases.held(connection, "worker")
    assert lease is not None
    return lease
