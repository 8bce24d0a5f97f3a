"""What an export reads, on both databases."""

from collections import Counter
from typing import Any

import pytest

from cascadewatch.metrics.coverage import NO_PRICE
from cascadewatch.store import reads
from cascadewatch.store.reads import exports
from cascadewatch.store.reads.exports import ALIASES, EXPORTS, Range
from tests.model.events import NOON, attempt, event
from tests.store.conftest import Open
from tests.store.ingesting import batch
from tests.store.opened import DAY, Opened

PER_TIME = [name for name in EXPORTS if name.startswith(("rollups.", "tiers."))]


@pytest.fixture
def filled(opening: Open) -> Opened:
    opened = opening()
    opened.send(*(e for n in range(12) for e in batch(n)))
    return opened


def read(
    opened: Opened, what: str, start: int = 0, end: int = 2**53, cascade: str | None = None
) -> list[dict]:
    export, which = EXPORTS[what], Range(start, end, cascade)
    names = [column.name for column in export.columns]
    with opened.store.reading() as connection:
        found = [
            dict(zip(names, r, strict=True)) for some in exports.rows(connection, export, which) for r in some
        ]
        assert exports.count(connection, export, which) == len(found)
    return found


def total(rows: list[dict[str, Any]], *names: str) -> int:
    return sum(int(row[name] or 0) for row in rows for name in names)


def test_everything_held_is_there_in_the_order_of_its_time(filled: Opened) -> None:
    rows = read(filled, "events")
    assert {row["id"] for row in rows} == {e.id for n in range(12) for e in batch(n)}
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
    attempts = read(filled, "attempts")
    assert len(attempts) == filled.number("attempts")
    assert total(attempts, "cost_usd") == total(rows, "cost_usd") > 0
    assert len(read(filled, "labels")) == filled.number("labels") > 0


@pytest.mark.parametrize("what", PER_TIME)
def test_sums_add_up_to_the_events_and_none_counts_twice(filled: Opened, what: str) -> None:
    events = read(filled, "events")
    rows = read(filled, what)
    if what.startswith("rollups."):
        assert total(rows, "events") == len(events)
        parts = [name for name in rows[0] if name.startswith("cost_")]
        assert total(rows, *parts) == total(events, "cost_usd")
    else:
        assert total(rows, "cost_usd", "verify_cost_usd") == total(events, "cost_usd")


def test_a_free_verdict_gives_an_event_without_prices_no_cost_of_nothing(opening: Open) -> None:
    opened = opening()
    opened.send(event("a", attempt("strange", "reject"), attempt("unlisted")))
    (row,) = read(opened, "events")
    assert (row["cost_usd"], row["cost_verify_usd"], row["priced"]) == (None, None, False)
    with opened.store.reading() as connection:
        found = reads.event(connection, "a")
        whole = reads.report(connection, opened.settings, NOON - DAY, NOON + DAY)["cascades"][0]["metrics"]
    assert found is not None
    assert set(found["cost_usd"].values()) == {None}
    money = [whole[key] for key in ("cost_usd", "blended_cost_usd", "cost_usd.verify")]
    assert [(m["value"], m["reason"]) for m in money] == [(None, NO_PRICE)] * 3


def test_a_range_takes_its_start_and_leaves_out_its_end(filled: Opened) -> None:
    times = sorted(row["time"] for row in read(filled, "events"))
    rows = read(filled, "events", times[10], times[20])
    assert [row["time"] for row in rows] == times[10:20]


def test_one_cascade_can_be_asked_for(filled: Opened) -> None:
    assert read(filled, "events", cascade="nobody") == []
    assert len(read(filled, "events", cascade="support")) == 60


@pytest.mark.parametrize("what", EXPORTS)
def test_each_kind_can_be_read_and_names_no_column_twice(filled: Opened, what: str) -> None:
    read(filled, what, filled.now - 400 * DAY, filled.now, "support")
    assert max(Counter(column.name for column in EXPORTS[what].columns).values()) == 1


def test_short_names_mean_days() -> None:
    assert {name: full for name, full in ALIASES.items() if full not in EXPORTS} == {}
    assert all(full == f"{name}.day" for name, full in ALIASES.items())


def test_some_rows_at_a_time_are_in_memory(filled: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 7)
    with filled.store.reading() as connection:
        sizes = [len(some) for some in exports.rows(connection, EXPORTS["events"], Range(0, 2**53))]
    assert sizes == [7] * 8 + [4]
