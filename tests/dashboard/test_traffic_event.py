"""One event, opened by its address."""

from pathlib import Path

import pytest

from dashboard import event_story, text
from tests.dashboard.conftest import LookAt, Place
from tests.dashboard.hostile import STRINGS
from tests.dashboard.mixed import ODD_ID, mixed, page, words
from tests.dashboard.test_incidents_page import copied


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return mixed(tmp_path_factory.mktemp("shop"))


def test_a_link_opens_the_event_with_or_without_its_source(shop: Place, look_at: LookAt) -> None:
    look_at(shop)
    for query in ({"event": "e-8"}, {"event": "e-8", "source": "shop-api"}):
        app = page("traffic", **query)
        assert not app.exception
        assert "Escalated: the cheap answer was rejected; flagship answered." in words(app)
        assert app.dataframe[0].value["value"][0] == "e-8"


@pytest.mark.parametrize("event", ["nobody", "x" * 5000, "../../etc/passwd"])
def test_an_unknown_event_says_how_ids_are_read(shop: Place, look_at: LookAt, event: str) -> None:
    look_at(shop)
    app = page("traffic", event=event)
    assert not app.exception
    assert text.NO_SUCH_EVENT in words(app)
    assert text.NO_SUCH_EVENT_HINT in words(app)


def test_the_way_back_leads_to_the_page(shop: Place, look_at: LookAt) -> None:
    look_at(shop)
    app = page("traffic", event="e-8", source="shop-api")
    app.button(key="back").click().run()
    assert "event" not in app.query_params
    assert "source" not in app.query_params
    assert text.SINGLE_EVENTS in words(app)


def test_costs_of_its_parts_add_up_to_the_whole(shop: Place, look_at: LookAt) -> None:
    look_at(shop)
    costs = next(t.value for t in page("traffic", event="e-8").dataframe if "what" in t.value)
    amounts = [float(c.removeprefix("$")) for c in costs["cost"]]
    assert sum(amounts[:-1]) == pytest.approx(amounts[-1])
    assert list(costs["what"]) == ["1. small", "1. judge", "2. flagship", text.WHOLE]


def test_text_labels_and_an_odd_id_are_shown_plainly(shop: Place, look_at: LookAt) -> None:
    look_at(shop)
    app = page("traffic", event=ODD_ID)
    assert "How much is <b>it</b>?" in [code.value for code in app.code]
    labels = next(t.value for t in app.dataframe if "sampling" in t.value)
    assert list(labels["correct"]) == [text.YES]


def test_an_event_without_text_says_why(shop: Place, look_at: LookAt, tmp_path: Path) -> None:
    look_at(shop)
    assert text.TEXT_GONE in words(page("traffic", event="e-8"))
    silent = copied(shop, tmp_path)
    silent.config.write_text(silent.config.read_text("utf-8").replace("store_text = true\n", ""), "utf-8")
    look_at(silent)
    assert text.NO_TEXT in words(page("traffic", event="e-8"))


def test_the_id_cannot_leave_its_place_in_the_trace_link() -> None:
    link = event_story.trace_link("https://traces.example.com/{id}/view", ODD_ID)
    assert link == "https://traces.example.com/a%2F..%2Fb%3Fc%23d%26e%3D%3Cb%3E/view"
    assert event_story.trace_link(None, "e-8") is None


def test_every_path_is_told_in_words() -> None:
    facts = {
        "path": "fallback", "cause": "rate_limited", "served_tier": None, "escalations": 0, "exhausted": True,
        "retries": 2, "completed": False,
    }  # fmt: skip
    event = {"facts": facts, "cost_usd": {"total": 6.25}, "priced": False, "latency_ms": None}
    said = event_story.story(event).replace("\u00a0", " ")
    assert said == (
        "Fallback: no verdict on the cheap tier (rate limited), so nothing answered. The last answer was"
        " rejected too, and nothing stronger followed. 2 attempts were retries. It did not complete."
        " It cost $6.25 or more: not every attempt has a price."
    )
    unpriced = event_story.story({**event, "cost_usd": {"total": None}})
    assert unpriced.endswith("What it cost is not known: nothing of it has a price.")


@pytest.mark.parametrize("bad", STRINGS)
def test_a_hostile_event_draws(hostile: Place, look_at: LookAt, bad: str) -> None:
    look_at(hostile)
    app = page("traffic", event=f"{bad}-{STRINGS.index(bad)}")
    assert not app.exception
    assert text.ONE_EVENT in words(app)
    assert text.NO_SUCH_EVENT not in words(app)
