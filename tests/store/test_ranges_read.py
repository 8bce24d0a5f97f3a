"""A report tells what range it read, also where that is wider than what was asked for."""

from typing import Any

import pytest

from cascadewatch.model import Label
from cascadewatch.moments import rfc3339
from cascadewatch.store import reads
from cascadewatch.store.retention import prune
from tests.model.events import NOON, accepted, escalated
from tests.store.conftest import Open
from tests.store.opened import DAY, Opened

pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)

MINUTE = 60_000
RIGHT, WRONG = (Label(0, correct, "executable", "random") for correct in (True, False))


def metrics(opened: Opened, start: int, end: int, route: str | None = None) -> dict[str, Any]:
    with opened.store.reading() as connection:
        found = reads.report(connection, opened.settings, start, end, "support", route)
    assert (found["from"], found["to"]) == (rfc3339(start), rfc3339(end))
    metrics: dict[str, Any] = found["cascades"][0]["metrics"]
    return metrics


def test_labels_and_latencies_say_which_quarter_hours_they_are_of(opened: Opened) -> None:
    asked = [accepted(f"in-{n}", at=NOON + (8 + n) * MINUTE, labels=[RIGHT]) for n in range(2)]
    others = [accepted(f"out-{n}", at=NOON + MINUTE, labels=[WRONG]) for n in range(19)]
    opened.send(*asked, *others)
    found = metrics(opened, NOON + 8 * MINUTE, NOON + 11 * MINUTE)
    said = "read from 2026-11-21 12:00 to 2026-11-21 12:15 UTC"
    assert found["flagship_share"]["n"] == 2
    assert found["quality"]["n"] == 21
    assert found["quality"]["reason"].startswith(said)
    assert found["latency_ms.p50[accepted]"]["reason"] == said
    assert found["latency_ms.p95[accepted]"]["reason"].endswith(said)
    assert "reason" not in found["escalation_rate"]
    exact = metrics(opened, NOON, NOON + 15 * MINUTE)
    assert "read from" not in exact["quality"].get("reason", "")


def test_a_route_of_which_only_days_are_kept_says_so(opening: Open) -> None:
    opened = opening()
    old = NOON - 40 * DAY
    opened.send(escalated("a", at=old, route="faq"), escalated("b", at=old + 3 * 3_600_000, route="faq"))
    prune(opened.store, opened.settings, NOON)
    opened = opening()
    found = metrics(opened, old, old + 3_600_000, "faq")["latency_ms.p50[escalated]"]
    assert (found["n"], found["reason"]) == (2, "read from 2026-10-12 00:00 to 2026-10-13 00:00 UTC")
    whole = metrics(opened, old, old + 3_600_000)["latency_ms.p50[escalated]"]
    assert whole["n"] == 1


@pytest.mark.parametrize(("days", "clusters"), [(2, 8), (7, 28), (9, 9)])
def test_money_has_an_interval_in_a_long_range_though_events_are_of_few_days(
    opened: Opened, days: int, clusters: int
) -> None:
    hours = [NOON - day * DAY - hour * 3_600_000 for day in range(days) for hour in range(4)]
    opened.send(
        *(made(f"{made.__name__}-{at}", at=at) for at in hours for made in (accepted, escalated)),
        escalated("one-more", at=hours[0]),
    )
    with opened.store.reading() as connection:
        reader = reads.Reader(connection, opened.settings)
        window = reader.window("support", None, reader.cover(NOON - 90 * DAY, NOON + DAY))
    assert len(window.clusters) == clusters
    assert sum(c["events"] for c in window.clusters) == window.counts["events"]
    blended = metrics(opened, NOON - 90 * DAY, NOON + DAY)["blended_cost_usd"]
    assert blended["low"] < blended["value"] < blended["high"]
    assert "reason" not in blended


def test_fewer_than_eight_hours_have_none_and_the_reason_is_true(opened: Opened) -> None:
    opened.send(*(accepted(f"a-{n}", at=NOON - n * DAY) for n in range(7)))
    blended = metrics(opened, NOON - 90 * DAY, NOON + DAY)["blended_cost_usd"]
    assert (blended["low"], blended["reason"]) == (None, "no interval: fewer than 8 hours")
