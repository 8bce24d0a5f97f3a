"""Verifier, Quality and Replays: what they say of replays that ran, and what they ask for where none did."""

import json
from pathlib import Path

import pytest

from dashboard.formats import escaped, percent
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


@pytest.mark.parametrize("name", ["verifier", "quality", "replays"])
def test_nothing_yet_says_how_to_begin(empty: Place, look_at: LookAt, name: str) -> None:
    look_at(empty)
    app = page(name)
    assert not app.exception
    assert any("--baseline" in code.value or "[replay." in code.value for code in app.code)


def test_without_a_replay_table_the_page_shows_the_first_eval_set(
    empty: Place, look_at: LookAt, tmp_path: Path
) -> None:
    place = copied(empty, tmp_path)
    place.config.write_text("", encoding="utf-8")
    look_at(place)
    app = page("replays")
    assert not app.exception
    assert "No eval set is played here yet." in words(app)
    assert [code.value.splitlines()[0][:14] for code in app.code] == [
        '{"id": "1", "p',
        "[model.small]",
        "cascadewatch e",
    ]


@pytest.mark.parametrize("name", ["verifier", "quality", "replays"])
def test_labels_without_replays_are_shown(recorded: Place, look_at: LookAt, name: str) -> None:
    look_at(recorded)
    assert not page(name, range="30d").exception


def test_the_verifier_page_says_what_its_errors_do_a_day(played: Place, look_at: LookAt) -> None:
    look_at(played)
    app = page("verifier", range="30d")
    assert not app.exception
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


def test_the_sweep_shows_every_threshold(played: Place, look_at: LookAt) -> None:
    look_at(played)
    app = page("verifier", range="30d")
    table = next(t.value for t in app.dataframe if "threshold" in t.value)
    assert list(table["threshold"]) == ["0", "0.25", "0.33", "0.5", "0.67", "0.75", "1", "all"]
    spec = json.loads(app.get("plotly_chart")[0].proto.spec)
    said = " ".join(a.get("text", "") for a in spec["layout"]["annotations"])
    for name in ("cheap tier only", "flagship only", "bar", "now 0.25", "★"):
        assert name in said


def test_a_calibration_of_another_threshold_is_marked(played: Place, look_at: LookAt, tmp_path: Path) -> None:
    place = copied(played, tmp_path)
    text = place.config.read_text(encoding="utf-8").replace(tables(0.25), tables(0.5))
    place.config.write_text(text, encoding="utf-8")
    look_at(place)
    said = words(page("verifier", range="30d"))
    assert "It was measured at threshold 0.25; the configuration says 0.5." in said
    assert "cascadewatch verifier check --baseline" in said
    look_at(played)


def test_every_replay_is_listed_with_what_it_found(played: Place, look_at: LookAt) -> None:
    look_at(played)
    app = page("replays")
    assert not app.exception
    said = words(app)
    assert "1 of 6 replays found something bad. 5 never ran." in said
    assert "Regressed. False accepts:" in said
    assert "(0 3 * * *)" in said
    assert any("cascadewatch replay never --baseline" in code.value for code in app.code)
    assert "From here nothing can be changed" in said
    assert "baseline" in set(app.dataframe[0].value["verdict"])


def test_a_report_shows_flips_side_by_side_and_where_it_comes_from(played: Place, look_at: LookAt) -> None:
    look_at(played)
    app = page("replays", report="2")
    assert not app.exception
    said = words(app)
    assert "Compared with report 1" in said
    assert "rejected, score" in said
    assert "accepted, score" in said
    assert "The same answer in both runs: what changed is the verifier." in said
    rates = next(t.value for t in app.dataframe if "baseline" in t.value)
    assert list(rates["rate"]) == ["False accepts", "False escalations"]
    assert rates["change"][0] > 0 > rates["change"][1]
    assert json.loads(app.json[0].value)["verifier"]["threshold"] == 0.25


@pytest.mark.parametrize("given", ["0", "x", "9" * 30, "../1", "٧"])
def test_a_wrong_number_is_no_report(played: Place, look_at: LookAt, given: str) -> None:
    look_at(played)
    app = page("replays", report=given)
    assert not app.exception
    assert "There is no such report." in words(app)


def test_a_card_opens_its_report(played: Place, look_at: LookAt) -> None:
    look_at(played)
    app = page("replays")
    app.button(key="show-check").click().run()
    assert "Report 2" in words(app)


def test_quality_tells_labels_and_replays_apart(played: Place, look_at: LookAt) -> None:
    look_at(played)
    app = page("quality", range="30d")
    assert not app.exception
    said = words(app)
    assert "live labels (executable)" in said
    assert "The last replay ran 2 h ago." in said
    assert [m.label for m in app.metric] == [
        "Live labels",
        "Last replay",
        "False accepts",
        "False escalations",
    ]
    assert len(app.get("plotly_chart")) == 2


def test_the_overview_takes_the_newer_of_labels_and_replays(played: Place, look_at: LookAt) -> None:
    look_at(played)
    tile = next(m for m in page("overview", cascade="support", range="30d").metric if m.label == "Quality")
    assert tile.value == escaped(percent(0.9060))  # the labels': the last came after the last replay


@pytest.mark.parametrize("name", ["verifier", "quality", "replays"])
def test_hostile_words_are_plain(hostile: Place, look_at: LookAt, tmp_path: Path, name: str) -> None:
    place = copied(hostile, tmp_path)
    config = place.config.read_text(encoding="utf-8")
    place.config.write_text(config.partition("[cascade.")[0], encoding="utf-8")
    replayed(place, bad=STRINGS, cascade=CASCADES[0])
    look_at(place)
    for query in ({}, {"cascade": CASCADES[0]}, {"report": "2"}):
        app = page(name, **query)
        assert not app.exception
        for kind in ("markdown", "caption", "header", "subheader"):
            for element in app.get(kind):
                assert "example.invalid" not in str(getattr(element, "value", ""))
