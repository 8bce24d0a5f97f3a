"""Real processes (`serve`, `up`, `worker`) on a database, and senders that keep what was acknowledged."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from cascadewatch.settings import Settings
from cascadewatch.store.engine import Store
from cascadewatch.store.tables import events
from cascadewatch.store.verify import verify

ROOT = Path(__file__).parents[2]
AT = (datetime.now(UTC) - timedelta(minutes=10)).isoformat()
CODE = "from cascadewatch.cli import main; main()"


@dataclass
class Process:
    """A running process, its log as parsed lines, and where it listens ("" for a worker)."""

    popen: subprocess.Popen[str]
    log: list[dict[str, Any]] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    url: str = ""

    def read(self) -> None:
        assert self.popen.stderr is not None
        with self.popen.stderr as lines:
            for line in lines:
                self.raw.append(line)
                with suppress(ValueError):
                    self.log.append(json.loads(line))

    def end(self, by: signal.Signals = signal.SIGTERM) -> int:
        """The exit code; it must come within ten seconds."""
        self.popen.send_signal(by)
        return self.popen.wait(timeout=10)

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait()

    def said(self, event: str) -> bool:
        return any(line.get("event") == event for line in self.log)

    def tracebacks(self) -> list[str]:
        return [line for line in self.raw if "Traceback" in line]

    def threads(self) -> int:
        return len(os.listdir(f"/proc/{self.popen.pid}/task"))


Start = Callable[..., Process]


@contextmanager
def starting(folder: Path, **variables: str) -> Iterator[Start]:
    """Gives a function that starts a command, on a free port, and waits for the line that says so; `before`
    is run in the process before the command is."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CASCADEWATCH_")}
    environment = kept | {"PYTHONPATH": str(ROOT)} | variables
    with ExitStack() as stack:

        def begin(*arguments: str, before: str = "") -> Process:
            port = () if arguments[0] == "worker" else ("--port", "0")
            popen = subprocess.Popen(
                [sys.executable, "-c", f"{before}\n{CODE}", *arguments, *port, "--log-format", "json"],
                cwd=folder, env=environment, text=True, stderr=subprocess.PIPE,
            )  # fmt: skip
            process = Process(popen)
            reader = threading.Thread(target=process.read)
            reader.start()
            stack.callback(reader.join)
            stack.callback(popen.wait)
            stack.callback(popen.kill)
            wait_for(lambda: process.said("start") or popen.poll() is not None, 60)
            assert popen.poll() is None, process.raw
            process.url = next(line.get("url", "") for line in process.log if line.get("event") == "start")
            return process

        yield begin


def wait_for(true: Callable[[], bool], seconds: float = 30, every: float = 0.005) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(every)


def settings_file(folder: Path, url: str, more: str = "") -> Path:
    """Settings of that database, where commands started in the folder find them."""
    file = folder / "cascadewatch.toml"
    file.write_text(f'database_url = "{url.replace("+psycopg", "")}"\ncaller_ids = "plain"\n{more}')
    return file


def batch(name: str, size: int) -> list[dict[str, Any]]:
    """Events that are always the same: sent again they are duplicates."""
    small = {"tier": "small", "cost_usd": 0.001, "latency_ms": 30,
             "verdict": {"outcome": "reject", "mechanism": "schema"}}  # fmt: skip
    tries = [small, {"tier": "flagship", "cost_usd": 0.02, "latency_ms": 300}]
    return [
        {"id": f"{name}-{n}", "time": AT, "cascade": "load", "route": f"r{n % 3}", "attempts": tries}
        for n in range(size)
    ]


@dataclass
class Senders:
    """Threads that send batches until they are stopped, whatever is answered.

    `acknowledged` and `unknown` are the names of batches answered 200, and not answered at all; `answers`
    are (status, seconds) of every request that was answered.
    """

    url: str
    size: int = 20
    stop: threading.Event = field(default_factory=threading.Event)
    acknowledged: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    answers: list[tuple[int, float]] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self, names: str, run: str = "", pause: float = 0) -> "Senders":
        self.threads = [threading.Thread(target=self._send, args=(f"{run}{n}", pause)) for n in names]
        for thread in self.threads:
            thread.start()
        return self

    def end(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def _send(self, name: str, pause: float) -> None:
        with httpx.Client(base_url=self.url, timeout=60) as client:
            for n in range(1_000_000):
                if self.stop.wait(pause) if pause else self.stop.is_set():
                    return
                one, began = f"{name}-{n}", time.monotonic()
                try:
                    answer = client.post("/v1/events", json=batch(one, self.size))
                except httpx.HTTPError:
                    self.unknown.append(one)
                    if self.stop.wait(0.02):
                        return
                    continue
                self.answers.append((answer.status_code, time.monotonic() - began))
                (self.acknowledged if answer.status_code == 200 else self.unknown).append(one)

    def seconds(self, status: int) -> list[float]:
        """How long each answer of that status took, in ascending order."""
        return sorted(seconds for code, seconds in self.answers if code == status)


def p99(ascending: list[float]) -> float:
    return ascending[max(0, -(-99 * len(ascending) // 100) - 1)]


def held(store: Store) -> set[str]:
    with store.reading() as connection:
        return set(connection.execute(select(events.c.id)).scalars())


def whole(url: str, *senders: Senders) -> None:
    """Everything acknowledged is held, nothing else than what was sent is, and `verify` finds no fault."""
    store = Store(url)
    try:
        ids = held(store)
        sent = [(s, name) for s in senders for name in s.acknowledged]
        lost = {f"{name}-{n}" for s, name in sent for n in range(s.size)} - ids
        assert lost == set()
        known = {name for s in senders for name in (*s.acknowledged, *s.unknown)}
        assert {one.rpartition("-")[0] for one in ids} <= known
        said = verify(store, Settings(database_url=url, caller_ids="plain"))
        assert said["ok"], said
    finally:
        store.close()


def send_again(url: str, names: list[str], size: int) -> tuple[int, int]:
    """Sends batches once more; how many events were new, and how many duplicates."""
    accepted = duplicate = 0
    with httpx.Client(base_url=url, timeout=60) as client:
        for name in names:
            answer = client.post("/v1/events", json=batch(name, size)).json()
            accepted, duplicate = accepted + answer["accepted"], duplicate + answer["duplicate"]
            assert answer["conflict"] == answer["rejected"] == 0
    return accepted, duplicate
