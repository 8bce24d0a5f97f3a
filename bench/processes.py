"""Servers as processes of their own: started, waited for, watched and stopped."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
COMPILED = Path(tempfile.gettempdir()) / "cascadewatch-bench-compiled"
MIB = 2**20
START_SECONDS = 60


class Server:
    """A running server on a loopback port, and what it takes of the machine."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self.log = log
        self.watched = psutil.Process(process.pid)

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of a GET; OSError while nobody listens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def wait(self, path: str) -> None:
        """Returns with the first 200."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(
                    f"the server ended with {self.process.returncode}:\n{self.log.read_text()}"
                )
            try:
                if self.get(path)[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.005)
        raise TimeoutError(f"no answer from {path} within {START_SECONDS} s:\n{self.log.read_text()}")

    def cpu_seconds(self) -> float:
        """CPU time spent so far by the process and its children."""
        return sum(t.user + t.system for t in (p.cpu_times() for p in self._tree()))

    def rss_mib(self) -> float:
        """Memory held by the process and its children."""
        return sum(p.memory_info().rss for p in self._tree()) / MIB

    def _tree(self) -> list[psutil.Process]:
        return [self.watched, *self.watched.children(recursive=True)]

    def stop(self) -> None:
        """Asks it to end, and its children should it not take them along."""
        left = self._tree() if self.process.poll() is None else []
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(15)
        for child in left[1:]:
            if child.is_running():
                child.terminate()


@contextmanager
def running(
    command: Sequence[str], port: int, health: str, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Starts a server, waits until `health` answers 200, stops it at the end."""
    with tempfile.TemporaryDirectory(prefix="cascadewatch-bench-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, stdout=out, stderr=out, cwd=folder, env=surroundings(environment)
            )
        server = Server(process, port, log)
        try:
            server.wait(health)
            yield server
        finally:
            server.stop()


def surroundings(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a process that is to find the project, and no settings but ours.

    Compiled modules are kept, as they are for users, but apart from the checkout.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CASCADEWATCH_", "PYTHONDONT"))}
    path = os.pathsep.join([str(ROOT), str(ROOT / "bench")])
    return {**kept, "PYTHONPATH": path, "PYTHONPYCACHEPREFIX": str(COMPILED), **(extra or {})}


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cascadewatch(*arguments: str) -> list[str]:
    """The command line `cascadewatch …` of this checkout, installed or not."""
    return [sys.executable, "-c", "from cascadewatch.cli import main; main()", *arguments]
