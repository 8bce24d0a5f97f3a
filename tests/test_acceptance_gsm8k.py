"""The recorded GSM8K cascade, through the whole store: figures that were known before it was written."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cascadewatch.demo import gsm8k_events, settings_toml
from cascadewatch.metrics.breakeven import economics
from cascadewatch.model import Event
from cascadewatch.settings import load
from cascadewatch.store.reads import Reader, quarantined, report
from tests.store.opened import DAY, Opened

TRUE_FLAGSHIP_ONLY = 20.59616  # what GPT-4 really cost on all 1,319 questions


@pytest.fixture
def events(now: int) -> list[Event]:
    return list(gsm8k_events(now - 5 * 3_600_000, threshold=0.5))


@pytest.fixture
def opened(store_url: str, tmp_path: Path, now: int) -> Iterator[Opened]:
    """With the demo's own [[price]] entries; the order of this cascade's tiers is learned."""
    file = tmp_path / "cascadewatch.toml"
    file.write_text('caller_ids = "plain"\n' + settings_toml())
    one = Opened(load(file, {}, store_url), now)
    yield one
    one.close()


@pytest.fixture
def filled(opened: Opened, events: list[Event]) -> Opened:
    receipt = opened.send(*events)
    assert (receipt.received, receipt.accepted, receipt.rejected) == (1_319, 1_319, 0)
    return opened


def rows(opened: Opened) -> list[dict[str, Any]]:
    with opened.store.reading() as connection:
        answer = report(connection, opened.settings, opened.now - DAY, opened.now)
    found: list[dict[str, Any]] = answer["cascades"]
    return found


def metrics(opened: Opened) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = rows(opened)[0]["metrics"]
    return found


def test_the_report_gives_the_known_figures(filled: Opened) -> None:
    row = rows(filled)[0]
    assert (row["cascade"], row["route"], row["events"], row["judged"]) == ("gsm8k", None, 1_319, 1_319)
    found = row["metrics"]
    assert round(found["escalation_rate"]["value"], 4) == 0.3897
    assert found["escalation_rate"]["n"] == 1_319
    assert round(found["cost_usd"]["value"] * 1e9) == 9_464_466_600
    assert round(found["quality"]["value"], 4) == 0.9060
    assert found["price_coverage"]["value"] == 1


def test_flagship_only_is_within_3_percent_and_its_range_holds_the_truth(filled: Opened) -> None:
    metric = metrics(filled)["flagship_only_cost_usd"]
    assert metric["value"] == pytest.approx(TRUE_FLAGSHIP_ONLY, rel=0.03)
    assert metric["low"] <= TRUE_FLAGSHIP_ONLY <= metric["high"]


def test_c_and_e_times_the_cost_of_escalating_are_the_blended_cost_exactly(filled: Opened) -> None:
    with filled.store.reading() as connection:
        reader = Reader(connection, filled.settings)
        window = reader.window("gsm8k", None, reader.cover(filled.now - DAY, filled.now))
    counts = window.counts
    n, escalated = counts["even"], counts["even_escalated"]
    c, after = Fraction(counts["even_cheap"], n), Fraction(counts["even_after"], escalated)
    assert (n, escalated) == (1_319, 514)
    assert c + Fraction(escalated, n) * after == Fraction(9_464_466_600, 1_319)
    terms = economics(window)
    assert terms is not None
    assert terms.c + terms.e * terms.E == pytest.approx(terms.blended, rel=1e-12)
    assert terms.blended == pytest.approx(metrics(filled)["blended_cost_usd"]["value"], rel=1e-12)


def test_the_route_has_the_same_figures_as_the_cascade(filled: Opened) -> None:
    whole, route = rows(filled)
    assert route["route"] == "default"
    assert route["metrics"] == whole["metrics"]


def test_the_same_file_again_is_1319_duplicates_and_changes_nothing(
    filled: Opened, events: list[Event]
) -> None:
    before, sums = rows(filled), filled.rollups()
    receipt = filled.send(*events)
    assert (receipt.accepted, receipt.duplicate, receipt.conflict) == (0, 1_319, 0)
    assert rows(filled) == before
    assert filled.rollups() == sums


def test_one_changed_row_is_one_conflict_in_quarantine_and_changes_nothing(
    filled: Opened, events: list[Event]
) -> None:
    before = rows(filled)
    events[700] = msgspec.structs.replace(events[700], route="tampered")
    receipt = filled.send(*events)
    assert (receipt.accepted, receipt.duplicate, receipt.conflict) == (0, 1_318, 1)
    assert [(e.index, e.id) for e in receipt.errors] == [(700, events[700].id)]
    with filled.store.reading() as connection:
        (kept,) = quarantined(connection)
    assert kept["id"] == events[700].id
    assert rows(filled) == before


def test_verify_finds_nothing_after_all_of_it(filled: Opened, events: list[Event]) -> None:
    filled.send(*events)
    filled.send(msgspec.structs.replace(events[0], route="tampered"))
    assert filled.broken() == {}
