"""The order of tiers is learned as events come in; what it changes is derived anew, all of it."""

import pytest

from cascadewatch.model import Label
from cascadewatch.settings import Price
from cascadewatch.store import ingest
from cascadewatch.store.reads import known, report
from tests.model.events import NOON, accepted, attempt, escalated, event
from tests.store.conftest import Fresh, Open
from tests.store.opened import DAY, Opened
from tests.store.ordering import TOKENS, alone, marks, order


def test_the_order_is_learned_from_the_attempts(opened: Opened) -> None:
    opened.send(event("a", attempt("zebra", "reject"), attempt("ape")))
    assert order(opened) == ("zebra", "ape")


def test_tiers_that_never_met_stand_by_cost_from_the_first_request_on(opened: Opened) -> None:
    opened.send(alone("a", "flagship"), alone("b", "small"))
    assert order(opened) == ("small", "flagship")
    assert opened.broken() == {}


def test_tiers_that_never_met_stand_by_cost_when_one_comes_later(opened: Opened) -> None:
    opened.send(alone("a", "flagship"))
    opened.send(alone("b", "small"))
    assert order(opened) == ("small", "flagship")
    assert opened.counts()["routed"] == 1
    assert opened.broken() == {}


def test_the_settings_win(opening: Open) -> None:
    opened = opening(tiers=("flagship", "small"))
    opened.send(escalated("a"))
    assert order(opened) == ("flagship", "small")
    assert opened.counts()["escalated"] == 0


HISTORY = [
    alone("a", "middle", latency_ms=400),
    event("b", attempt("middle", "reject", usage=TOKENS), attempt("flagship", usage=TOKENS),
          labels=[Label(0, True, "executable", "random")], caller="tenant-1"),
    event("c", attempt("small", "reject", usage=TOKENS, latency_ms=9), attempt("middle", usage=TOKENS),
          at=NOON - 3 * DAY, route="faq", latency_ms=900),
    event("d", attempt("middle", status="rate_limited"), attempt("flagship", usage=TOKENS)),
    alone("e", "small", kind="model"),
]  # fmt: skip


def test_what_was_derived_anew_equals_a_store_that_knew_the_order_all_along(fresh: Fresh) -> None:
    with fresh() as step_by_step, fresh(tiers=("small", "middle", "flagship")) as from_the_start:
        for one in HISTORY:
            step_by_step.send(one)
        from_the_start.send(*HISTORY)
        assert order(step_by_step) == ("small", "middle", "flagship")
        assert step_by_step.rollups() == from_the_start.rollups()
        assert step_by_step.rows("events") == from_the_start.rows("events")
        assert step_by_step.broken() == {}


def test_new_settings_take_hold_with_the_next_event_and_leave_an_annotation(opening: Open) -> None:
    first = opening()
    first.send(*HISTORY)
    assert first.counts()["escalated"] == 1
    turned = opening(tiers=("middle", "small", "flagship"))
    turned.send(alone("f", "middle"))
    assert order(turned) == ("middle", "small", "flagship")
    assert turned.counts()["escalated"] == 1
    assert turned.counts(route="faq")["escalated"] == 0
    assert any("middle → small → flagship" in text for text in marks(turned))
    assert turned.broken() == {}


def test_the_first_order_is_no_change_and_leaves_no_annotation(opened: Opened) -> None:
    opened.send(escalated("a"))
    assert marks(opened) == []


def test_the_other_writer_goes_on_with_the_new_order(opening: Open) -> None:
    one, other = opening(), opening()
    one.send(alone("a", "middle"))
    other.send(event("b", attempt("small", "reject"), attempt("middle")))
    one.send(event("c", attempt("small", "reject"), attempt("middle")))
    assert one.counts()["escalated"] == 2
    assert one.broken() == {}


def test_a_flagship_seen_late_makes_savings_appear_for_the_events_before(opened: Opened) -> None:
    opened.send(*(alone(f"e{i}", "small") for i in range(3)))
    assert opened.counts()["comparable"] == 0
    opened.send(event("late", attempt("small", "reject", usage=TOKENS), attempt("flagship", usage=TOKENS)))
    counts = opened.counts()
    assert (counts["comparable"], counts["counterfactual"], counts["real"]) == (4, 3, 1)
    assert counts["counterfactual_input"] == 3 * 1_000 * 10_000
    with opened.store.reading() as connection:
        row = report(connection, opened.settings, NOON - DAY, NOON + DAY)["cascades"][0]
    assert row["metrics"]["savings_usd"]["value"] > 0
    assert opened.broken() == {}


def test_a_flagship_whose_model_is_said_late_gets_its_price_for_the_events_before(opened: Opened) -> None:
    bare = attempt("flagship", model=None, status="error")
    opened.send(alone("a", "small"), event("b", attempt("small", "reject", usage=TOKENS), bare))
    assert opened.counts()["counterfactual"] == 0
    opened.send(event("c", attempt("small", "reject", usage=TOKENS), attempt("flagship", usage=TOKENS)))
    assert opened.counts()["counterfactual"] == 2
    assert opened.broken() == {}


def test_a_new_order_does_not_change_what_attempts_had_cost(opening: Open) -> None:
    opening().send(alone("a", "small"), alone("b", "middle"))
    before = {r["tier"]: (r["cost"], r["price_source"]) for r in opening().rows("attempts")}
    dearer = Price.model_validate({"model": "small-1", "input_usd_per_1m": 50, "output_usd_per_1m": 50})
    opened = opening(price=(dearer,), tiers=("middle", "small"))
    opened.send(event("c", attempt("small", "accept")))
    held = {r["tier"]: (r["cost"], r["price_source"]) for r in opened.rows("attempts") if r["event"] < 3}
    assert held == before
    assert opened.broken() == {}


def models(opened: Opened) -> dict[str, str | None]:
    with opened.store.reading() as connection:
        return {t.name: t.model for t in known(connection, opened.settings).cascades["support"].tiers}


def test_the_newest_model_of_a_tier_is_known_to_everybody(opening: Open) -> None:
    one = opening()
    one.send(accepted("a"))
    one.send(event("b", attempt("small", "accept", model="small-2"), at=NOON + 1))
    assert models(one) == {"small": "small-2"}
    assert models(opening()) == {"small": "small-2"}


def test_history_coming_in_late_does_not_change_which_model_is_the_newest(opened: Opened) -> None:
    opened.send(accepted("a", at=NOON - 10 * DAY))
    opened.send(accepted("b", at=NOON))
    opened.send(event("c", attempt("small", "accept", model="small-0"), at=NOON - 5 * DAY))
    assert models(opened) == {"small": "small-1"}


def test_caps_on_tiers_and_cascades_hold_within_one_request(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "MAX_TIERS", 6)
    monkeypatch.setattr(ingest, "MAX_CASCADES", 4)
    receipt = opened.send(*(event(f"t{i}", attempt(f"tier-{i}")) for i in range(9)))
    assert (receipt.accepted, receipt.rejected) == (6, 3)
    receipt = opened.send(*(accepted(f"c{i}", cascade=f"cascade-{i}") for i in range(9)))
    assert (receipt.accepted, receipt.rejected) == (3, 6)
    assert {e.field for e in receipt.errors} == {"cascade"}
    assert opened.broken() == {}
