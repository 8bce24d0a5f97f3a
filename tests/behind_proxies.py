"""The proxies of docs/deploy.md, run as they stand there but for ports and files, before a real `up`."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from websockets.sync.client import connect
from websockets.typing import Origin

from dashboard import text_login as text
from tests.alerts.certificates import authority

ROOT = Path(__file__).parents[1]
NAME = "monitor.example.com"
SESSIONS = {  # of whom each is: their address, and their groups
    "of-ada": ("ada@example.com", ""),
    "of-bob": ("bob@example.com", ""),
    "of-eve": ("eve@example.com", "leads"),
}


TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")  # files of nginx
SIGN_IN = "this is where one signs in"
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


class Provider(BaseHTTPRequestHandler):
    """What oauth2-proxy answers to a proxy that asks it: whose session a cookie is."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # as the library calls it
        known = re.search(r"\bsession=([\w-]+)", self.headers.get("Cookie", ""))
        person = SESSIONS.get(known[1]) if known else None
        if self.path != "/oauth2/auth":
            self._answer(200, {}, SIGN_IN.encode())
        elif person is None:
            self._answer(401, {})
        else:
            self._answer(202, {"X-Auth-Request-Email": person[0], "X-Auth-Request-Groups": person[1]})

    do_POST = do_GET  # noqa: N815 - the library's

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def provider() -> Iterator[int]:
    """The port of somebody who knows SESSIONS."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def shown(language: str, first: str) -> str:
    """The block of docs/deploy.md that holds `first`."""
    page = (ROOT / "docs" / "deploy.md").read_text()
    blocks = re.findall(rf"^```{language}\n(.*?)^```", page, re.S | re.M)
    return next(str(block) for block in blocks if first in block)


class Ports(NamedTuple):
    """Where each of the three listens."""

    proxy: int
    provider: int
    program: int


def moved(block: str, ports: Ports) -> str:
    """The same with our ports; each of theirs must have been there."""
    for theirs, ours in ((":4180", ports.provider), (":8765", ports.program)):
        assert theirs in block
        block = block.replace(theirs, f":{ours}")
    return block


def nginx(folder: Path, ports: Ports) -> list[str]:
    block = moved(shown("nginx", "auth_request"), ports)
    for theirs, ours in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{ports.proxy} ssl;"),
        ("/etc/ssl/monitor.pem", str(folder / "server.pem")),
        ("/etc/ssl/monitor.key", str(folder / "server.pem")),
    ):
        assert theirs in block
        block = block.replace(theirs, ours)
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in TEMPORARY)
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/log; events {{}}\n"
        f"http {{ access_log off;\n{temporary}{block}}}\n"
    )
    return ["-p", str(folder), "-e", str(folder / "log"), "-c", str(folder / "nginx.conf")]


def caddy(folder: Path, ports: Ports) -> list[str]:
    block = moved(shown("text", "forward_auth"), ports)
    head = f"{NAME} {{\n"
    assert head in block
    own = (
        f"https://{NAME}:{ports.proxy} {{\n\tbind 127.0.0.1\n\ttls {folder}/server.pem {folder}/server.pem\n"
    )
    options = "{\n\tadmin off\n\tauto_https disable_redirects\n}\n"
    (folder / "Caddyfile").write_text(options + block.replace(head, own))
    return ["run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


PROXIES = {"nginx": nginx, "caddy": caddy}


class Front(NamedTuple):
    """A proxy, and what stands behind it."""

    port: int
    behind: str  # the program's own address
    key: str
    trust: ssl.SSLContext

    def __call__(self, method: str, path: str, session: str = "", **options: Any) -> httpx.Response:
        """A request from outside; `path` is sent as it is written."""
        headers = {"Host": f"{NAME}:{self.port}", **options.pop("headers", {})}
        if session:
            headers["Cookie"] = f"session={session}"
        url = httpx.URL(scheme="https", host="127.0.0.1", port=self.port, raw_path=path.encode())
        with httpx.Client(verify=self.trust, timeout=30, trust_env=False) as client:
            return client.request(method, url, headers=headers, extensions={"sni_hostname": NAME}, **options)

    def told(self, session: str, **headers: str) -> bytes:
        """What the first run of the pages sends to a browser, until it has said who looks, and as what."""
        from streamlit.proto.BackMsg_pb2 import BackMsg

        asked = BackMsg()
        asked.rerun_script.query_string = ""
        tcp = socket.create_connection(("127.0.0.1", self.port))
        own = f"{NAME}:{self.port}"
        with connect(
            f"wss://{own}/_stcore/stream", origin=Origin(f"https://{own}"), sock=tcp, ssl=self.trust,
            additional_headers={"Cookie": f"session={session}", **headers}, proxy=None, open_timeout=30,
        ) as stream:  # fmt: skip
            stream.send(asked.SerializeToString())
            said = b""
            while not any(word.encode() in said for word in (text.VIEWER, text.ADMIN, text.SIGN_IN)):
                frame = stream.recv(timeout=30)
                said += frame if isinstance(frame, bytes) else frame.encode()
            return said

    def refused(self, session: str, origin: str = "") -> int:
        """The status that a handshake gets which is not to succeed."""
        asked = {**HANDSHAKE, "Origin": origin or f"https://{NAME}:{self.port}"}
        return self("GET", "/_stcore/stream", session, headers=asked).status_code


@contextmanager
def running(command: list[str], log: Path, ready: str, **options: Any) -> Iterator[None]:
    """A process that ends with the block; it is there once `ready` answers anything."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, **options)
    try:
        until = time.monotonic() + 60
        while True:
            try:
                httpx.get(ready, verify=False, timeout=5, trust_env=False)
                break
            except httpx.TransportError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(15)


def installed(kind: str) -> str:
    """The program. Where it is not there the test is skipped."""
    found = shutil.which(kind, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"PROXY NOT TESTED: {kind} is not installed")
    return found


@contextmanager
def front(program: str, folder: Path, ports: Ports, key: str) -> Iterator[Front]:
    """One of PROXIES on `ports.proxy`."""
    kind = Path(program).name
    file, _ = authority(folder, NAME)
    command = [program, *PROXIES[kind](folder, ports)]
    home = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), str(folder))
    # Caddy ends the handshake with who asks for no name it knows, but says so to who speaks no TLS.
    there = f"{'http' if kind == 'caddy' else 'https'}://127.0.0.1:{ports.proxy}/healthz"
    with running(command, folder / "log", there, env=home):
        trust = ssl.create_default_context(cafile=file)
        yield Front(ports.proxy, f"http://127.0.0.1:{ports.program}", key, trust)
