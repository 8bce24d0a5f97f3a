"""What an order of tiers changes for the events held, and what leaves them alone."""

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cascadewatch.model import Event, TierOrder
from cascadewatch.pricing import PriceBook
from cascadewatch.settings import Cascade
from cascadewatch.store import rollup, tiers
from cascadewatch.store.rows import Context, build
from tests.model.events import KINDS, NOON, TIERS, accepted, attempt, escalated, event, lists_of_events
from tests.store.conftest import Open
from tests.store.opened import DAY, Opened
from tests.store.ordering import TOKENS, alone, marks, order

NEVER_PRICED: dict[str, Any] = {"model": None, "verdict": None}


@pytest.fixture
def resting(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on nothing may be derived anew."""

    def fail(*_: Any) -> int:
        raise AssertionError("held events were derived anew")

    return lambda: monkeypatch.setattr(rollup, "rederive", fail)


@pytest.mark.parametrize("said", [{}, {"tiers": ("small", "flagship")}])
def test_a_tier_that_says_nothing_of_events_held_leaves_them_alone(
    opening: Open, resting: Callable[[], None], said: dict[str, Any]
) -> None:
    opened = opening(**said)
    opened.send(escalated("a"), accepted("b"))
    resting()
    opened.send(
        event("typo", attempt("smal", **NEVER_PRICED)), event("failed", attempt("new", status="error"))
    )
    assert order(opened) == ("small", "new", "smal", "flagship")
    opened.send(
        event("deployed", attempt("small", "reject"), attempt("turbo", "reject"), attempt("flagship"))
    )
    assert marks(opened) == []
    assert opened.broken() == {}


def test_settings_that_name_one_more_tier_leave_them_alone(
    opening: Open, resting: Callable[[], None]
) -> None:
    opening().send(escalated("a"))
    resting()
    turned = opening(tiers=("small", "turbo", "flagship"))
    turned.send(accepted("b"))
    assert order(turned) == ("small", "turbo", "flagship")
    assert turned.broken() == {}


def test_a_tier_known_by_replays_alone_gets_its_place_in_them_too(opened: Opened) -> None:
    replayed = event("replay", attempt("turbo", "accept", usage=TOKENS), at=NOON - DAY)
    opened.send(escalated("a"))
    opened.writer.write([opened.batch([replayed], source="replay")._replace(origin="replay")])
    assert paths(opened)["replay"] == "unverified"
    opened.send(event("b", attempt("small", "reject"), attempt("turbo", "reject"), attempt("flagship")))
    assert paths(opened)["replay"] == "routed"
    assert opened.broken() == {}


def test_the_first_order_holds_for_replays_that_came_before_it(opened: Opened) -> None:
    replayed = event("replay", attempt("small", "accept", usage=TOKENS), at=NOON - DAY)
    opened.writer.write([opened.batch([replayed], source="replay")._replace(origin="replay")])
    opened.send(escalated("a"))
    assert paths(opened)["replay"] == "accepted"
    assert marks(opened) == []
    assert opened.broken() == {}


def paths(opened: Opened) -> dict[str, str]:
    return {row["id"]: row["path"] for row in opened.rows("events")}


def test_the_first_cost_of_a_tier_that_met_no_other_gives_it_its_place(opened: Opened) -> None:
    opened.send(alone("a", "small"))
    opened.send(event("b", attempt("flagship", status="error")))
    assert opened.counts()["comparable"] == 0
    opened.send(alone("c", "flagship"))
    assert order(opened) == ("small", "flagship")
    assert paths(opened) == {"a": "accepted", "b": "routed", "c": "routed"}
    assert opened.counts()["comparable"] == 3
    assert opened.broken() == {}


def test_a_process_without_settings_of_the_cascade_leaves_its_order_alone(
    opening: Open, resting: Callable[[], None]
) -> None:
    named, without = opening(tiers=("flagship", "small")), opening()
    named.send(escalated("a"))
    resting()
    without.send(escalated("b"), event("typo", attempt("smal", **NEVER_PRICED)))
    named.send(escalated("c"))
    assert order(named) == ("flagship", "smal", "small")
    assert named.counts()["escalated"] == 0
    assert named.broken() == {}


def test_without_tiers_in_its_settings_a_cascade_learns_its_order_again(opening: Open) -> None:
    opening(tiers=("flagship", "small")).send(escalated("a"))
    learning = opening(cascade={"support": Cascade()})
    learning.send(escalated("b"))
    assert order(learning) == ("small", "flagship")
    assert learning.counts()["escalated"] == 2
    assert learning.broken() == {}


@st.composite
def two_orders(draw: st.DrawFn) -> list[TierOrder]:
    """Orders of which the second has other tiers in between, and now and then others change places."""
    names = list(dict.fromkeys(TIERS))
    found = []
    for _ in range(2):
        some = [name for name in names if draw(st.integers(0, 3))]
        models = [name for name in some if name not in KINDS] + [None, None]
        found.append(TierOrder(tuple(some), models[0], draw(st.sampled_from(models))))
        if not draw(st.integers(0, 3)):
            names = draw(st.permutations(names))
    return found


@settings(max_examples=50)
@given(lists_of_events(most=3), two_orders())
@example(
    [event("a", attempt("rules"))], [TierOrder(n, "small", None) for n in permutations(("small", "rules"))]
)
def test_what_an_order_says_of_some_tiers_decides_all_that_is_derived_of_their_events(
    events: list[Event], orders: list[TierOrder]
) -> None:
    held = {a.tier: (0, 0) for one in events for a in one.attempts}
    said = [tiers.said_of(held, known) for known in orders]
    book = PriceBook((), bundled=False)
    made = [
        [
            build(one, 0, "local", NOON, "live", Context(known, None, book, lambda name: name))
            for one in events
        ]
        for known in orders
    ]
    assert made[0] == made[1] or said[0] != said[1]
