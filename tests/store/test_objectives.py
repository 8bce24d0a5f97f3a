"""The objective on rows of a report: the cascade's, held against the requests of the row."""

from typing import Any

import pytest

from cascadewatch.settings import Cascade
from cascadewatch.store.reads import report
from tests.model.events import NOON, accepted, escalated
from tests.store.conftest import Open
from tests.store.opened import DAY, Opened

HOUR = DAY // 24


def rows(opened: Opened) -> dict[str | None, Any]:
    with opened.store.reading() as connection:
        found = report(connection, opened.settings, NOON - DAY, NOON)["cascades"]
    return {row["route"]: row for row in found}


@pytest.fixture
def mixed(opening: Open) -> Opened:
    """Ten days: of a hundred requests each 20 hours ten come by route `a`, which escalates nine of them."""
    opened = opening(cascade={"support": Cascade(tiers=("small", "flagship"), objective=0.3)})
    for number in range(1, 13):
        at = NOON - number * 20 * HOUR
        opened.send(*((escalated if n else accepted)(f"a{number}-{n}", at, route="a") for n in range(10)))
        opened.send(
            *((escalated if n % 18 == 0 else accepted)(f"b{number}-{n}", at, route="b") for n in range(90))
        )
    return opened


def test_every_row_tells_of_its_own_requests(mixed: Opened) -> None:
    found = rows(mixed)
    for route, n, rate in ((None, 1_200, 0.14), ("a", 120, 0.9), ("b", 1_080, 5 / 90)):
        left = found[route]["metrics"]["slo.budget_left"]
        assert (left["value"], left["n"]) == (pytest.approx(1 - rate / 0.3), n), route


def test_a_cascade_within_its_objective_has_no_end_and_a_route_beyond_it_has_none_left(mixed: Opened) -> None:
    ends = {route: row["metrics"]["slo.exhausted_at"] for route, row in rows(mixed).items()}
    assert {one["value"] for one in ends.values()} == {None}
    assert {route: one["reason"] for route, one in ends.items()} == {
        None: "at this rate the budget lasts",
        "a": "the budget is used up already",
        "b": "at this rate the budget lasts",
    }


def test_a_young_cascade_is_not_given_traffic_that_it_never_had(opening: Open) -> None:
    opened = opening(cascade={"support": Cascade(tiers=("small", "flagship"), objective=0.3)})
    for day in range(5):
        up, start = (6 if day == 4 else 1), NOON - (5 - day) * DAY
        opened.send(
            *(
                (escalated if n % 10 < up else accepted)(f"e{day}-{n}", start + n * DAY // 200)
                for n in range(200)
            )
        )
    end = rows(opened)[None]["metrics"]["slo.exhausted_at"]["value"]
    assert end == pytest.approx(NOON + 5 / 3 * DAY, abs=HOUR)
