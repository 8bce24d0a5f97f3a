"""How examples/emit.py behaves towards a server that is away, busy, slow or wrong."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def send(emit: ModuleType, count: int = 1) -> None:
    for number in range(count):
        with emit.request("support", id=f"e{number}") as r:
            r.attempt("small")


def test_events_travel_in_batches_of_500_with_the_key(emit: ModuleType, server: Any) -> None:
    emit.configure(url=server.url + "/", key="cw_abc_def")
    send(emit, 1200)
    assert emit.flush(10)
    assert len(server.events) == 1200
    assert max(len(request) for request in server.requests) <= 500
    assert {h["Authorization"] for h in server.headers} == {"Bearer cw_abc_def"}
    assert {h["path"] for h in server.headers} == {"/v1/events"}
    assert emit.stats() == {"sent": 1200, "rejected": 0, "dropped": 0, "queued": 0}


def test_a_busy_server_is_asked_again_no_sooner_than_it_says(emit: ModuleType, server: Any) -> None:
    server.answers = [(503, {"Retry-After": "1"}, b"{}")]
    send(emit)
    assert emit.flush(10)
    assert server.times[1] - server.times[0] >= 1
    assert [e["id"] for e in server.events] == ["e0"]


@pytest.mark.parametrize("status", [500, 502, 429, 408])
def test_what_may_pass_is_sent_again_with_the_same_ids(emit: ModuleType, server: Any, status: int) -> None:
    server.answers = [(status, {}, b"oops")]
    send(emit, 3)
    assert emit.flush(10)
    assert [e["id"] for e in server.events] == ["e0", "e1", "e2"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 301])
def test_what_will_never_pass_is_counted_and_logged(
    emit: ModuleType, server: Any, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers = [(status, {"Location": server.url}, b'{"error": {"message": "not you"}}')]
    send(emit)
    assert emit.flush(10)
    assert emit.stats()["rejected"] == 1
    assert f"answered {status}" in caplog.text
    assert "not you" in caplog.text
    assert len(server.times) == 1


def test_rejected_events_are_counted_with_the_first_reason(
    emit: ModuleType, server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    error = {"index": 1, "id": "e1", "field": "attempts[0].usage.inptu", "reason": "unknown key"}
    told = {"received": 3, "accepted": 1, "duplicate": 1, "conflict": 0, "rejected": 1, "errors": [error]}
    server.answers = [(200, {}, json.dumps(told).encode())]
    send(emit, 3)
    assert emit.flush(10)
    assert emit.stats() == {"sent": 2, "rejected": 1, "dropped": 0, "queued": 0}
    assert "attempts[0].usage.inptu" in caplog.text


def test_an_answer_from_somebody_else_is_no_success(emit: ModuleType, server: Any) -> None:
    server.answers = [(200, {}, b"<html>welcome</html>")]
    send(emit)
    assert emit.flush(10)
    assert emit.stats()["rejected"] == 1


def test_one_event_that_is_no_json_does_not_harm_its_neighbours(emit: ModuleType, server: Any) -> None:
    for score in (0.5, float("nan"), 0.7):
        with emit.request("support") as r:
            r.attempt("small")
            r.verdict(True, score=score)
    with emit.request("support", route="\ud800") as r:
        r.attempt("small")
    assert emit.flush(10)
    assert [e["attempts"][0]["verdict"]["score"] for e in server.events] == [0.5, 0.7]
    assert emit.stats()["rejected"] == 2


def large(emit: ModuleType, *prompts: str) -> None:
    for number, prompt in enumerate(prompts):
        with emit.request("support", id=f"e{number}", text={"prompt": prompt}) as r:
            r.attempt("small")


def test_a_request_is_kept_below_its_size_in_bytes_not_in_characters(
    emit: ModuleType, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emit, "BATCH_BYTES", 4000)
    large(emit, *(["語" * 600] * 5), "x" * 9000, *(["語" * 300] * 5))
    assert emit.flush(10)
    assert [e["id"] for e in server.events] == [f"e{number}" for number in range(11)]
    assert all(int(h["Decoded"]) <= 4000 for h in server.headers if int(h["Events"]) > 1)
    assert max(int(h["Decoded"]) for h in server.headers) > 9000  # the one that is larger goes alone
    assert len(server.requests) < 11


def test_where_the_server_takes_less_at_a_time_only_what_is_too_large_alone_is_lost(
    emit: ModuleType, server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server.most = 3000
    large(emit, *(["x" * 500] * 20), "x" * 4000, *(["x" * 500] * 20))
    assert emit.flush(10)
    assert [e["id"] for e in server.events] == [f"e{number}" for number in range(41) if number != 20]
    assert emit.stats() == {"sent": 40, "rejected": 1, "dropped": 0, "queued": 0}
    assert "answered 413" in caplog.text


def test_an_event_too_large_for_the_server_to_read_does_not_hold_up_the_others(
    emit: ModuleType, server: Any
) -> None:
    server.unread = 2**20
    large(emit, os.urandom(2**20).hex(), "short")
    assert emit.flush(10)
    assert [e["id"] for e in server.events] == ["e1"]
    assert emit.stats()["rejected"] == 1


def test_while_nobody_listens_the_newest_events_are_kept(load: Callable[[], ModuleType], server: Any) -> None:
    emit = load()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        emit.configure(url=f"http://127.0.0.1:{closed.getsockname()[1]}", queue=10)
        send(emit, 40)
        assert not emit.flush(0.3)
    waiting = emit.stats()
    assert waiting["sent"] == 0
    assert waiting["dropped"] + waiting["queued"] == 40
    emit.configure(url=server.url, queue=10)
    assert emit.flush(10)
    assert server.events[-1]["id"] == "e39"
    assert len(server.events) == waiting["queued"]


def test_a_server_that_hangs_does_not_hold_up_the_service(emit: ModuleType, server: Any) -> None:
    server.hang.clear()
    started = time.monotonic()
    send(emit, 2000)
    assert time.monotonic() - started < 5  # the request in flight waits for ten
    assert not emit.flush(0.1)
    server.hang.set()
    assert emit.flush(10)
    assert len(server.events) == 2000


def test_a_process_that_ends_sends_the_rest(server: Any) -> None:
    code = f"""
import emit
emit.configure(url={server.url!r})
with emit.request("support", id="last") as r:
    r.attempt("small")
"""
    subprocess.run([sys.executable, "-c", code], cwd=EXAMPLES, check=True, timeout=20)
    assert [e["id"] for e in server.events] == ["last"]


def test_a_process_ends_though_the_server_hangs(server: Any) -> None:
    server.hang.clear()
    code = f"""
import emit
emit.configure(url={server.url!r})
with emit.request("support") as r:
    r.attempt("small")
"""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=EXAMPLES, check=True, timeout=20, capture_output=True, text=True
    )
    assert time.monotonic() - started < 8
    assert "1 events dropped" in done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only where processes fork")
def test_a_forked_child_sends_its_own_events_and_not_its_parents(server: Any) -> None:
    code = f"""
import os, emit
emit.configure(url={server.url!r})
def record(name):
    with emit.request("support", id=name) as r:
        r.attempt("small")
record("before")
child = os.fork()
record("child" if child == 0 else "parent")
emit.flush(10)
if child:
    os.waitpid(child, 0)
else:
    os._exit(0)
"""
    subprocess.run([sys.executable, "-c", code], cwd=EXAMPLES, check=True, timeout=30)
    assert sorted(e["id"] for e in server.events) == ["before", "child", "parent"]
