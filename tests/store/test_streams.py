"""Rates of streams over time, from the rollups."""

from typing import Any

import pytest

from cascadewatch.drift.hours import Hour
from cascadewatch.errors import UsageError
from cascadewatch.store import streams
from cascadewatch.store.baselines import AUTOMATIC, pin
from cascadewatch.store.streams import RATES, Slot
from tests.drift.streams import pinned
from tests.model.events import NOON, accepted, attempt, escalated, event
from tests.store.conftest import Fresh
from tests.store.opened import Opened

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
WHOLE = ("support", "")


def hours(opened: Opened, metric: str, *keys: tuple[str, str], **said: Any) -> dict[Any, list[Hour]]:
    span = {"start": NOON - DAY, "end": NOON + HOUR} | said
    with opened.store.reading() as connection:
        return streams.hours(connection, metric, keys or (WHOLE,), **span)


def test_every_rate_counts_what_its_metric_says(fresh: Fresh) -> None:
    failed = attempt("small", "error")
    with fresh() as opened:
        opened.send(
            accepted("a"),
            escalated("b"),
            event("c", failed, attempt("flagship")),  # the judge failed
            event("d", attempt("small", "reject")),  # exhausted
            event("e", attempt("small", "accept"), attempt("small", "accept")),  # a retry
            event("f", attempt("cache", kind="cache"), latency_ms=3.0),
        )
        found = {metric: hours(opened, metric)[WHOLE][0][1:] for metric in RATES}
    assert found == {
        "escalation_rate": (1, 4),
        "flagship_share": (2, 6),
        "fallback_rate": (1, 6),
        "judge_failure_rate": (1, 6),
        "exhausted_rate": (1, 4),
        "retry_rate": (1, 6),
        "cache_hit_rate": (1, 6),
    }


def test_hours_without_requests_are_left_out(fresh: Fresh) -> None:
    with fresh() as opened:
        opened.send(accepted("a", at=NOON - 5 * HOUR), escalated("b", at=NOON))
        found = hours(opened, "escalation_rate")
    assert found[WHOLE] == [Hour(NOON - 5 * HOUR, 0, 1), Hour(NOON, 1, 1)]


def test_edges_are_cut_to_the_minute(fresh: Fresh) -> None:
    with fresh() as opened:
        for number in range(40):
            opened.send(accepted(str(number), at=NOON + number * MINUTE))
        found = hours(opened, "escalation_rate", start=NOON + 7 * MINUTE, end=NOON + 33 * MINUTE)
    assert found[WHOLE] == [Hour(NOON, 0, 26)]


def test_buckets_may_be_narrower_and_wider_than_an_hour(fresh: Fresh) -> None:
    with fresh() as opened:
        for number in range(4):
            opened.send(accepted(str(number), at=NOON + number * 10 * MINUTE))
        fine = hours(opened, "escalation_rate", width=5 * MINUTE)[WHOLE]
        coarse = hours(opened, "escalation_rate", start=NOON - DAY, end=NOON + DAY, width=DAY)[WHOLE]
    assert [hour.start for hour in fine] == [NOON + n * 10 * MINUTE for n in range(4)]
    assert [hour.judged for hour in coarse] == [4]


def test_routes_and_what_they_leave_over(fresh: Fresh) -> None:
    with fresh() as opened:
        for number, route in enumerate(["faq"] * 3 + ["orders"] * 2 + ["rare", "rarer"]):
            made = escalated if route.startswith("rare") else accepted
            opened.send(made(str(number), route=route))
        keys = [("support", route) for route in ("", "faq", "orders", "__other__")]
        found = hours(opened, "escalation_rate", *keys)
    assert {key[1]: hour for key, (hour,) in found.items()} == {
        "": Hour(NOON, 2, 7),
        "faq": Hour(NOON, 0, 3),
        "orders": Hour(NOON, 0, 2),
        "__other__": Hour(NOON, 2, 2),
    }


def test_other_is_what_the_routes_with_a_baseline_leave_over(fresh: Fresh) -> None:
    with fresh() as opened:
        opened.send(accepted("a", route="faq"), escalated("b", route="rare"))
        with opened.store.writing() as connection:
            pin(
                connection, "escalation_rate", "support", "faq", pinned(),
                how=AUTOMATIC, author="cascadewatch", note=None, now=NOON,
            )  # fmt: skip
        found = hours(opened, "escalation_rate", ("support", "__other__"))
    assert found == {("support", "__other__"): [Hour(NOON, 1, 1)]}


def test_replays_are_no_traffic(fresh: Fresh) -> None:
    with fresh() as opened:
        opened.send(accepted("a"))
        for tier in ("minute", "quarter"):
            opened.tamper(f"UPDATE rollup_events_{tier} SET origin = 'replay'")
        assert hours(opened, "escalation_rate") == {WHOLE: []}


def test_steps_of_a_walk_are_five_minutes_and_quarters_where_minutes_are_gone(fresh: Fresh) -> None:
    with fresh() as opened:
        for at in (NOON - 20 * MINUTE, NOON - 8 * MINUTE, NOON, NOON + 4 * MINUTE, NOON + 6 * MINUTE):
            opened.send(accepted(str(at), at=at))
        opened.tamper(f"UPDATE meta SET value = '{NOON}' WHERE key = 'minute_horizon'")
        with opened.store.reading() as connection:
            found = streams.slots(connection, {"escalation_rate": [WHOLE]}, NOON - HOUR, NOON + HOUR)
    assert found["escalation_rate"][WHOLE] == [
        Slot(NOON - 30 * MINUTE, NOON - 15 * MINUTE, 0, 1),
        Slot(NOON - 15 * MINUTE, NOON, 0, 1),
        Slot(NOON, NOON + 5 * MINUTE, 0, 2),
        Slot(NOON + 5 * MINUTE, NOON + 10 * MINUTE, 0, 1),
    ]


def test_several_cascades_are_read_together(fresh: Fresh) -> None:
    with fresh() as opened:
        opened.send(accepted("a", cascade="one"), escalated("b", cascade="two"))
        found = hours(opened, "escalation_rate", ("one", ""), ("two", ""), ("three", ""))
    assert [len(found[name, ""]) for name in ("one", "two", "three")] == [1, 1, 0]


def test_requests_per_route_in_a_range(fresh: Fresh) -> None:
    with fresh() as opened:
        opened.send(accepted("a", route="faq"), accepted("b", route="faq"), accepted("c", route="orders"))
        with opened.store.reading() as connection:
            found = streams.routes(connection, "escalation_rate", "support", NOON, NOON + HOUR)
    assert found == {"faq": 2, "orders": 1}


def test_a_metric_that_is_no_rate_is_refused(fresh: Fresh) -> None:
    with fresh() as opened, pytest.raises(UsageError, match="cost_ratio is no rate"):
        hours(opened, "cost_ratio")
