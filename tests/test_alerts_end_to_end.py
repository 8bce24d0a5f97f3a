"""From an event over HTTP to a message on Slack and by mail, with real processes, and time moved by the test.

A verifier breaks at 100 requests an hour and is mended three hours later: one message on each channel
when it is found, amber within the hour after the fix, one more message when it is over, nothing else.
"""

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as mail_policy
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from cascadewatch.store.engine import Store
from tests.job_runs import runs

ROOT = Path(__file__).parent.parent
MINUTE, HOUR = 60_000, 3_600_000
DAY = 24 * HOUR
BROKEN = 1_794_315_600_000  # 2026-11-10 13:00 UTC, a Tuesday: 14:00 in Berlin
MENDED = BROKEN + 3 * HOUR
START = BROKEN - 8 * DAY
EVERY = 36_000  # 100 requests an hour
RATE = 0.30

# Starts a command with a clock that reads a file: the time told, when that was, and how fast it runs.
LAUNCHER = """
import json, os, time
from pathlib import Path
from cascadewatch.cli import clock as rim
file = Path(os.environ["CLOCK_OF_THE_TEST"])
def clock():
    told, since, speed = json.loads(file.read_text())
    return told + round((time.time() - since) * 1000 * speed)
rim.clock = clock
from cascadewatch import worker
worker.WAKE_S = 0.2
from cascadewatch.cli import main
main()
"""
PAGE = "https://watch.example.com/incidents?episode=1&cascade=support&from=2026-11-10T13%3A00Z&to="
FOOT = "Episode 1 · rule escalation-drift · page · times in Europe/Berlin"
FORMAT = "Rejects with reason `format` explain all of it: the form of answers is refused, not their content."
FIRED = (
    "support: escalation up 64 points to about 93 %",
    {
        "What moved": "The escalation rate of support: about 93 % (72–98 %), 64 points above its baseline of "
        "28 %, over 27 requests. It breached the tolerance of 5 points. More requests go on to dearer tiers: "
        "cost is at risk.",
        "Since": "Tue 14:00, as far as can be told. A move like this happens by chance less than once in 90 "
        "days.",
        "Likeliest cause": FORMAT,
        "Evidence": "Rejected: format: 0 % → 93 % (of 18,200 before, 27 since).",
        "Cost": "About $30.90 more a day ($21.00–33.60) at today's traffic: 1,543 more escalations a "
        "day at $0.02 each.",
        "Also": "support: flagship share up 64 points to about 93 %.",
        "Next": "Look at a few of these rejects, then mend what the verifier expects or how the cheap tier "
        "is asked to answer.",
    },
    f"{PAGE}2026-11-10T13%3A16Z",
)
RESOLVED = (
    "Resolved: support: escalation back to normal",
    {
        "What": "The escalation rate of support is back at its baseline of 28 %.",
        "Lasted": "Tue 14:00 to Tue 17:10, 3 h; surely over since Wed 04:45.",
        "Peak": "About 93 %, seen Tue 14:15.",
        "In all": "It cost about $3.73 more.",
        "Likeliest cause": FORMAT,
    },
    f"{PAGE}2026-11-11T03%3A45Z",
)
SETTINGS = """
timezone = "Europe/Berlin"
public_url = "https://watch.example.com"

[channel.chat]
kind = "slack"
webhook_url = "env:SLACK_WEBHOOK_URL"
allow_private = true

[channel.mail]
kind = "email"
host = "127.0.0.1"
port = {port}
security = "none"
allow_private = true
from = "watch@example.com"
to = ["on-call@example.com"]
"""


class Clock:
    """The time of all processes."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def set(self, now: int, speed: float = 0) -> None:
        """It is `now`, and goes on `speed` times as fast as ours."""
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps([now, time.time(), speed]))
        os.replace(new, self.file)

    def __call__(self) -> int:
        told, since, speed = json.loads(self.file.read_text())
        return int(told + round((time.time() - since) * 1000 * speed))


@dataclass
class Inbox:
    """What a receiver took, with the time of the test's clock."""

    clock: Clock
    taken: list[tuple[int, Any]] = field(default_factory=list)

    def take(self, what: Any) -> None:
        self.taken.append((self.clock(), what))

    @property
    def times(self) -> list[int]:
        return [at for at, _ in self.taken]


@contextmanager
def slack(inbox: Inbox) -> Iterator[str]:
    """A webhook that takes everything; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            inbox.take(json.loads(body))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library names it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/services/T0/B0/secret"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def smtp(inbox: Inbox) -> Iterator[int]:
    """A mail server that takes everything; its port."""
    from aiosmtpd.controller import Controller

    class Handler:
        async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802 - theirs
            inbox.take(BytesParser(EmailMessage, policy=mail_policy).parsebytes(envelope.content))
            return "250 taken"

    controller = Controller(Handler(), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def answers(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@dataclass
class World:
    """A running `serve`, and a way to start more; all on one clock."""

    clock: Clock
    http: httpx.Client
    store: Store
    launch: Callable[..., None]
    chat: Inbox
    mail: Inbox

    def send(self, start: int, end: int, broken: bool = False) -> None:
        """What comes from `start` to `end`, in order."""
        batch = [event(at, broken) for at in range(start, end, EVERY)]
        for first in range(0, len(batch), 5_000):
            part = batch[first : first + 5_000]
            answer = self.http.post("/v1/events", json=part)
            assert answer.json().get("accepted") == len(part), answer.text

    def pass_time(self, now: int, length: int, broken: bool = False) -> int:
        """Sends what comes between `now` and `length` later, and has the rules evaluated then."""
        later = now + length
        if length > 5 * MINUTE:  # events may not lie further ahead
            self.clock.set(later)
            later += MINUTE
        self.send(now, now + length, broken)
        self.step(later)
        return now + length

    @property
    def state(self) -> str:
        """How the episode that speaks is doing."""
        return str(next(e["state"] for e in self.episodes() if e["parent"] is None))

    def deliver(self, messages: int) -> None:
        """Lets the time run, three times as fast as ours, until both channels took that many."""
        now = self.clock()
        self.clock.set(now, speed=3)
        until(lambda: len(self.chat.taken) >= messages and len(self.mail.taken) >= messages)
        self.clock.set(now)

    def step(self, now: int) -> None:
        """Moves the clock, and waits until the rules have been evaluated at that time."""
        self.clock.set(now)
        until(lambda: self._evaluated(now - now % MINUTE))

    def _evaluated(self, slot: int) -> bool:
        looks = runs(self.store, "evaluate-rules")
        assert not any(run.state == "failed" for run in looks), looks
        return any(run.slot == slot and run.state == "done" for run in looks)

    def episodes(self, state: str = "all") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.http.get(f"/v1/episodes?state={state}").json()["episodes"]
        return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = Clock(tmp_path / "clock.json")
    clock.set(BROKEN)
    with ExitStack() as stack:
        chat, mail = Inbox(clock), Inbox(clock)
        secrets = {"SLACK_WEBHOOK_URL": stack.enter_context(slack(chat))}
        port = stack.enter_context(smtp(mail))
        (tmp_path / "cascadewatch.toml").write_text(SETTINGS.format(port=port))
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CASCADEWATCH_")}
        environment |= {"PYTHONPATH": str(ROOT), "CLOCK_OF_THE_TEST": str(clock.file)} | secrets

        def launch(*arguments: str) -> None:
            log = stack.enter_context((tmp_path / f"{arguments[0]}.log").open("wb"))
            process = subprocess.Popen(
                [sys.executable, "-c", LAUNCHER, *arguments], cwd=tmp_path, env=environment, stderr=log
            )
            stack.callback(process.wait, 20)
            stack.callback(process.terminate)

        address = free_port()
        launch("serve", "--port", str(address))
        http = stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{address}", timeout=60))
        until(lambda: answers(address))
        store = Store(f"sqlite:///{tmp_path / 'cascadewatch.db'}")
        stack.callback(store.close)
        yield World(clock, http, store, launch, chat, mail)


def event(at: int, broken: bool) -> dict[str, Any]:
    """One request at that time. Three in ten escalate, in hours that scatter by 5 points; while the
    verifier is broken all but every tenth."""
    hour = Random(f"hour {at - at % HOUR}").betavariate(70 * RATE, 70 * (1 - RATE))
    rejected = at // EVERY % 10 != 5 if broken else Random(f"request {at}").random() < hour
    verdict = {"outcome": "reject" if rejected else "accept", "verifier": "judge-v2", "mechanism": "judge"}
    verdict |= {"reason": "format" if broken else "low_score"} if rejected else {}
    small = {"tier": "small", "model": "open-mixtral-8x7b", "cost_usd": 0.001}
    attempts: list[dict[str, Any]] = [{**small, "verdict": {**verdict, "cost_usd": 0.0001}}]
    if rejected:
        attempts.append({"tier": "flagship", "model": "gpt-4-1106-preview", "cost_usd": 0.02})
    stamp = datetime.fromtimestamp(at / 1000, UTC).isoformat()
    return {"id": f"e-{at}", "time": stamp, "cascade": "support", "route": "faq", "attempts": attempts}


def test_one_message_when_it_breaks_one_when_it_is_over_and_no_other(world: World) -> None:
    world.send(START, BROKEN)
    world.launch("worker")
    world.step(BROKEN)
    assert world.episodes() == [], "eight quiet days"

    now = BROKEN
    while not world.episodes():
        now = world.pass_time(now, 5 * MINUTE, broken=True)
        assert now <= BROKEN + HOUR, "it is found within the hour"
    speaking = [episode["rule"] for episode in world.episodes() if episode["parent"] is None]
    assert speaking == ["escalation-drift"], "what else moved belongs to it"
    alarm = moment(world.episodes()[-1]["opened"])
    assert alarm == now
    world.deliver(1)
    assert all(alarm <= at < alarm + MINUTE for at in (*world.chat.times, *world.mail.times))

    while now < MENDED:
        now = world.pass_time(now, 15 * MINUTE, broken=True)
    while world.state != "easing":
        now = world.pass_time(now, 5 * MINUTE)
        assert now <= MENDED + HOUR, "amber within the hour after the fix"
    while now < MENDED + DAY:
        now = world.pass_time(now, 30 * MINUTE)
        if world.state == "resolved":
            world.deliver(2)
    assert world.state == "resolved"
    assert all(at < MENDED + DAY for at in (*world.chat.times, *world.mail.times))

    assert world.episodes("open") == []
    for (_, message), expected in zip(world.chat.taken, (FIRED, RESOLVED), strict=True):
        assert spoken(message) == on_slack(*expected)
    for (_, mail), expected in zip(world.mail.taken, (FIRED, RESOLVED), strict=True):
        assert written(mail) == by_mail(*expected)
    first, last = (mail for _, mail in world.mail.taken)
    assert first["Message-ID"] != last["Message-ID"]
    assert first["References"] == last["References"], "mail programs show them as one thread"


def on_slack(title: str, facts: dict[str, str], link: str) -> str:
    said = "\n".join(f"{label}\n{words}" for label, words in facts.items())
    return f"{title}\n{said}\n[Open in cascadewatch] {link}\n{FOOT}"


def by_mail(title: str, facts: dict[str, str], link: str) -> str:
    said = "\n".join(f"{label}: {words}" for label, words in facts.items())
    return f"{title}\n\n{said}\n{FOOT}\n\nOpen in cascadewatch: {link}"


def moment(stamp: str) -> int:
    return round(datetime.fromisoformat(stamp).timestamp() * 1000)


def spoken(message: dict[str, Any]) -> str:
    """Every text of a Slack message in reading order, a line each, and where its button leads."""
    blocks = [*message["blocks"], *(b for part in message["attachments"] for b in part["blocks"])]
    parts = [
        part
        for block in blocks
        for part in (*block.get("elements", ()), *block.get("fields", ()), block.get("text"))
        if part
    ]
    return "\n".join(f"[{p['text']['text']}] {p['url']}" if "url" in p else p["text"] for p in parts)


def written(mail: EmailMessage) -> str:
    """Subject and text of a mail; the HTML says the same."""
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    text = str(plain.get_content()).replace("\r\n", "\n").strip()
    seen = unescape(re.sub(r"<[^>]+>", " ", str(html.get_content())))
    for line in text.splitlines():
        for part in line.partition(": ")[::2]:
            assert part in seen or part.startswith("https://"), part
    return f"{mail['Subject']}\n\n{text}"
