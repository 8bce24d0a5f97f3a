"""Every page draws where nothing has a price, where only some has, and where both stand in one list."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cascadewatch.model import Attempt, Event, Label, Usage, Verdict
from cascadewatch.moments import utc
from dashboard import escalating, text
from dashboard.navigation import PAGES
from tests.dashboard.conftest import LookAt, Place, made
from tests.dashboard.mixed import page, words

HOUR = 3_600_000
ACCEPT = Verdict("accept", verifier="judge", score=0.9)
REJECT = Verdict("reject", verifier="judge", score=0.2)


def attempts(path: str, cheap: float | None, flagship: float | None) -> list[Attempt]:
    def small(verdict: Verdict | None, **more: Any) -> Attempt:
        return Attempt("small", model="own-1", usage=Usage(500, 100), cost_usd=cheap, verdict=verdict, **more)

    big = Attempt("flagship", model="own-9", usage=Usage(500, 100), cost_usd=flagship)
    return {
        "accepted": [small(ACCEPT)],
        "escalated": [small(REJECT), big],
        "fallback": [small(None, status="timeout"), big],
        "routed": [big],
    }[path]


def events(now: int, cascade: str, count: int = 480) -> Iterator[Event]:
    """One an hour over twenty days. `free` has no price at all; of `partly` the flagship has none and the
    route `faq` nothing."""
    for i in range(count):
        path = ("accepted", "escalated", "accepted", "fallback", "accepted", "escalated", "routed")[i % 7]
        route = ("faq", "search", "orders")[i % 3]
        cheap = 0.001 if cascade == "partly" and route != "faq" else None
        flagship = 0.02 if cheap and route == "orders" else None
        yield Event(
            id=f"{cascade}-{i}",
            time=utc(now - i * HOUR),
            cascade=cascade,
            route=route,
            caller=f"caller-{i % 2}",
            revision=f"r{i % 2}",
            attempts=attempts(path, cheap, flagship),
            labels=[Label(0, i % 4 > 0, "executable")] if i % 5 == 0 else [],
        )


@pytest.fixture(scope="module")
def unpriced(tmp_path_factory: pytest.TempPathFactory) -> Place:
    now = time.time_ns() // 1_000_000
    sent = [event for cascade in ("free", "partly") for event in events(now, cascade)]
    return made(tmp_path_factory.mktemp("unpriced"), sent, [])


def says_what_is_unknown(app: AppTest) -> None:
    """With a dash or a reason, not with a traceback or the word of a program."""
    assert [e.value for e in app.exception] == []
    tiles = [f"{m.label} {m.value} {m.delta}" for m in app.metric]
    assert re.findall(r".*\b(?:None(?! of)|nan|inf)\b.*", "\n".join([words(app), *tiles])) == []


@pytest.mark.parametrize("name", ["overview", "cost"])
def test_no_chart_of_cost_is_drawn_without_cost(unpriced: Place, look_at: LookAt, name: str) -> None:
    look_at(unpriced)
    charts = {c: len(page(name, cascade=c, range="30d").get("plotly_chart")) for c in ("free", "partly")}
    assert charts["free"] < charts["partly"]
    assert words(page(name, cascade="free", range="30d")).count(
        "The cost is unknown: nothing here has a price"
    )


@pytest.mark.parametrize("name", PAGES)
def test_every_page_draws(unpriced: Place, look_at: LookAt, name: str) -> None:
    look_at(unpriced)
    for cascade in ("free", "partly", ""):
        for length in ("1h", "24h", "30d"):
            says_what_is_unknown(page(name, cascade=cascade, range=length))


@pytest.mark.parametrize(
    "query", [{"cascade": "free"}, {"cascade": "partly"}, {"cascade": "partly", "route": "faq"}]
)
def test_so_does_what_stands_behind_a_tab(unpriced: Place, look_at: LookAt, query: dict[str, str]) -> None:
    look_at(unpriced)
    app = page("traffic", range="30d", **query)
    for part in text.TRAFFIC_PARTS:
        app.session_state["traffic_part"] = part
        says_what_is_unknown(app.run())


@pytest.mark.parametrize("number", range(7))
def test_so_does_one_event(unpriced: Place, look_at: LookAt, number: int) -> None:
    look_at(unpriced)
    says_what_is_unknown(page("traffic", event=f"partly-{number}"))


def test_a_route_without_a_price_does_not_stand_above_one_that_has(unpriced: Place, look_at: LookAt) -> None:
    look_at(unpriced)
    routes = next(t.value for t in page("traffic", range="30d").dataframe if "route" in t.value)
    assert (routes["cascade"][0], routes["route"][0]) == ("partly", "orders")
    assert routes["extra"].isna().sum() == 4
    assert len(routes) == 6


def test_no_sum_of_money_is_made_of_nothing(unpriced: Place, look_at: LookAt) -> None:
    look_at(unpriced)
    said = words(page("traffic", cascade="free", range="30d"))
    assert "what came after the cheap tier has no price" in said
    assert "$" not in said


def test_what_is_saved_of_a_part_claims_no_share_and_no_range_of_one_number(
    unpriced: Place, look_at: LookAt
) -> None:
    look_at(unpriced)
    said = words(page("cost", cascade="partly", range="30d")).split("\n")
    assert [line for line in said if line.startswith("–") or re.search(r"range \$([\d.]+)–\1 ", line)] == []
    assert sum(line.startswith("n 229 events · 68.9 % of attempts priced") for line in said) == 2


def test_routes_of_several_cascades_keep_the_order_of_one() -> None:
    rows: list[escalating.Row] = [
        {"extra": extra, "escalated": escalated, "events": 9}
        for extra, escalated in ((None, 5), (0.5, 1), (None, 7), (2.0, 1))
    ]
    rows.sort(key=escalating.dearest_first)
    assert [(row["extra"], row["escalated"]) for row in rows] == [(2.0, 1), (0.5, 1), (None, 7), (None, 5)]
