"""What is said of an episode: what is at stake, from what to what, since when, what it costs."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.store.episodes import Episode
from dashboard import diagnosis_words, episode_words
from tests.dashboard.alarmed import diagnosis, estimate

HOUR, DAY = 3_600_000, 86_400_000
NOW = 1_795_262_400_000  # Saturday 2026-11-21 12:00 UTC
SINCE = NOW - 4 * DAY + 2 * HOUR  # Tuesday 14:00


def episode(detail: dict[str, Any] | None = None, **more: Any) -> Episode:
    values: dict[str, Any] = {
        "id": 1, "rule": "escalation-drift", "kind": "drift", "metric": "escalation_rate",
        "cascade": "support", "route": "", "direction": "up", "severity": "page", "state": "firing",
        "opened": SINCE + HOUR, "since": SINCE, "easing": None, "resolved": None, "parent": None,
        "acknowledged": None, "acknowledged_by": None, "updated": SINCE, "version": 1,
        "detail": {"estimate": estimate(SINCE), "unit": "share"} if detail is None else detail,
    }  # fmt: skip
    return Episode(**{**values, **more})


def headline(of: Episode) -> str:
    return episode_words.headline(of, NOW, "UTC").replace("\xa0", " ")


def test_a_drift_says_about_what_from_what_and_since_when() -> None:
    assert headline(episode()) == (
        "Escalation rate about 36 % (34–38), 6.0 pts above its baseline of 30 %, since Tue 14:00."
    )


def test_one_that_is_over_says_how_long_it_lasted() -> None:
    over = episode(state="resolved", resolved=SINCE + 5 * HOUR)
    assert headline(over).endswith("from Tue 14:00 to Tue 19:00 (5 h).")
    assert episode_words.badge(over)[1] == "gray"


@pytest.mark.parametrize(
    ("until", "hours"), [(SINCE + 2 * HOUR, 2), (SINCE + 9 * HOUR, 5), (SINCE - HOUR, 0)]
)
def test_callers_lasted_until_they_stopped_and_not_until_it_was_sure(until: int, hours: int) -> None:
    detail = {"message": "A caller stands out.", "about": {"until": until}}
    over = episode(detail, kind="callers", metric=None, state="resolved", resolved=SINCE + 5 * HOUR)
    assert episode_words.ended(over) == SINCE + hours * HOUR
    assert episode_words.ended(episode(detail, kind="callers", metric=None)) is None


def test_a_threshold_names_its_limit_in_the_metrics_unit() -> None:
    detail = {"estimate": {**estimate(SINCE, 1.12, None), "low": 1.05, "high": 1.19}, "limit": 1.0}
    of = episode(detail, kind="threshold", metric="cost_ratio")
    assert headline(of) == "Cost ratio 1.12 (1.05–1.19), above its limit of 1.00, since Tue 14:00."


def test_without_numbers_the_rules_own_sentence_is_told() -> None:
    of = episode({"message": "No events for 3 h."}, kind="no_data", metric=None, direction="")
    assert headline(of) == "No events for 3 h."
    assert episode_words.badge(of) == ("● no events", "gray")


def test_callers_that_stand_out_are_named() -> None:
    words = "Caller probe: 100 % (95–100 %) of 72 judged events escalated, 30 % expected."
    detail = {"message": words, "estimate": estimate(SINCE, 0.12, None), "limit": 0.01, "unit": "share"}
    of = episode(detail, kind="callers", metric=None, direction="up")
    assert headline(of) == words
    assert episode_words.badge(of) == ("▲ callers stand out", "red")


@pytest.mark.parametrize(
    ("metric", "direction", "said", "tone"),
    [
        ("escalation_rate", "up", "▲ costs at risk", "red"),
        ("escalation_rate", "down", "▼ quality at risk", "orange"),
        ("flagship_share", "down", "▼ quality at risk", "orange"),
        ("judge_failure_rate", "up", "▲ quality at risk", "orange"),
        ("fallback_rate", "up", "▲ costs at risk", "red"),
        ("fallback_rate", "down", "▼ moved", "gray"),
        ("cost_ratio", "up", "▲ costs at risk", "red"),
        ("price_coverage", "down", "▼ moved", "gray"),
        ("cache_hit_rate", "down", "▼ costs at risk", "red"),
    ],
)
def test_what_is_at_stake_depends_on_metric_and_way(
    metric: str, direction: str, said: str, tone: str
) -> None:
    assert episode_words.badge(episode(metric=metric, direction=direction)) == (said, tone)


def test_where_it_stands_is_told_beside_it() -> None:
    assert episode_words.state(episode()) == [("firing", "gray"), ("page", "gray")]
    easing = episode(state="easing", severity="ticket", acknowledged=NOW)
    assert episode_words.state(easing, silenced=True) == [
        ("easing", "orange"), ("acknowledged", "gray"), ("silenced", "gray"),
    ]  # fmt: skip


def test_the_cost_of_a_day_has_its_sign_and_range() -> None:
    money = {"cost_usd_per_day": {"value": 146.2, "low": 120.0, "high": 170.0}}
    assert episode_words.a_day(episode(money)) == ("+$146", "$120–170")
    assert episode_words.a_day(episode({})) is None


def test_a_diagnosis_names_cause_points_and_next_step() -> None:
    of = episode({"diagnosis": diagnosis(SINCE, NOW)})
    first = diagnosis_words.causes(of)[0]
    assert diagnosis_words.name(first.key) == "The verifier changed"
    assert first.points == pytest.approx(0.06)
    assert first.summary.endswith(".")
    assert not first.summary.endswith("..")
    assert "judge-v3" in str(diagnosis_words.likeliest(of))
    assert str(diagnosis_words.next_step(of)).startswith("Run the verifier check")


def test_the_split_adds_up_to_the_move() -> None:
    of = episode({"diagnosis": diagnosis(SINCE, NOW)})
    rows = diagnosis_words.split_rows(diagnosis_words.splits(of)["routes"])
    assert sum(row["mix"] + row["behaviour"] for row in rows) == pytest.approx(6.0)
    assert {row["rate"].replace("\xa0", " ") for row in rows} == {"30 % → 36 %"}


def test_the_split_says_what_it_compares_with() -> None:
    held = diagnosis(SINCE, NOW)
    assert diagnosis_words.compared(episode({"diagnosis": held})).replace("\xa0", " ") == (
        "Against the days before (30.0 %, n 4,000), not against the baseline."
    )
    pinned = episode({"diagnosis": held | {"against": "baseline", "before": None}})
    assert diagnosis_words.compared(pinned) == "Against the days that the baseline was learnt from."
    assert diagnosis_words.compared(episode({})) == ""


def test_reasons_and_callers_are_told_before_and_after() -> None:
    of = episode({"diagnosis": diagnosis(SINCE, NOW)})
    reason = diagnosis_words.reason_rows(of)[0]
    assert (reason["reason"], reason["points"]) == ("low_score", pytest.approx(6.0))
    who = diagnosis_words.callers(of)
    assert [row["caller"] for row in diagnosis_words.caller_rows(who)] == ["judge-v3"]
    assert diagnosis_words.caller_words(who)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = ("estimate", "peak", "message", "unit", "limit", "tolerance", "cost_usd_per_day", "diagnosis")
INSIDE = ("value", "baseline", "low", "high", "n", "since", "causes", "mix", "callers", "reasons", "changes",
          "routes", "parts", "named", "against", "before", "rate", "evidence", "key", "points", "summary",
          "next", "likeliest", "time")  # fmt: skip
DEEP = st.dictionaries(st.sampled_from(INSIDE), JSON | st.dictionaries(st.sampled_from(INSIDE), JSON))


@given(
    st.dictionaries(st.sampled_from(KEYS), JSON | DEEP), st.sampled_from(["drift", "threshold", "no_data"])
)
def test_no_json_breaks_what_is_said(detail: dict[str, Any], kind: str) -> None:
    of = episode(detail, kind=kind)
    assert headline(of)
    assert episode_words.badge(of)[0]
    assert episode_words.interval_words(of) is not None
    assert episode_words.a_day(of) is None or episode_words.usd_a_day(of) is not None
    diagnosis_words.causes(of)
    diagnosis_words.likeliest(of)
    diagnosis_words.reason_rows(of)
    diagnosis_words.change_rows(of)
    diagnosis_words.compared(of)
    diagnosis_words.caller_words(diagnosis_words.callers(of))
    diagnosis_words.caller_rows(diagnosis_words.callers(of))
    for split in diagnosis_words.splits(of).values():
        assert diagnosis_words.split_words(split)
        diagnosis_words.split_rows(split)


def test_the_reports_since_the_change_are_named_and_what_never_ran_is_not() -> None:
    ran = {"kind": "verifier check", "replay": "nightly", "report": 21}
    held = {"checks": [ran, {"kind": "replay", "replay": "cheap", "report": None}, 7]}
    assert diagnosis_words.reports(episode({"diagnosis": held})) == [(21, "nightly")]
    assert diagnosis_words.reports(episode({"diagnosis": {"checks": "none"}})) == []
