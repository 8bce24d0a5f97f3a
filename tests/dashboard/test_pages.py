"""Every page draws: with nothing, with recorded answers, and with hostile names."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import data, health
from dashboard.choice import Choice
from dashboard.formats import escaped, percent
from tests.dashboard.conftest import DAY, LookAt, Place
from tests.dashboard.hostile import CASCADES, STRINGS

APP = Path(__file__).parents[2] / "dashboard" / "app.py"
MARKDOWN = (
    "markdown",
    "caption",
    "header",
    "subheader",
    "title",
    "metric",
    "error",
    "warning",
    "info",
    "success",
)


@pytest.fixture(params=["empty", "recorded", "hostile"])
def place(request: pytest.FixtureRequest) -> Place:
    place: Place = request.getfixturevalue(request.param)
    return place


def opened(**query: str) -> AppTest:
    """The whole app after a link to its first page was followed."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def body(app: AppTest) -> str:
    return "\n".join(element.value for element in app.text)


@pytest.mark.parametrize("query", [{}, {"cascade": "support"}, {"cascade": CASCADES[0], "route": STRINGS[1]}])
def test_overview_draws(place: Place, look_at: LookAt, query: dict[str, str]) -> None:
    look_at(place)
    assert not opened(**query).exception


@pytest.mark.parametrize("query", [{}, {"cascade": "support", "range": "30d"}, {"cascade": CASCADES[1]}])
def test_cost_draws(place: Place, look_at: LookAt, query: dict[str, str]) -> None:
    look_at(place)
    assert not page_function("cost", **query).exception


def page_function(page: str, **query: str) -> AppTest:
    """A page by itself: navigation by callables cannot be switched by a test of the whole app."""
    script = (
        f"from dashboard import sidebar\nfrom dashboard.views import {page}\n{page}.show(sidebar.choose())\n"
    )
    app = AppTest.from_string(script, default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def test_an_empty_overview_shows_how_to_send_the_first_event(empty: Place, look_at: LookAt) -> None:
    look_at(empty)
    app = opened()
    shown = "\n".join(code.value for code in app.code)
    assert "curl http://127.0.0.1:8765/v1/events" in shown
    assert "cascadewatch ingest" in shown
    assert not app.metric


def test_an_overview_says_how_often_recorded_answers_escalate(recorded: Place, look_at: LookAt) -> None:
    look_at(recorded)
    app = opened(cascade="support", range="30d")
    assert app.metric[0].value == escaped(percent(514 / 1319))
    assert f"{percent(514 / 1319)} escalate" in body(app)
    assert "against flagship-only" in body(app)


def test_one_cascade_needs_no_choosing(recorded: Place, look_at: LookAt) -> None:
    look_at(recorded)
    assert len(opened().metric) == 4


def test_the_parts_of_the_bill_add_up(recorded: Place, look_at: LookAt) -> None:
    look_at(recorded)
    app = page_function("cost", cascade="support", range="30d")
    parts = app.dataframe[0].value
    assert parts["Cost"][:-1].sum() == pytest.approx(parts["Cost"].iloc[-1], abs=1e-12)
    assert parts["Cost"].iloc[-1] > 0


def test_the_calculator_starts_with_what_was_measured(recorded: Place, look_at: LookAt) -> None:
    look_at(recorded)
    app = page_function("cost", cascade="support", range="30d")
    assert {n.label: n.value for n in app.number_input}["Escalation rate, %"] == 39.0


def test_a_day_of_a_range_that_ends_later_is_one_that_has_been(recorded: Place, look_at: LookAt) -> None:
    look_at(recorded)
    now = data.now()
    chosen = Choice("support", fixed=(now - 40 * DAY, now + 40 * DAY))
    assert data.days("support", None, *chosen.span(now)) == pytest.approx(1319 * 1_800_000 / DAY, abs=1)
    assert health.facts("support", chosen, now).days == pytest.approx(1319 * 1_800_000 / DAY, abs=1)


@pytest.mark.parametrize("page", ["overview", "cost"])
@pytest.mark.parametrize("cascade", [None, CASCADES[0], CASCADES[1]])
def test_no_name_of_a_sender_reaches_markdown(
    hostile: Place, look_at: LookAt, page: str, cascade: str | None
) -> None:
    look_at(hostile)
    app = page_function(page, **({} if cascade is None else {"cascade": cascade}))
    shown = [
        str(getattr(element, field, "") or "")
        for kind in MARKDOWN
        for element in app.get(kind)
        for field in ("value", "label", "help", "body")
    ]
    assert shown
    assert [text for text in shown for bad in STRINGS if bad in text] == []


@pytest.mark.parametrize("page", ["overview", "cost"])
def test_no_table_cell_could_become_a_formula(hostile: Place, look_at: LookAt, page: str) -> None:
    look_at(hostile)
    app = page_function(page, cascade=CASCADES[0])
    cells = [c for table in app.dataframe for c in table.value.to_numpy().ravel() if isinstance(c, str)]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []


@pytest.mark.parametrize(
    "query",
    [
        {"cascade": "nobody"},
        {"range": "1000y"},
        {"from": "yesterday", "to": "now"},
        {"from": "2026-11-20", "to": "2026-11-01"},
        {"from": "0001-01-01", "to": "9999-12-31T23:59Z"},
        {"zone": "../../etc/passwd"},
        {"cascade": "support", "route": "x" * 5000},
    ],
)
def test_odd_addresses_fall_back_to_the_default(
    recorded: Place, look_at: LookAt, query: dict[str, str]
) -> None:
    look_at(recorded)
    app = opened(**query)
    assert not app.exception
    assert app.selectbox(key="range").value == "7d"


@pytest.mark.parametrize("name", ["nope", *STRINGS[:3]])
def test_a_cascade_that_nobody_knows_is_named_in_plain_text_until_another_is_chosen(
    recorded: Place, look_at: LookAt, name: str
) -> None:
    look_at(recorded)
    app = opened(cascade=name)
    said = f"No cascade of that name is known: {name}"
    assert [element.value for element in app.text].count(said) == 1
    for kind in MARKDOWN:
        assert not any(said in str(getattr(element, "value", "")) for element in app.get(kind))
    app.selectbox(key="cascade").select("support").run()
    assert said not in [element.value for element in app.text]


def test_a_link_chooses_cascade_route_and_range(recorded: Place, look_at: LookAt) -> None:
    look_at(recorded)
    app = opened(cascade="support", route="default", range="24h")
    assert [app.selectbox(key=key).value for key in ("cascade", "route", "range")] == [
        "support",
        "default",
        "24h",
    ]


def test_the_address_follows_the_sidebar(recorded: Place, look_at: LookAt) -> None:
    look_at(recorded)
    app = opened()
    app.selectbox(key="cascade").select("support").run()
    app.selectbox(key="range").select("30d").run()
    assert dict(app.query_params) == {"cascade": "support", "range": "30d"}
