"""The sentence of the Overview while drift rules watch: an open episode takes the comparison's place."""

from dataclasses import replace
from typing import Any

import pytest

from dashboard import sentence, tiles
from dashboard.facts import Facts, gathered
from dashboard.watched import Watched, watched
from tests.dashboard.alarmed import diagnosis, estimate
from tests.dashboard.alarmed import watching as rule_watching
from tests.dashboard.test_episode_words import NOW, SINCE, episode
from tests.dashboard.test_sentence import UP, cascade

HOUR, DAY = 3_600_000, 86_400_000


def facts(of: Watched, **more: Any) -> Facts:
    window = cascade(checked=NOW - 9 * DAY)
    found = gathered(window, UP, NOW, (0, NOW), None, of, "UTC", **more)
    return replace(found, last_check=window.last_label)


def drift(direction: str = "up", **detail: Any) -> Any:
    value = 0.36 if direction == "up" else 0.22
    return episode({"estimate": estimate(SINCE, value), "unit": "share", **detail}, direction=direction)


def watching(*episodes: Any) -> Watched:
    return Watched(tuple(episodes), learning=False, looks=True, tolerance=0.05, seen="6 h", normal=0.30)


def quiet(**detail: Any) -> Watched:
    """Nothing open, while the drift rule says this of its stream."""
    state = rule_watching("support", NOW, detail=detail)
    return watched([], [state], {"escalation-drift"}, 0.30, ("support", None), NOW)


def said(of: Facts) -> str:
    return " ".join(sentence.describe(of).lines).replace("\xa0", " ")


def test_a_rise_says_since_when_what_it_costs_and_why() -> None:
    money = {"value": 146.0, "low": 120.0, "high": 170.0}
    found = facts(watching(drift(cost_usd_per_day=money, diagnosis=diagnosis(SINCE, NOW))))
    assert sentence.describe(found).label == "costs rising"
    assert said(found).startswith(
        "About 36 % escalate (34–38), 6 pts above baseline since Tue 14:00: +$146 a day, still saving $12.00."
    )
    assert "judge-v3 in place of judge-v2" in said(found)
    assert "→ Run the verifier check" in said(found)


def test_a_fall_is_amber_and_no_saving() -> None:
    found = facts(watching(drift("down", cost_usd_per_day={"value": -185.0})))
    told = sentence.describe(found)
    assert (told.label, told.tone) == ("cheaper, but quality at risk", "orange")
    assert said(found).startswith(
        "About 22 % escalate (20–24), 8 pts below baseline since Tue 14:00. The bill fell $185 a day; do not "
        "count this as a saving yet."
    )
    assert "last checked 9 days ago" in said(found)


def test_while_a_rule_watches_the_comparison_of_periods_is_silent() -> None:
    found = facts(watching())
    assert sentence.describe(found).state == "on_target"
    assert "Nothing has moved from its baseline. A change of 5 pts would be seen in about 6 h." in said(found)
    assert "the days before" not in said(found)


def test_while_it_learns_the_comparison_still_speaks() -> None:
    learning = Watched(learning=True, looks=True)
    assert sentence.describe(facts(learning)).state == "rising"
    assert "above the days before" in said(facts(learning))


def test_events_that_stopped_are_no_health() -> None:
    silence = episode({}, kind="no_data", metric=None, direction="", rule="no-data")
    assert sentence.describe(facts(watching(silence))).state == "no_data"


def test_what_else_is_open_is_named() -> None:
    other = episode(id=2, rule="judge-failure-drift", metric="judge_failure_rate")
    assert said(facts(watching(other))).endswith("Also open: ▲ judge failure rate.")


def test_what_has_no_metric_says_what_is_wrong() -> None:
    replay = episode({}, id=2, rule="replay-regressed", kind="replay", metric=None, direction="")
    stale = episode({}, id=3, rule="quality-unchecked", kind="stale", metric=None, direction="", route="faq")
    told = said(facts(watching(replay, stale)))
    assert told.endswith("Also open: ● replay regressed, ● quality unchecked on faq.")


def test_what_belongs_to_an_open_episode_is_not_told_twice() -> None:
    child = episode(id=2, rule="flagship-drift", metric="flagship_share", parent=1)
    assert "Also open" not in said(facts(watching(drift(), child)))


def test_one_that_eases_says_so() -> None:
    easing = episode({"estimate": estimate(SINCE), "unit": "share"}, state="easing")
    assert "since Tue 14:00, going back" in said(facts(watching(easing)))


def test_the_tile_says_how_soon_a_move_is_seen_or_that_it_is_learning() -> None:
    assert tiles._watch(facts(watching())) == "5\xa0pts seen in about 6 h"
    assert tiles._watch(facts(Watched(learning=True, looks=True))) == "learning: gross breaks only"
    assert tiles._watch(facts(Watched())) is None


@pytest.mark.parametrize(("tolerance", "least"), [(0.03, "3"), (0.025, "2.5"), (0.10, "10")])
def test_what_is_promised_is_the_rules_own_tolerance(tolerance: float, least: str) -> None:
    found = facts(quiet(tolerance=tolerance, hours_to_see=9.0))
    assert f"A change of {least} pts would be seen in about 9 h." in said(found)
    assert tiles._watch(found) == f"{least}\xa0pts seen in about 9\xa0h"


def test_a_move_that_is_not_looked_for_is_not_promised() -> None:
    unseen = "moves under 10 points are not looked for: the baseline is known to ±2.6 points only"
    found = facts(quiet(tolerance=0.05, hours_to_see=None, unseen=unseen))
    assert f"Nothing has moved from its baseline. M{unseen[1:]}." in said(found)
    assert tiles._watch(found) == "not every move of 5\xa0pts is looked for"


def test_what_is_promised_of_one_way_does_not_hide_that_the_other_is_not_looked_for() -> None:
    found = facts(
        quiet(tolerance=0.05, hours_to_see=3.0, unseen="falls are not looked for: the rate is 1 % already")
    )
    assert "would be seen in about 3 h. Falls are not looked for: the rate is 1 % already." in said(found)


def test_without_traffic_nothing_is_promised() -> None:
    found = facts(quiet(tolerance=0.05, hours_to_see=None, unseen=None))
    assert "would be seen" not in said(found)
    assert tiles._watch(found) is None


def test_the_tiles_change_is_against_the_baseline() -> None:
    moved = tiles._delta(facts(watching(drift())), brief=False)
    assert moved is not None
    assert (moved.words, moved.colour) == ("+6.0\xa0pts", "red")
    still = tiles._delta(facts(watching()), brief=False)
    assert still is not None
    assert (still.words, still.colour) == ("0.0\xa0pts vs baseline", "gray")


def test_the_tile_says_from_what_to_what_while_an_episode_is_open() -> None:
    fallen = drift(estimate=estimate(SINCE, 0.329, 0.474), direction="down")
    assert tiles._moved(facts(watching(fallen))) == "now 33\xa0%, baseline 47\xa0%"
    assert tiles._moved(facts(watching(drift(estimate={})))) is None
    assert tiles._moved(facts(watching())) is None


@pytest.mark.parametrize(
    ("route", "ids"), [(None, (1, 2)), ("faq", (2,)), ("orders", ())], ids=["whole", "route", "other route"]
)
def test_an_episode_speaks_where_it_belongs(route: str | None, ids: tuple[int, ...]) -> None:
    going = [
        drift(),
        episode(id=2, route="faq"),
        episode(id=3, cascade="coding"),
        episode(id=4, state="resolved", resolved=NOW - HOUR),
        episode(id=5, opened=NOW + HOUR),
    ]
    found = watched(going, [], {"escalation-drift"}, None, ("support", route), NOW)
    assert tuple(e.id for e in found.episodes) == ids
