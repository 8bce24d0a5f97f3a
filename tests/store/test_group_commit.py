"""Requests that arrive together are committed together; what fails, fails alone; nothing is lost."""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import make_url

from cascadewatch.errors import BusyError
from cascadewatch.model import Event
from cascadewatch.store import writes
from cascadewatch.store.receipt import Receipt
from tests.model.events import NOON, accepted
from tests.store.opened import Opened

HOLD_SQLITE = """
import sys, time
from filelock import FileLock
with FileLock(sys.argv[1] + ".lock"):
    print("held", flush=True)
    time.sleep(60)
"""
HOLD_POSTGRES = """
import sys, time, psycopg
with psycopg.connect(sys.argv[1]) as connection:
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (int(sys.argv[2]),))
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def another_process_writing(opened: Opened) -> Iterator[None]:
    """A real process that holds this database's turn to write."""
    if opened.store.path is not None:
        arguments = [HOLD_SQLITE, str(opened.store.path)]
    else:
        from cascadewatch.store.dialect import _WRITE_LOCK

        url = make_url(opened.settings.database_url).set(drivername="postgresql")
        arguments = [HOLD_POSTGRES, url.render_as_string(hide_password=False), str(_WRITE_LOCK)]
    child = subprocess.Popen([sys.executable, "-c", *arguments], stdout=subprocess.PIPE, text=True)
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        try:
            yield
        finally:
            child.kill()


@contextmanager
def commits(opened: Opened) -> Iterator[list[int]]:
    """How many transactions are committed meanwhile, as the length of a list."""
    seen: list[int] = []

    def note(_connection: object) -> None:
        seen.append(1)

    sqlalchemy_event.listen(opened.store.engine, "commit", note)
    yield seen
    sqlalchemy_event.remove(opened.store.engine, "commit", note)


@contextmanager
def the_writer_waiting(opened: Opened) -> Iterator[Future[Receipt]]:
    """Holds the turn to write while the writer waits for it with its first request, so that what is
    handed over meanwhile queues up."""
    with opened.store.writing():
        first = opened.writer.submit(opened.batch([accepted("first")]))
        while opened.writer._queue.qsize():
            time.sleep(0.001)
        yield first


def while_the_writer_waits(opened: Opened, requests: list[list[Event]]) -> list[Future[Receipt]]:
    with the_writer_waiting(opened) as first:
        return [first, *(opened.writer.submit(opened.batch(events)) for events in requests)]


def test_requests_that_queue_up_share_one_transaction(opened: Opened) -> None:
    opened.send(accepted("warm"))
    with commits(opened) as seen:
        futures = while_the_writer_waits(opened, [[accepted(f"e{i}")] for i in range(20)])
        assert [f.result(20).accepted for f in futures] == [1] * 21
    assert len(seen) == 3  # the turn that was held, the first request, all the others
    assert opened.broken() == {}


def test_each_request_gets_its_own_receipt(opened: Opened) -> None:
    opened.send(accepted("known"))
    requests = [[accepted("known")], [accepted("a"), accepted("b")], [accepted("a", route="else")], []]
    futures = while_the_writer_waits(opened, requests)
    answers = [f.result(20) for f in futures[1:]]
    assert [(r.accepted, r.duplicate, r.conflict) for r in answers] == [
        (0, 1, 0), (2, 0, 0), (0, 0, 1), (0, 0, 0),
    ]  # fmt: skip


@pytest.mark.parametrize("poison", [{"revision": "\ud800"}, {"id": "\ud800"}], ids=["late", "early"])
def test_a_request_that_cannot_be_stored_fails_alone(opened: Opened, poison: dict[str, str]) -> None:
    from msgspec.structs import replace

    bad = [accepted("beside-it"), replace(accepted("bad"), **poison)]
    futures = while_the_writer_waits(opened, [[accepted("a")], bad, [accepted("b")]])
    assert [f.result(20).accepted for f in (futures[0], futures[1], futures[3])] == [1, 1, 1]
    with pytest.raises(UnicodeEncodeError):
        futures[2].result(20)
    assert {row["id"] for row in opened.rows("events")} == {"first", "a", "b"}
    assert opened.writer.alive
    assert opened.broken() == {}


def test_a_request_given_up_before_its_turn_is_not_stored_and_harms_nobody(opened: Opened) -> None:
    with the_writer_waiting(opened) as first:
        given_up = opened.writer.submit(opened.batch([accepted("given-up")]))
        last = opened.writer.submit(opened.batch([accepted("last")]))
        assert given_up.cancel()
    assert [f.result(20).accepted for f in (first, last)] == [1, 1]
    assert {row["id"] for row in opened.rows("events")} == {"first", "last"}
    assert opened.writer.alive


def test_while_another_process_writes_the_answer_is_busy_and_nothing_is_stored(opened: Opened) -> None:
    opened.send(accepted("before"))
    with another_process_writing(opened):
        started = time.monotonic()
        with pytest.raises(BusyError) as refused:
            opened.writer.submit(opened.batch([accepted("meanwhile")])).result(20)
        assert 4 < time.monotonic() - started < 15
        assert refused.value.retry_after >= 1
        assert opened.counts()["events"] == 1  # reading goes on
    assert opened.send(accepted("meanwhile")).accepted == 1
    assert opened.broken() == {}


def test_more_than_fits_the_waiting_room_is_told_to_come_again(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writes, "MAX_WAITING", 6)  # a request counts as one more than its events
    with opened.store.writing():
        taken = [opened.writer.submit(opened.batch([accepted(f"e{i}")])) for i in range(3)]
        with pytest.raises(BusyError, match="too many"):
            opened.writer.submit(opened.batch([accepted("e3")]))
    assert [f.result(20).accepted for f in taken] == [1, 1, 1]
    assert opened.number("events") == 3


def test_closing_finishes_what_was_handed_over_and_takes_no_more(opened: Opened) -> None:
    futures = while_the_writer_waits(opened, [[accepted(f"e{i}")] for i in range(30)])
    opened.writer.close()
    assert all(f.done() for f in futures)
    assert opened.number("events") == 31
    with pytest.raises(BusyError, match="shutting down"):
        opened.writer.submit(opened.batch([accepted("late")]))
    assert not opened.writer.alive


def test_an_annotation_goes_the_same_way(opened: Opened) -> None:
    number = opened.writer.submit_annotation(writes.Mark(NOON, "support", None, "deploy", "ada")).result(20)
    row = opened.rows("annotations")[0]
    assert (number, row["text"], row["kind"], row["author"]) == (row["seq"], "deploy", "user", "ada")
