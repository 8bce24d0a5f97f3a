"""The Sources page: empty, filled, and with names that attack."""

import pytest

from cascadewatch.store import audit
from cascadewatch.store.engine import Store
from tests.dashboard.conftest import LookAt, Place
from tests.dashboard.hostile import STRINGS
from tests.dashboard.mixed import mixed, page, words


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return mixed(tmp_path_factory.mktemp("shop"))


def test_an_empty_page_shows_how_to_send_the_first_event(empty: Place, look_at: LookAt) -> None:
    look_at(empty)
    app = page("sources")
    assert not app.exception
    assert "/v1/events" in words(app)
    assert not app.dataframe


def test_the_answer_counts_what_was_not_taken(shop: Place, look_at: LookAt) -> None:
    look_at(shop)
    app = page("sources")
    assert not app.exception
    assert "2,800 accepted in this range, 2 refused, 1 put aside, 1 sent twice." in words(app)


def test_every_sender_is_listed_even_one_never_understood(shop: Place, look_at: LookAt) -> None:
    look_at(shop)
    senders = page("sources").dataframe[0].value.set_index("source")
    assert set(senders.index) == {"shop-api", "old-api"}
    assert senders.loc["old-api", "rejected"] == 2
    assert senders.loc["shop-api", "cascades"] == "shop 2,800"


def test_refusals_stand_with_their_reason(shop: Place, look_at: LookAt) -> None:
    look_at(shop)
    refusals = page("sources").dataframe[1].value
    assert refusals["reason"][0] == "attempts is missing"
    assert refusals["n"][0] == 2


def test_the_second_of_two_contradicting_records_is_listed(shop: Place, look_at: LookAt) -> None:
    look_at(shop)
    aside = page("sources").dataframe[-1].value
    assert list(aside["id"]) == ["e-1"]


def test_a_database_tells_what_it_holds(shop: Place, look_at: LookAt) -> None:
    look_at(shop)
    facts = next(t.value for t in page("sources").dataframe if "Schema" in set(t.value.get("field", [])))
    told = dict(zip(facts["field"], facts["value"], strict=True))
    assert told["Kind"] == "SQLite"
    assert told["Events ever stored"] == "2,800"
    assert told["Size"].endswith("MiB")


def test_names_reach_only_what_reads_no_markup(hostile: Place, look_at: LookAt) -> None:
    look_at(hostile)
    app = page("sources")
    assert not app.exception
    kinds = ("markdown", "caption", "header", "subheader")
    shown = [str(getattr(element, "value", "")) for kind in kinds for element in app.get(kind)]
    assert [said for said in shown for bad in STRINGS if bad in said] == []
    cells = [c for t in app.dataframe for c in t.value.to_numpy().ravel() if isinstance(c, str)]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []


def test_who_did_what_is_listed_and_names_there_run_nothing(hostile: Place, look_at: LookAt) -> None:
    store = Store(hostile.url)
    with store.writing() as connection:
        for bad in STRINGS:
            audit.record(connection, audit.Actor(bad, "user"), "annotate", bad, 0, after={"text": bad})
    store.close()
    look_at(hostile)
    app = page("sources")
    assert not app.exception
    done = next(t.value for t in app.dataframe if "subject" in t.value)
    assert list(done["act"]) == ["annotate"] * len(STRINGS)
    assert set(done["via"]) == {"signed in"}
    cells = [c for c in done.to_numpy().ravel() if isinstance(c, str)]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []
    kinds = ("markdown", "caption", "header", "subheader")
    shown = [str(getattr(element, "value", "")) for kind in kinds for element in app.get(kind)]
    assert [said for said in shown for bad in STRINGS if bad in said] == []
