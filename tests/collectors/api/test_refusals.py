"""What goes wrong on our side: always "later", never a 500, and nothing of the body in the log."""

import json
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.exc import OperationalError

from cascadewatch.errors import BusyError, SchemaError, StoreError
from collectors.api.refusal import line

if TYPE_CHECKING:
    from tests.collectors.api.conftest import Api, Serve

Build = Callable[..., dict[str, Any]]

FAULTS: list[tuple[Exception, str]] = [
    (BusyError("too many events are waiting", retry_after=7), "7"),
    (SchemaError("the database has schema 0002"), "5"),
    (StoreError("the database refused"), "5"),
    (OperationalError("INSERT INTO secret", {}, sqlite3.OperationalError("disk I/O error")), "5"),
    (OSError(28, "No space left on device"), "5"),
    (RuntimeError("a mistake of ours"), "5"),
    (MemoryError(), "5"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=[type(e).__name__ for e, _ in FAULTS])
@pytest.mark.parametrize("late", [False, True], ids=["at once", "at the commit"])
def test_whatever_fails_in_the_store_is_to_be_sent_again(
    api: "Api", event: Build, monkeypatch: pytest.MonkeyPatch, fault: tuple[Exception, str], late: bool
) -> None:
    error, seconds = fault

    def submit(_: object) -> Future[Any]:
        if not late:
            raise error
        future: Future[Any] = Future()
        future.set_exception(error)
        return future

    with monkeypatch.context() as patch:
        patch.setattr(api.writer, "submit", submit)
        answer = api.post([event(1)])
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == seconds
    assert answer.json()["error"]["code"] == "unavailable"
    assert "INSERT" not in answer.text
    assert "mistake of ours" not in answer.text
    assert api.post([event(1)]).json()["accepted"] == 1


def test_a_database_locked_by_another_process_is_to_be_tried_again(api: "Api", event: Build) -> None:
    other = sqlite3.connect(str(api.store.path), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        answer = api.post([event(1)])
    finally:
        other.close()
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert api.post([event(1)]).json()["accepted"] == 1


def test_a_writer_that_has_stopped_says_so(api: "Api", event: Build) -> None:
    assert api.get("/readyz").json() == {
        "ready": True,
        "checks": {"writer": "ok", "database": "ok", "schema": "ok", "disk": "ok"},
    }
    api.writer.close()
    assert api.post([event(1)]).status_code == 503
    answer = api.get("/readyz")
    assert answer.status_code == 503
    assert "writer has stopped" in answer.json()["checks"]["writer"]
    assert api.get("/healthz").status_code == 200


def test_readiness_names_a_wrong_schema(either: "Api") -> None:
    with either.store.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    answer = either.get("/readyz")
    assert answer.status_code == 503
    assert "db upgrade" in answer.json()["checks"]["schema"]


def test_readiness_names_a_database_out_of_reach(api: "Api") -> None:
    path = api.store.path
    assert path is not None
    api.store.reader.dispose()
    path.rename(path.with_suffix(".gone"))
    answer = api.get("/readyz")
    path.with_suffix(".gone").rename(path)
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] != "ok"


def test_readiness_names_a_full_disk(api: "Api", monkeypatch: pytest.MonkeyPatch) -> None:
    from cascadewatch.store import disk

    monkeypatch.setattr(disk, "LEAST_MIB", 10**9)
    answer = api.get("/readyz")
    assert answer.status_code == 503
    assert "refused until there is room" in answer.json()["checks"]["disk"]


def test_a_sender_that_is_too_fast_waits_and_loses_nothing(serve: "Serve", event: Build) -> None:
    api = serve(ingest={"rate_limit_per_second": 10.0})
    assert api.post([event(i) for i in range(30)]).json()["accepted"] == 30  # 20 more than there were
    answer = api.post([event(99)])
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    api.clock.now += 2001
    assert api.post([event(99)]).json()["accepted"] == 1


def test_the_log_tells_who_was_refused_and_nothing_of_the_body(
    api: "Api", caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "cascadewatch.api")
    api.post(b'[{"id": "canary-in-the-body"', Content_Type="application/json")
    api.get("/v1/nowhere%0d%0aforged%1b[31m")
    records = [json.loads(r.getMessage()) for r in caplog.records if r.name == "cascadewatch.api"]
    assert [(r["status"], r["method"]) for r in records] == [(400, "POST"), (404, "GET")]
    assert records[1]["path"] == "/v1/nowhere\r\nforged\x1b[31m"
    assert "canary" not in caplog.text


@pytest.mark.parametrize(
    "text", ["\n", "\r\n", "\x1b[2J", "\x00", "\x7f", "\x85", "\u2028", '"', "}", "\ud800"]
)
def test_a_log_line_is_one_line_of_printable_ascii(text: str) -> None:
    written = line("refused", path=f"a{text}b")
    assert written.isascii()
    assert written.isprintable()
    assert json.loads(written) == {"event": "refused", "path": f"a{text}b"}
