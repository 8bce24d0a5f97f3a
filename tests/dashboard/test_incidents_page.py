"""The Incidents page: what is open, what is over, one episode, and what stands in the way of messages."""

import shutil
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cascadewatch.store import episodes, rule_states
from tests.dashboard.alarmed import CHANNELS, DAY, alarmed, state, watching, write
from tests.dashboard.conftest import LookAt, Place
from tests.dashboard.mixed import page, words


def copied(of: Place, folder: Path, more: str = "") -> Place:
    """The same database and settings in another place, with more settings."""
    for file in of.config.parent.iterdir():
        if file.is_file() and file.suffix != ".lock":
            shutil.copy(file, folder)
    config = folder / of.config.name
    config.write_text(of.config.read_text(encoding="utf-8") + more, encoding="utf-8")
    return Place(config, f"sqlite:///{folder / 'cascadewatch.db'}")


@pytest.fixture(scope="module")
def moved(recorded: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = copied(recorded, tmp_path_factory.mktemp("moved"), CHANNELS)
    write(place, alarmed)
    return place


@pytest.fixture(scope="module")
def calm(recorded: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Rules watch, and nothing ever moved."""
    place = copied(recorded, tmp_path_factory.mktemp("calm"))
    lacking = "4 of the 7 days, with a weekend, that a baseline needs"
    detail = {"state": "learning", "lacking": lacking, "evidence": 0.0}
    write(
        place,
        lambda connection, now: rule_states.save(
            connection, [watching("support", now, state="learning", detail=detail)], []
        ),
    )
    return place


def head(app: AppTest) -> str:
    return str(app.text[0].value).replace("\u00a0", " ")


def number_of(place: Place, rule: str = "escalation-drift", *, route: str = "") -> str:
    found: list[episodes.Episode] = []
    write(place, lambda connection, now: found.extend(episodes.page(connection, open_only=True)))
    return str(next(e.id for e in found if e.rule == rule and e.route == route))


def test_before_anything_is_evaluated_it_says_what_evaluates(empty: Place, look_at: LookAt) -> None:
    look_at(empty)
    app = page("incidents")
    assert not app.exception
    assert "Nothing has moved." in words(app)
    assert "No rule has been evaluated yet." in words(app)
    assert "cascadewatch worker" in words(app)


def test_without_an_episode_it_says_how_much_is_watched_and_how_far_learning_is(
    calm: Place, look_at: LookAt
) -> None:
    look_at(calm)
    assert head(page("incidents")) == (
        "Nothing has moved. One rule watches one stream. The first baseline has 4 of the 7 days, with a"
        " weekend, that a baseline needs. Until then only gross breaks are seen."
    )


def test_what_is_open_comes_first_with_what_belongs_to_it(moved: Place, look_at: LookAt) -> None:
    look_at(moved)
    app = page("incidents")
    assert not app.exception
    assert head(app) == "One episode is open. One more belongs to it."
    said = words(app)
    assert "Escalation rate about 36 % (34–38), 6.0 pts above its baseline of 30 %, since" in said
    assert "Likeliest cause: " in said
    assert "judge-v3" in said
    numbers = {m.label: str(m.value).replace("\\", "") for m in app.metric}
    assert numbers == {"About now": "36.0\u00a0%", "A day": "+$146"}


def test_past_episodes_fill_pages_of_twenty(moved: Place, look_at: LookAt) -> None:
    look_at(moved)
    app = page("incidents")
    table = app.dataframe[0].value
    assert len(table) == 20
    assert set(table["went"]) == {"30\u00a0% → 22\u00a0%"}
    assert set(table["what"]) == {"▼ Escalation rate"}
    app.button(key="older_episodes").click().run()
    assert len(app.dataframe[0].value) == 3
    assert app.button(key="older_episodes").disabled
    app.button(key="newer_episodes").click().run()
    assert len(app.dataframe[0].value) == 20


def test_a_card_opens_its_episode_and_the_address_follows(moved: Place, look_at: LookAt) -> None:
    look_at(moved)
    app = page("incidents")
    number = number_of(moved)
    app.button(key=f"show-{number}").click().run()
    assert app.query_params["episode"] == [number] or app.query_params["episode"] == number
    assert f"Episode {number}" in words(app)


def test_an_episode_says_what_why_and_who_was_told(moved: Place, look_at: LookAt) -> None:
    look_at(moved)
    app = page("incidents", episode=number_of(moved))
    assert not app.exception
    said = words(app)
    assert "The verifier changed" in said
    assert "explains 6.0 pts of 6.0 pts" in said
    assert "Next: Run the verifier check" in said
    tables = [table.value for table in app.dataframe]
    told = next(t for t in tables if "attempts" in t)
    assert set(told["channel"]) == {"team", "mail"}
    changed = next(t for t in tables if "change" in t)
    assert list(changed["change"]) == ["judge-v2 → judge-v3"]
    joined = next(t for t in tables if "went" in t)
    assert list(joined["where"]) == ["support / faq"]
    assert any("passed the threshold" in r for t in tables if "reason" in t for r in t["reason"])


def test_its_chart_shows_baseline_line_and_span(moved: Place, look_at: LookAt) -> None:
    look_at(moved)
    app = page("incidents", episode=number_of(moved))
    spec = app.get("plotly_chart")[0].proto.spec
    assert "baseline" in spec
    assert "▲ +6" in spec
    assert '"type":"rect"' in spec.replace(" ", "")


def test_one_that_another_speaks_for_leads_there(moved: Place, look_at: LookAt) -> None:
    look_at(moved)
    app = page("incidents", episode=number_of(moved, route="faq"))
    assert "This belongs to another episode" in words(app)
    app.button(key="parent").click().run()
    assert f"Episode {number_of(moved)}" in words(app)


@pytest.mark.parametrize("given", ["0", "-1", "x", "9" * 30, "1; DROP TABLE episodes", "٧", "../1"])
def test_a_wrong_number_is_no_episode(moved: Place, look_at: LookAt, given: str) -> None:
    look_at(moved)
    app = page("incidents", episode=given)
    assert not app.exception
    assert "There is no such episode." in words(app)


def test_without_an_api_nothing_can_be_done_and_it_says_why(moved: Place, look_at: LookAt) -> None:
    look_at(moved)
    app = page("incidents", episode=number_of(moved))
    assert app.button(key="acknowledge").disabled
    assert "From here nothing can be changed" in words(app)


def test_every_rule_says_how_it_stands(moved: Place, look_at: LookAt) -> None:
    look_at(moved)
    rules = next(t.value for t in page("incidents").dataframe if "streams" in t.value)
    assert dict(zip(rules["rule"], rules["state"], strict=True)) == {
        "escalation-drift": "firing", "flagship-drift": "learning", "no-data": "ok",
    }  # fmt: skip
    assert set(rules["streams"]) == {1}


def test_channels_say_whether_they_work(moved: Place, look_at: LookAt) -> None:
    look_at(moved)
    channels = next(t.value for t in page("incidents").dataframe if "kind" in t.value)
    assert dict(zip(channels["channel"], channels["state"], strict=True)) == {
        "team": "working",
        "mail": "off",
    }
    assert "smtp.example.com answered 535" in set(channels["error"])


def test_without_channels_it_shows_how_to_add_one(calm: Place, look_at: LookAt) -> None:
    look_at(calm)
    app = page("incidents")
    assert "Nobody is told of anything" in words(app)
    assert any("[channel.team]" in code.value for code in app.code)


def test_a_silence_says_what_until_when_by_whom_and_why(moved: Place, look_at: LookAt) -> None:
    look_at(moved)
    said = words(page("incidents"))
    assert "Rule escalation-drift · Cascade support · Route orders" in said
    assert "By ada · release under way" in said


def test_a_channel_that_is_off_is_said_on_every_page(moved: Place, look_at: LookAt) -> None:
    look_at(moved)
    script = Path(__file__).parents[2] / "dashboard" / "app.py"
    app = AppTest.from_file(str(script), default_timeout=60).run()
    assert not app.exception
    said = words(app)
    assert "Channel off: mail. It refused for good 1 h ago: smtp.example.com answered 535" in said
    assert "alerts test" in said


def test_rules_that_are_not_evaluated_are_said_on_every_page(
    calm: Place, look_at: LookAt, tmp_path: Path
) -> None:
    place = copied(calm, tmp_path)
    late = time.time_ns() // 1_000_000 - 2 * DAY
    write(
        place,
        lambda connection, now: rule_states.save(
            connection, [state("escalation-drift", "support", late)], []
        ),
    )
    look_at(place)
    script = Path(__file__).parents[2] / "dashboard" / "app.py"
    app = AppTest.from_file(str(script), default_timeout=60).run()
    assert "The rules were last evaluated 2 days ago, so nothing can alarm." in words(app)
