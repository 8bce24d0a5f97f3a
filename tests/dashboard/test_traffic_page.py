"""The Traffic page: empty, filled, narrowed, and with names that attack."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import text
from tests.dashboard.conftest import LookAt, Place
from tests.dashboard.hostile import CASCADES, STRINGS
from tests.dashboard.mixed import mixed, page, words


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return mixed(tmp_path_factory.mktemp("shop"))


def test_an_empty_page_shows_how_to_send_the_first_event(empty: Place, look_at: LookAt) -> None:
    look_at(empty)
    app = page("traffic")
    assert not app.exception
    assert "/v1/events" in words(app)


def test_a_range_without_events_says_where_to_look(shop: Place, look_at: LookAt) -> None:
    look_at(shop)
    app = page("traffic", **{"from": "2020-01-01", "to": "2020-01-02"})
    assert not app.exception
    assert text.NO_EVENTS in words(app)
    assert "Sources" in words(app)
    assert text.NOTHING_FITS in words(app)


def test_the_answer_comes_first_and_names_who_escalates(shop: Place, look_at: LookAt) -> None:
    look_at(shop)
    app = page("traffic")
    assert not app.exception
    said = words(app)
    assert "judged events escalated" in said
    assert "Route **search** carries most" in said
    assert "Caller **prober** stands out: 90 %" in said


def test_one_cascade_needs_no_choosing(shop: Place, look_at: LookAt) -> None:
    look_at(shop)
    app = page("traffic")
    assert len(app.metric) == 4
    assert text.ONE_CASCADE not in words(app)


def test_the_caller_who_stands_out_is_the_first_row(shop: Place, look_at: LookAt) -> None:
    look_at(shop)
    callers = next(t.value for t in page("traffic").dataframe if "excess" in t.value)
    assert callers["caller"][0] == "prober"
    assert list(callers["stands_out"]) == [text.STANDS_OUT] + [""] * (len(callers) - 1)


def test_routes_add_up_to_the_cascade(shop: Place, look_at: LookAt) -> None:
    look_at(shop)
    routes = next(t.value for t in page("traffic").dataframe if "per_event" in t.value and "route" in t.value)
    assert routes["events"].sum() == 2800
    assert routes["share"].sum() == pytest.approx(100)


def test_a_chosen_route_narrows_the_numbers_but_not_the_list_of_routes(shop: Place, look_at: LookAt) -> None:
    look_at(shop)
    app = page("traffic", cascade="shop", route="checkout")
    assert not app.exception
    assert text.CALLERS_OF_ALL_ROUTES in words(app)
    tables = [t.value for t in app.dataframe]
    assert sorted(next(t for t in tables if "per_event" in t and "route" in t)["route"]) == [
        "checkout",
        "search",
    ]
    assert set(tables[-1]["route"]) == {"checkout"}


def test_what_stands_behind_a_tab_comes_when_it_is_opened(shop: Place, look_at: LookAt) -> None:
    look_at(shop)
    app = page("traffic")
    assert len(app.dataframe) == 3  # routes, callers, single events
    seen = set()
    for part in text.TRAFFIC_PARTS:
        app.session_state["traffic_part"] = part
        app.run()
        assert not app.exception
        seen |= {column for table in app.dataframe for column in table.value}
    assert {"excess", "reason", "cause", "revision", "attempts", "verify_latency"} <= seen


def test_single_events_are_filtered_by_path_and_caller(shop: Place, look_at: LookAt) -> None:
    look_at(shop)
    app = page("traffic")
    app.selectbox(key="event_path").select("escalated").run()
    app.text_input(key="event_caller").input("prober").run()
    rows = app.dataframe[-1].value
    assert len(rows) == 20
    assert set(rows["caller"]) == {"prober"}
    assert set(rows["path"]) == {"Escalated"}


def test_turning_a_page_shows_older_events_and_back_the_newer(shop: Place, look_at: LookAt) -> None:
    look_at(shop)
    app = page("traffic")
    first = list(app.dataframe[-1].value["id"])
    app.button(key="older").click().run()
    second = list(app.dataframe[-1].value["id"])
    assert not set(first) & set(second)
    app.button(key="newer").click().run()
    assert list(app.dataframe[-1].value["id"]) == first


def test_a_filter_nothing_fits_says_what_to_do(shop: Place, look_at: LookAt) -> None:
    look_at(shop)
    app = page("traffic")
    app.text_input(key="event_caller").input("nobody").run()
    assert text.NOTHING_FITS in words(app)
    assert text.NOTHING_FITS_HINT in words(app)


@pytest.mark.parametrize(
    "query", [{}, {"cascade": CASCADES[0]}, {"cascade": CASCADES[1], "route": STRINGS[1]}]
)
def test_names_reach_only_what_reads_no_markup(
    hostile: Place, look_at: LookAt, query: dict[str, str]
) -> None:
    look_at(hostile)
    app = page("traffic", **query)
    for part in text.TRAFFIC_PARTS:
        app.session_state["traffic_part"] = part
        app.run()
        reads_no_markup(app)


def reads_no_markup(app: AppTest) -> None:
    assert not app.exception
    kinds = ("markdown", "caption", "header", "subheader", "metric")
    shown = [
        str(getattr(element, part, "") or "")
        for kind in kinds
        for element in app.get(kind)
        for part in ("value", "label", "help", "body")
    ]
    assert shown
    assert [said for said in shown for bad in STRINGS if bad in said] == []
    cells = [c for t in app.dataframe for c in t.value.to_numpy().ravel() if isinstance(c, str)]
    assert cells
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []
