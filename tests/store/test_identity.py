"""Who an event is: the sender's name and its id. Said again it is harmless, said otherwise a conflict."""

from collections.abc import Callable
from datetime import datetime
from threading import Barrier, Thread
from typing import Any

import msgspec
import pytest

from cascadewatch.model import Event, Label, Usage, digest
from cascadewatch.store.ingest import identity
from cascadewatch.store.reads import quarantined
from cascadewatch.store.receipt import Receipt
from tests.model.events import accepted, attempt, escalated, event
from tests.store.opened import Opened

TOTALS = ("events", "judged", "escalated", "cost_cheap", "cost_escalated")


def totals(opened: Opened) -> dict[str, int]:
    counts = opened.counts()
    return {name: counts[name] for name in TOTALS}


def outcome(receipt: Receipt) -> tuple[int, int, int]:
    assert receipt.received == receipt.accepted + receipt.duplicate + receipt.conflict + receipt.rejected
    return receipt.accepted, receipt.duplicate, receipt.conflict


def test_the_same_event_again_is_a_duplicate(opened: Opened) -> None:
    assert outcome(opened.send(escalated("a"))) == (1, 0, 0)
    before = totals(opened)
    assert outcome(opened.send(escalated("a"))) == (0, 1, 0)
    assert totals(opened) == before
    assert opened.broken() == {}


def test_the_same_event_twice_in_one_request_is_stored_once(opened: Opened) -> None:
    assert outcome(opened.send(escalated("a"), escalated("a"), accepted("b"))) == (2, 1, 0)
    assert totals(opened)["events"] == 2
    assert opened.broken() == {}


def test_the_same_event_in_two_requests_committed_together_is_stored_once(opened: Opened) -> None:
    first, second = opened.writer.write([opened.batch([escalated("a")]), opened.batch([escalated("a")])])
    assert (outcome(first), outcome(second)) == ((1, 0, 0), (0, 1, 0))


JSON = (
    """{"id": "a", "time": "2026-11-21T12:00:00Z", "cascade": "support", "attempts": [{"tier": "small"}]}"""
)
SAME = {
    "another zone": {"time": "2026-11-21T13:00:00+01:00"},
    "more digits than are kept": {"time": "2026-11-21T12:00:00.000999Z"},
    "defaults spelled out": {"route": "default", "completed": True, "caller": None},
    "defaults of an attempt spelled out": {"attempts": [{"tier": "small", "kind": "model", "status": "ok"}]},
    "text": {"text": {"prompt": "what came before"}},
    "labels": {"labels": [{"attempt": 0, "correct": True, "source": "human"}]},
}
OTHER = {
    "time": {"time": "2026-11-21T12:00:00.001Z"},
    "cascade": {"cascade": "other"},
    "route": {"route": "faq"},
    "caller": {"caller": "tenant-1"},
    "a tag": {"tags": {"team": "growth"}},
    "completed": {"completed": False},
    "an attempt's status": {"attempts": [{"tier": "small", "status": "error"}], "completed": True},
    "one attempt more": {"attempts": [{"tier": "small"}, {"tier": "small"}]},
    "a count of 0 for an unknown one": {"attempts": [{"tier": "small", "usage": {"input": 0}}]},
}


def said(change: dict[str, Any]) -> Event:
    return msgspec.json.decode(msgspec.json.encode(msgspec.json.decode(JSON) | change), type=Event)


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_says_the_same(change: dict[str, Any]) -> None:
    assert digest(said(change)) == digest(said({}))


@pytest.mark.parametrize("change", OTHER.values(), ids=OTHER)
def test_says_something_else(change: dict[str, Any]) -> None:
    assert digest(said(change)) != digest(said({}))


def test_the_order_of_tags_says_nothing() -> None:
    one, two = said({"tags": {"a": "1", "b": "2"}}), said({"tags": {"b": "2", "a": "1"}})
    assert digest(one) == digest(two)


def test_labels_of_a_duplicate_are_applied(opened: Opened) -> None:
    right = Label(0, True, "executable", "random")
    opened.send(accepted("a"))
    assert outcome(opened.send(accepted("a", labels=[right]))) == (0, 1, 0)
    assert [row["correct"] for row in opened.rows("labels")] == [1]
    assert opened.broken() == {}


def test_labels_of_a_duplicate_in_the_same_request_are_applied(opened: Opened) -> None:
    opened.send(accepted("a"), accepted("a", labels=[Label(0, True, "executable", "random")]))
    assert [row["correct"] for row in opened.rows("labels")] == [1]
    assert opened.broken() == {}


def test_another_event_under_a_known_id_is_quarantined_and_changes_no_total(opened: Opened) -> None:
    first, second = accepted("a"), escalated("a")
    opened.send(first)
    before = totals(opened)
    receipt = opened.send(second)
    assert outcome(receipt) == (0, 0, 1)
    assert receipt.errors[0].id == "a"
    assert totals(opened) == before
    with opened.store.reading() as connection:
        kept = quarantined(connection)[0]
    assert (kept["source"], kept["id"]) == ("local", "a")
    assert (kept["digest_kept"], kept["digest_new"]) == (digest(first).hex(), digest(second).hex())
    assert msgspec.json.decode(kept["payload"], type=Event) == second
    assert opened.broken() == {}


def test_the_same_conflict_again_is_counted_and_not_put_aside_twice(opened: Opened) -> None:
    opened.send(accepted("a"))
    assert outcome(opened.send(escalated("a"), escalated("a"))) == (0, 0, 2)
    assert outcome(opened.send(escalated("a"))) == (0, 0, 1)
    opened.send(accepted("a"), source="other")
    assert outcome(opened.send(escalated("a"), source="other")) == (0, 0, 1)
    assert sorted(row["source"] for row in opened.rows("quarantine")) == ["local", "other"]
    assert opened.broken() == {}


def test_two_events_of_one_id_in_one_request_the_first_stays(opened: Opened) -> None:
    assert outcome(opened.send(escalated("a"), accepted("a"), escalated("a"))) == (1, 1, 1)
    assert totals(opened)["escalated"] == 1
    assert opened.broken() == {}


def test_ids_are_told_apart_by_case_and_by_source(opened: Opened) -> None:
    assert outcome(opened.send(accepted("a"), accepted("A"))) == (2, 0, 0)
    assert outcome(opened.send(escalated("a"), source="other")) == (1, 0, 0)
    assert outcome(opened.send(escalated("a"), source="other")) == (0, 1, 0)
    assert totals(opened)["events"] == 3
    assert opened.broken() == {}


def test_a_source_and_an_id_cannot_be_cut_in_two_ways() -> None:
    assert identity("a", "bc") != identity("ab", "c")


def at_once(work: list[Callable[[], None]]) -> None:
    gate = Barrier(len(work))

    def run(one: Callable[[], None]) -> None:
        gate.wait()
        one()

    threads = [Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_of_five_copies_sent_at_once_exactly_one_is_stored(opened: Opened) -> None:
    answers: list[Receipt] = []

    def send() -> None:
        answers.append(opened.writer.submit(opened.batch([escalated("a")])).result(timeout=20))

    at_once([send] * 5)
    assert sorted(outcome(a) for a in answers) == [(0, 1, 0)] * 4 + [(1, 0, 0)]
    assert totals(opened)["events"] == 1
    assert opened.broken() == {}


def test_of_five_different_events_of_one_id_sent_at_once_the_first_stays(opened: Opened) -> None:
    answers: list[Receipt] = []

    def send(number: int) -> None:
        made = event("a", attempt("small", "accept", cost_usd=number * 1e-6))
        answers.append(opened.writer.submit(opened.batch([made])).result(timeout=20))

    at_once([lambda n=n: send(n) for n in range(5)])  # type: ignore[misc]
    assert sorted(outcome(a) for a in answers) == [(0, 0, 1)] * 4 + [(1, 0, 0)]
    assert opened.number("quarantine") == 4
    assert opened.broken() == {}


def test_a_moment_is_cut_to_milliseconds_and_kept_in_utc(opened: Opened) -> None:
    sent = msgspec.structs.replace(
        accepted("a"), time=datetime.fromisoformat("2026-11-21T13:00:00.120999+01:00")
    )
    opened.send(sent)
    assert opened.rows("events")[0]["time"] == 1_795_262_400_120


def test_unknown_counts_and_counts_of_0_stay_apart(opened: Opened) -> None:
    opened.send(event("a", attempt("small", usage=Usage(input=0))))
    row = opened.rows("attempts")[0]
    assert (row["input"], row["output"]) == (0, None)
