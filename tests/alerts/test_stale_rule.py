"""When quality counts as unchecked, and when a calibration may not hold any more."""

from collections.abc import Mapping
from typing import Any

import pytest

from alerts.backtest import back_test
from alerts.finding import Finding
from alerts.kinds import stale
from alerts.staleness import Calibrated, Checked, Used, old, outdated, unchecked
from alerts.windows import Windows
from cascadewatch.model import Verdict
from cascadewatch.settings import Rule
from cascadewatch.store.receipt import LabelRequest
from tests.alerts.checked import CHECK, NIGHTLY, reported, tables
from tests.alerts.conftest import Watch
from tests.alerts.watched import DAY, HOUR, MINUTE, Watched
from tests.model.events import attempt, event, moment

RULE = {"name": "quality-stale", "kind": "stale"}
CALIBRATED: dict[str, Any] = {
    "calibration": {"n": 400, "ece": 0.05},
    "provenance": {
        "verifier": {"name": "judge", "threshold": 0.5, "asks": "judge-1"},
        "models": {"small-1": 9},
    },
}  # fmt: skip


@pytest.fixture
def watched(watching: Watch) -> Watched:
    return watching(RULE, **tables(nightly=NIGHTLY, judge=CHECK))


def traffic(
    watched: Watched, start: int, end: int, *, verifier: str = "judge-v1", threshold: float | None = 0.5,
    judge: str | None = "judge-1", model: str = "small-1",
) -> None:  # fmt: skip
    """Ten requests an hour, answered and accepted by the cheap tier."""
    made = []
    for at in range(start, end, 6 * MINUTE):
        watched.sent += 1
        said = Verdict("accept", verifier=verifier, mechanism="judge", threshold=threshold, model=judge)
        made.append(event(f"e{watched.sent}", attempt("small", verdict=said, model=model), at=at))
    watched.opened.send(*made, received=max(end, watched.opened.now))


def found(watched: Watched, now: int, **said: Any) -> list[Finding]:
    rule = Rule.model_validate({**RULE, **said})
    with watched.store.reading() as connection:
        return stale.look(Windows(connection, watched.settings), watched.settings, rule, now)


def reasons(watched: Watched, now: int, **said: Any) -> list[str]:
    """Why it is stale; [] where it is not."""
    (one,) = found(watched, now, **said)
    assert one.outcome == ("breached" if "about" in one.detail else "ok")
    held: Mapping[str, Any] = one.detail.get("about", {"reasons": []})
    return list(held["reasons"])


class TestQualityIsUnchecked:
    def test_seven_days_after_the_last_report(self, watched: Watched, now: int) -> None:
        traffic(watched, now - 9 * DAY, now)
        reported(watched, "nightly", "regressed", now - 7 * DAY)
        assert reasons(watched, now) == []
        assert reasons(watched, now + HOUR) == [
            "Its quality was last checked 7 days ago, by report 1 of nightly."
        ]
        (one,) = found(watched, now + HOUR)
        assert one.detail["since"] == now
        assert one.detail["about"]["commands"] == [
            "cascadewatch replay nightly", "cascadewatch verifier judge",
        ]  # fmt: skip

    def test_a_run_that_was_incomplete_checked_nothing(self, watched: Watched, now: int) -> None:
        traffic(watched, now - 9 * DAY, now)
        reported(watched, "nightly", "unchanged", now - 8 * DAY)
        reported(watched, "nightly", "incomplete", now - HOUR)
        assert len(reasons(watched, now)) == 1

    def test_a_label_of_live_traffic_checks_it_too(self, watched: Watched, now: int) -> None:
        traffic(watched, now - 9 * DAY, now)
        then = now - 2 * DAY
        drawn = LabelRequest("e5", 0, True, "human", sampling="random", time=moment(then))
        complaint = LabelRequest("e5", 0, False, "user", time=moment(now))
        watched.opened.label(drawn, received=then)
        watched.opened.label(complaint, received=now)  # says nothing of the answers nobody complained of
        assert reasons(watched, now) == []
        late = reasons(watched, now + 5 * DAY + HOUR)
        assert late == ["Its quality was last checked 7 days ago, by a label."]

    def test_what_was_never_checked_is_late_a_week_after_its_first_event(
        self, watched: Watched, now: int
    ) -> None:
        traffic(watched, now - 6 * DAY, now)
        assert reasons(watched, now) == []
        assert reasons(watched, now + 2 * DAY) == [
            "Its quality was never checked; its first event came 8 days ago."
        ]

    def test_the_window_of_the_rule_says_how_long(self, watched: Watched, now: int) -> None:
        traffic(watched, now - 9 * DAY, now)
        reported(watched, "nightly", "unchanged", now - 3 * DAY)
        assert reasons(watched, now, window="4d") == []
        assert len(reasons(watched, now, window="2d")) == 1

    def test_it_is_told_and_ends_with_the_next_report(self, watched: Watched, now: int) -> None:
        traffic(watched, now - 9 * DAY, now)
        watched.minutes(now, now + 11 * MINUTE, 5 * MINUTE)
        assert (watched.episode().state, watched.episode().severity) == ("firing", "ticket")
        assert watched.episode().since == now - 2 * DAY
        reported(watched, "nightly", "unchanged", now + HOUR)
        watched.minutes(now + HOUR, now + 2 * HOUR, 5 * MINUTE)
        assert watched.episode().state == "resolved"
        assert [kind for _, kind, _ in watched.said()] == ["firing", "resolved"]


class TestItStaysQuiet:
    def test_without_a_replay(self, watching_sqlite: Watch, now: int) -> None:
        watched = watching_sqlite(RULE)
        traffic(watched, now - 9 * DAY, now)
        assert found(watched, now) == []

    def test_before_the_first_event(self, watched: Watched, now: int) -> None:
        assert found(watched, now) == []

    def test_where_nothing_was_served_for_a_week(self, watched: Watched, now: int) -> None:
        traffic(watched, now - 20 * DAY, now - 19 * DAY)
        (one,) = found(watched, now)
        assert (one.outcome, one.detail["ended"]) == ("no_data", True)


class TestACalibration:
    def test_that_fits_what_is_in_use_holds(self, watched: Watched, now: int) -> None:
        traffic(watched, now - 7 * DAY, now)
        reported(watched, "judge", "unchanged", now - 5 * DAY, **CALIBRATED)
        assert reasons(watched, now) == []

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"verifier": "judge-v2"}, "is of the verifier judge-v1; small is judged by judge-v2 now."),
            ({"threshold": 0.6}, "is of the threshold 0.5; traffic has 0.6 now."),
            ({"model": "small-2"}, "is of answers by small-1; small-2 answers now."),
            ({"judge": "judge-2"}, "is of a verifier by judge-1; it is judge-2 now."),
        ],
        ids=lambda given: "-".join(given) if isinstance(given, dict) else None,
    )
    def test_is_out_of_date_when_what_it_is_bound_to_changes(
        self, watched: Watched, now: int, change: dict[str, Any], words: str
    ) -> None:
        traffic(watched, now - 7 * DAY, now - 2 * DAY)
        number = reported(watched, "judge", "unchanged", now - 5 * DAY, **CALIBRATED)
        traffic(watched, now - 2 * DAY, now, **change)
        assert reasons(watched, now) == [f"The calibration of report {number} {words}"]
        (one,) = found(watched, now)
        assert one.detail["about"]["commands"] == ["cascadewatch verifier judge"]
        assert one.detail["about"]["late"] is False

    def test_is_out_of_date_after_30_days(self, watched: Watched, now: int) -> None:
        traffic(watched, now - DAY, now)
        number = reported(watched, "judge", "unchanged", now - 31 * DAY, **CALIBRATED)
        reported(watched, "nightly", "unchanged", now - DAY)
        assert reasons(watched, now) == [
            f"The calibration of report {number} is 31 days old; after 30 days it may not hold."
        ]

    def test_is_that_of_the_latest_report_that_has_one(self, watched: Watched, now: int) -> None:
        traffic(watched, now - DAY, now)
        older = {"verifier": {"name": "judge", "threshold": 0.6}, "models": {}}
        reported(watched, "judge", "unchanged", now - 2 * DAY, **{**CALIBRATED, "provenance": older})
        assert reasons(watched, now) == [
            "The calibration of report 1 was measured at threshold 0.6; the configuration says 0.5."
        ]
        reported(watched, "judge", "unchanged", now - HOUR, **CALIBRATED)
        assert reasons(watched, now) == []

    @pytest.mark.parametrize(
        "used",
        [
            Used(),
            Used(models={"small-1-2026-03-13"}),
            Used(models={"provider/small-1"}),
            Used(models={"flagship-1", "small-1"}),
            Used(thresholds={"0.5", "0.7"}),
            Used(verifiers={"small": "v2"}),
            Used(before={"small": "v1"}),
            Used(verifiers={"small": "v2"}, before={"middle": "v1"}),
        ],
    )
    def test_what_is_not_known_to_differ_makes_nothing_stale(self, used: Used) -> None:
        assert outdated(Calibrated(7, "judge", 0, "judge", 0.5, "judge-1", ["small-1"]), used) == []

    def test_that_says_nothing_of_itself_is_never_outdated(self) -> None:
        used = Used({"m"}, {"small": "v2"}, {"small": "v2"}, {"0.6"}, {"j"})
        assert outdated(Calibrated(7, "judge", 0, None, None, None, ()), used) == []


def test_limits_are_passed_and_not_reached() -> None:
    assert unchecked(Checked(0, None), DAY, DAY) is None
    assert unchecked(Checked(0, None), DAY, DAY + 1) is not None
    of = Calibrated(7, "judge", 0, None, None, None, ())
    assert (old(of, 30 * DAY), len(old(of, 30 * DAY + 1))) == ([], 1)


def test_history_is_on_other_pages(watching_sqlite: Watch, now: int) -> None:
    watched = watching_sqlite(RULE, **tables(nightly=NIGHTLY))
    found = back_test(watched.store, watched.settings, Rule.model_validate(RULE), now - DAY, now)
    assert found.sentence.startswith("is judged from labels and reports")
