"""What counters tell never falls, whatever lowers the sums, and is the same to a process that begins now."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from cascadewatch.settings import Price
from cascadewatch.store import conflicts, repricing, totals
from cascadewatch.store.audit import Actor
from cascadewatch.store.retention import prune
from cascadewatch.store.state import OTHER
from tests.model.events import NOON, accepted, attempt, escalated, event
from tests.store.conftest import Open
from tests.store.opened import DAY, PRICES, Opened

ADA = Actor("ada", "command")


def told(opened: Opened, *which: str) -> int:
    with opened.store.reading() as connection:
        return totals.told(connection)[which]


def held(opened: Opened, *which: str) -> int:
    with opened.store.reading() as connection:
        return totals.held(connection)[which]


COST = ("cost_nanousd", "support", "default")


def by_tokens(name: str, at: int) -> Any:
    from cascadewatch.model import Usage

    return event(name, attempt("small", "accept", usage=Usage(input=1000, output=1000)), at=at)


def as_before(price: Price) -> Price:
    return price


def cheaper(price: Price) -> Price:
    return Price.model_validate({"model": price.model, "input_usd_per_1m": 0.1, "output_usd_per_1m": 0.1})


def repriced(opening: Open, change: Callable[[Price], Price] = cheaper) -> Opened:
    opened = opening(price=tuple(map(change, PRICES)))
    scope = repricing.Scope()
    repricing.carry_out(opened.writer, scope, repricing.plan(opened.store, opened.writer.around, scope), ADA)
    return opened


def replaced(opening: Open) -> Opened:
    opened = opening()
    opened.send(accepted("a", at=NOON, route="elsewhere"))
    opened.writer.change(partial(conflicts.accept, number=1, by=ADA))
    return opened


def pruned(opening: Open) -> Opened:
    opened = opening()
    prune(opened.store, opened.settings, NOON + 402 * DAY)
    return opened


@pytest.mark.parametrize(("lower", "left"), [(repriced, 600_000), (replaced, 1_200_000), (pruned, 0)])
def test_a_lower_sum_leaves_the_total_where_it_was(
    opening: Open, lower: Callable[[Open], Opened], left: int
) -> None:
    opened = opening()
    opened.send(*(by_tokens(name, NOON) for name in "abc"))
    whole = told(opened, *COST)
    assert whole == held(opened, *COST) == 3_600_000
    lower(opening)
    again = opening()
    assert held(again, *COST) < whole
    assert told(again, *COST) == whole
    assert again.broken() == {}


def test_what_comes_afterwards_rises_it_by_just_that(opening: Open) -> None:
    opened = opening()
    opened.send(by_tokens("a", NOON))
    before = told(opened, *COST)
    opened = repriced(opening)
    opened.send(escalated("b"))
    assert told(opened, *COST) - before == 21_000
    assert told(opened, "events", "support", "default") == 2


def test_days_that_leave_are_told_while_they_are_deleted_and_after(opened: Opened) -> None:
    opened.send(escalated("old", at=NOON - 390 * DAY), escalated("new"), escalated("other", cascade="other"))
    seen = []

    def look(*_: object) -> None:
        with opened.store.reading() as connection:
            seen.append(totals.told(connection))

    look()
    prune(opened.store, opened.settings, NOON + 30 * DAY, told=look, rest=lambda _: None)
    look()
    assert len(seen) > 3
    assert held(opened, "events", "support", "default") == 1
    assert seen[0]["reject", "support", "default"] == 2
    for now, before in zip(seen[1:], seen, strict=False):
        assert now == before


def test_arrivals_are_told_after_their_counters_are_gone(opened: Opened) -> None:
    opened.send(accepted("a"), accepted("a"))
    prune(opened.store, opened.settings, NOON + 500 * DAY)
    assert opened.number("ingest_counters") == 0
    assert told(opened, "ingest", "local", "accepted") == 1


def dearer(price: Price) -> Price:
    return Price.model_validate({"model": price.model, "input_usd_per_1m": 6, "output_usd_per_1m": 6})


def test_prices_that_go_down_and_up_again_count_no_dollar_twice(opening: Open) -> None:
    opened = opening()
    opened.send(by_tokens("a", NOON))
    seen = [told(opened, *COST)]
    for change in (cheaper, as_before, cheaper, as_before, dearer, as_before):
        opened = repriced(opening, change)
        seen.append(told(opened, *COST))
    assert seen == [*[1_200_000] * 5, 12_000_000, 12_000_000]
    assert held(opened, *COST) == 1_200_000


def test_days_long_gone_hide_no_rise_of_prices(opening: Open) -> None:
    opened = opening()
    opened.send(by_tokens("old", NOON - 390 * DAY), by_tokens("a", NOON))
    prune(opened.store, opened.settings, NOON + 20 * DAY)
    assert held(opened, *COST) == 1_200_000
    assert told(repriced(opening, dearer), *COST) == 1_200_000 + 12_000_000


def test_an_event_that_moves_between_routes_counts_once_and_under_its_first(opened: Opened) -> None:
    opened.send(accepted("a", at=NOON))
    opened.send(accepted("a", at=NOON, route="elsewhere"))
    for held_under in ("elsewhere", "default", "elsewhere", "default", "elsewhere"):
        opened.writer.change(partial(conflicts.accept, number=1, by=ADA))
        assert held(opened, "events", "support", held_under) == 1
        assert told(opened, "events", "support", "default") == 1
        assert told(opened, "events", "support", "elsewhere") == 0
    opened.send(accepted("b", route="elsewhere"))
    assert told(opened, "events", "support", "elsewhere") == 1
    prune(opened.store, opened.settings, NOON + 402 * DAY)
    assert [told(opened, "events", "support", route) for route in ("default", "elsewhere")] == [1, 1]


def test_a_rebuild_under_other_caps_lowers_no_total(opening: Open) -> None:
    opened = opening()
    opened.send(*(accepted(f"e-{n}", route=f"route-{n}") for n in range(6)))
    opened = opening(limits={"routes": 2})
    opened.rebuild()
    assert sum(held(opened, "events", "support", f"route-{n}") for n in range(6)) < 6
    assert [told(opened, "events", "support", f"route-{n}") for n in range(6)] == [1] * 6
    assert told(opened, "events", "support", OTHER) == 0, "and counts none of them again"
    assert told(opened, "escalated", "support", "route-0") == 0
