"""Verifier, Quality and Replays: what they say of replays that ran, and what they ask for where none did."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import insert, update
from streamlit.testing.v1 import AppTest

from cascadewatch.store import reports, wishes
from cascadewatch.store.engine import Store
from cascadewatch.store.replay_tables import replays
from cascadewatch.store.replay_tables import reports as table
from cascadewatch.store.tables import jobs
from cascadewatch.store.wishes import Wish
from dashboard import replaying
from dashboard.formats import DAY, escaped, percent
from tests.dashboard.conftest import LookAt, Place
from tests.dashboard.hostile import CASCADES, STRINGS
from tests.dashboard.mixed import page, words
from tests.dashboard.replayed_place import replayed, tables
from tests.dashboard.test_incidents_page import copied


@pytest.fixture(scope="module")
def played(recorded: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = copied(recorded, tmp_path_factory.mktemp("played"))
    replayed(place)
    return place


@pytest.fixture
def see(look_at: LookAt) -> Callable[..., AppTest]:
    """Opens a page of a place, which must not fail."""

    def opened(place: Place, name: str, **query: str) -> AppTest:
        look_at(place)
        app = page(name, **query)
        assert not app.exception
        return app

    return opened


See = Callable[..., AppTest]
PAGES = pytest.mark.parametrize("name", ["verifier", "quality", "replays"])


@PAGES
def test_nothing_yet_says_how_to_begin(empty: Place, see: See, name: str) -> None:
    app = see(empty, name)
    assert any("--baseline" in code.value or "[replay." in code.value for code in app.code)


def test_without_a_replay_table_the_page_shows_the_first_eval_set(
    empty: Place, see: See, tmp_path: Path
) -> None:
    place = copied(empty, tmp_path)
    place.config.write_text("", encoding="utf-8")
    app = see(place, "replays")
    assert "No eval set is played here yet." in words(app)
    assert [code.value.splitlines()[0][:14] for code in app.code] == [
        '{"id": "1", "p',
        "[model.small]",
        "cascadewatch e",
    ]


@PAGES
def test_labels_without_replays_are_shown(recorded: Place, see: See, name: str) -> None:
    see(recorded, name, range="30d")


def test_a_verifier_that_only_live_labels_check_says_what_they_say(recorded: Place, see: See) -> None:
    said = words(see(recorded, "verifier", range="30d"))
    assert re.search(r"live labels: \d+\.\d % of wrong answers let through \(\d+–\d+\), n \d+\.", said)
    assert "No executable" not in said
    assert "cascadewatch verifier verifier-check --baseline" in said


def test_the_verifier_page_says_what_its_errors_do_a_day(played: Place, see: See) -> None:
    app = see(played, "verifier", range="30d")
    said = words(app)
    assert "The verifier lets" in said
    assert "wrong answers shipped and $" in said
    assert "Threshold 0." in said
    assert "pts quality (" in said
    labels = [metric.label for metric in app.metric]
    assert labels == [
        "False accepts",
        "Wrong a day",
        "False escalations",
        "Wasted a day",
        "ECE",
        "Brier",
        "AUROC",
    ]
    beside = next(t.value for t in app.dataframe if "labels" in t.value)
    assert list(beside["sources"]) == ["executable"] * 3


def test_the_sweep_shows_every_threshold(played: Place, see: See) -> None:
    app = see(played, "verifier", range="30d")
    table = next(t.value for t in app.dataframe if "threshold" in t.value)
    assert list(table["threshold"]) == ["0", "0.25", "0.33", "0.5", "0.67", "0.75", "1", "all"]
    spec = json.loads(app.get("plotly_chart")[0].proto.spec)
    said = " ".join(a.get("text", "") for a in spec["layout"]["annotations"])
    for name in ("cheap tier only", "flagship only", "bar", "now 0.25", "★"):
        assert name in said


def test_a_calibration_of_another_threshold_is_marked(played: Place, see: See, tmp_path: Path) -> None:
    place = copied(played, tmp_path)
    text = place.config.read_text(encoding="utf-8").replace(tables(0.25), tables(0.5))
    place.config.write_text(text, encoding="utf-8")
    said = words(see(place, "verifier", range="30d"))
    assert "It was measured at threshold 0.25; the configuration says 0.5." in said
    assert "cascadewatch verifier check. Add --baseline only if" in said


def test_every_replay_is_listed_with_what_it_found(played: Place, see: See) -> None:
    app = see(played, "replays")
    said = words(app)
    assert "1 of 6 replays found something bad: " in said
    assert ". 5 never ran." in said
    assert "False accepts: 1" in said
    assert ", daily · free" in said
    assert any("cascadewatch replay never --baseline" in code.value for code in app.code)
    assert "From here nothing can be changed" in said
    assert "baseline" in set(app.dataframe[0].value["verdict"])


def test_what_kept_a_schedule_waiting_and_who_waits_for_a_run_is_told(
    played: Place, see: See, tmp_path: Path
) -> None:
    place = copied(played, tmp_path)
    today = time.time_ns() // 1_000_000
    done = {"owner": "w", "fence": 1, "state": "done", "started": today, "finished": today}
    message = "late by 90 min; 2 earlier slots missed; unchanged: report 1"
    slot = {"job": "replay check at 0 3 * * *", "slot": today - 5 * DAY, "message": message}
    with Store(place.url).writing() as connection:
        connection.execute(insert(jobs).values(slot | done))
        wishes.ask(connection, Wish("never", "ann", today))
    said = words(see(place, "replays"))
    assert "Late since " in said
    assert " earlier slots passed without a run; one run makes up for all of them." in said
    assert "Asked for by ann just now" in said
    with Store(place.url).writing() as connection:
        connection.execute(insert(jobs).values(slot | done | {"slot": today}))
    replaying.forget()
    said = words(see(place, "replays"))
    assert "Late since " not in said
    assert ": late by 90 min; 2 earlier slots missed" in said


def test_a_run_that_asked_another_model_is_listed_and_counts_for_nothing(
    played: Place, see: See, tmp_path: Path
) -> None:
    place = copied(played, tmp_path)
    with Store(place.url).writing() as connection:
        of = reports.report(connection, 2)
        asked = of.body["provenance"] | {"override": "newest"}
        body, run = json.dumps({**of.body, "provenance": asked}), json.dumps(asked)
        connection.execute(update(table).where(table.c.seq == 2).values(body=body))
        connection.execute(update(replays).where(replays.c.seq == of.replay).values(config=run))
    app = see(place, "replays")
    assert "0 of" not in words(app)
    assert "found something bad" not in words(app)
    told = list(app.dataframe[0].value["sentence"])
    assert any(said.startswith("newest was asked in the place of the usual model.") for said in told)
    assert "by check, 1,319 cases, report 1" in words(see(place, "verifier", range="30d"))


def test_a_report_shows_flips_side_by_side_and_where_it_comes_from(played: Place, see: See) -> None:
    app = see(played, "replays", report="2")
    said = words(app)
    assert "Compared with report 1" in said
    assert "At the traffic of then (" in said
    assert "rejected, score" in said
    assert "accepted, score" in said
    assert "The same answer in both runs: what changed is the verifier." in said
    rates = next(t.value for t in app.dataframe if "baseline" in t.value)
    assert list(rates["rate"]) == ["False accepts", "False escalations"]
    assert rates["change"][0] > 0 > rates["change"][1]
    assert json.loads(app.json[0].value)["verifier"]["threshold"] == 0.25


@pytest.mark.parametrize("given", ["0", "x", "9" * 30, "../1", "٧"])
def test_a_wrong_number_is_no_report(played: Place, see: See, given: str) -> None:
    app = see(played, "replays", report=given)
    assert "There is no such report." in words(app)


def test_a_card_opens_its_report(played: Place, see: See) -> None:
    app = see(played, "replays")
    app.button(key="show-check").click().run()
    assert "Report 2" in words(app)


def test_quality_tells_labels_and_replays_apart(played: Place, see: See) -> None:
    app = see(played, "quality", range="30d")
    said = words(app)
    assert "live labels (executable)" in said
    assert "The last replay of the whole cascade ran 2 h ago." in said
    assert [m.label for m in app.metric] == [
        "Live labels",
        "Last replay",
        "False accepts",
        "False escalations",
    ]
    assert len(app.get("plotly_chart")) == 2


def test_the_overview_takes_the_newer_of_labels_and_replays(played: Place, see: See) -> None:
    app = see(played, "overview", cascade="support", range="30d")
    tile = next(m for m in app.metric if m.label == "Quality")
    assert tile.value == escaped(percent(0.9060))  # the labels': the last came after the last replay


@PAGES
def test_hostile_words_are_plain(hostile: Place, see: See, tmp_path: Path, name: str) -> None:
    place = copied(hostile, tmp_path)
    config = place.config.read_text(encoding="utf-8")
    place.config.write_text(config.partition("[cascade.")[0], encoding="utf-8")
    replayed(place, bad=STRINGS, cascade=CASCADES[0])
    for query in ({}, {"cascade": CASCADES[0]}, {"report": "2"}):
        app = see(place, name, **query)
        for kind in ("markdown", "caption", "header", "subheader"):
            for element in app.get(kind):
                assert "example.invalid" not in str(getattr(element, "value", ""))
