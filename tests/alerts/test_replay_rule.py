"""When a replay or verifier check is told of: what counts, what waits, what ends it, how loud it is."""

import json
from pathlib import Path
from typing import Any

import pytest

from alerts.backtest import back_test
from alerts.evaluate import check
from cascadewatch.replay.running import Asked, run
from cascadewatch.settings import Rule
from tests.alerts.checked import CHECK, LAX, NIGHTLY, STRICT, WORSE, reported, tables
from tests.alerts.conftest import Watch
from tests.alerts.watched import DAY, HOUR, MINUTE, Watched
from tests.replay.conftest import gsm8k_cases

RULE = {"name": "replay-regressed", "kind": "replay"}
KEY = ("replay-regressed", "support", "")


@pytest.fixture
def watched(watching_sqlite: Watch) -> Watched:
    return watching_sqlite(RULE, **tables(nightly=NIGHTLY, judge=CHECK))


def state(watched: Watched, now: int) -> str:
    """After two looks, which is what firing takes."""
    watched.minutes(now, now + 11 * MINUTE, 5 * MINUTE)
    return watched.states()[KEY].state


def test_it_fires_with_a_report_and_ends_with_the_next_that_is_not_worse(watching: Watch, now: int) -> None:
    watched = watching(RULE, **tables(nightly=NIGHTLY))
    reported(watched, "nightly", "unchanged", now - 2 * DAY)
    bad = reported(watched, "nightly", "regressed", now - DAY, rates=WORSE)
    assert state(watched, now) == "firing"
    one = watched.episode()
    assert (one.cascade, one.severity, one.since) == ("support", "ticket", now - DAY)
    about = one.detail["about"]
    assert (about["report"], about["replay"], about["before"]) == (bad, "nightly", now - 2 * DAY)
    assert [r["name"] for r in about["rates"]] == ["accuracy"]
    assert one.detail["message"] == (
        "The replay nightly regressed: accuracy: 51.0 % against 84.0 % before, over the same 400 cases."
    )
    good = reported(watched, "nightly", "unchanged", now + HOUR)
    watched.minutes(now + HOUR, now + 2 * HOUR, 5 * MINUTE)
    assert (watched.episode().state, watched.states()[KEY].state) == ("resolved", "ok")
    assert watched.episode().detail["cleared"] == {"nightly": {"report": good, "verdict": "unchanged"}}
    assert [kind for _, kind, _ in watched.said()] == ["firing", "resolved"]


@pytest.mark.parametrize("cause", ["cli", "api"])
def test_a_run_that_somebody_asked_for_counts_at_once(watched: Watched, now: int, cause: str) -> None:
    reported(watched, "nightly", "regressed", now - HOUR, cause=cause, rates=WORSE)
    assert state(watched, now) == "firing"


def test_a_run_that_asked_another_model_opens_nothing_and_ends_nothing(watched: Watched, now: int) -> None:
    reported(watched, "nightly", "regressed", now - 2 * HOUR, rates=WORSE, override="new-model")
    assert state(watched, now - HOUR) == "no_data"
    assert watched.episodes() == []
    reported(watched, "nightly", "regressed", now, rates=WORSE)
    assert state(watched, now) == "firing"
    reported(watched, "nightly", "unchanged", now + HOUR, override="new-model")
    assert state(watched, now + 2 * HOUR) == "firing"


def test_a_hundred_runs_of_another_model_end_nothing(watched: Watched, now: int) -> None:
    reported(watched, "nightly", "regressed", now - HOUR, rates=WORSE)
    for number in range(101):
        reported(watched, "nightly", "unchanged", now - HOUR + 1 + number, override="new-model")
    assert state(watched, now) == "firing"


class TestARunNobodyAskedFor:
    @pytest.mark.parametrize("cause", ["schedule", "alert"])
    def test_alone_does_not_count(self, watched: Watched, now: int, cause: str) -> None:
        reported(watched, "nightly", "regressed", now - HOUR, cause=cause, rates=WORSE)
        assert state(watched, now) == "ok"
        assert watched.episodes() == []
        assert watched.states()[KEY].message == (
            "Report 1 of nightly regressed; a second run has to agree before it counts."
        )

    @pytest.mark.parametrize("second", ["confirmation", "schedule", "cli"])
    def test_counts_once_a_second_run_agrees(self, watched: Watched, now: int, second: str) -> None:
        reported(watched, "nightly", "regressed", now - 2 * HOUR, cause="schedule", rates=WORSE)
        reported(watched, "nightly", "regressed", now - HOUR, cause=second, rates=WORSE)
        assert state(watched, now) == "firing"
        assert watched.episode().since == now - 2 * HOUR

    def test_counts_for_nothing_when_the_second_does_not_agree(self, watched: Watched, now: int) -> None:
        reported(watched, "nightly", "regressed", now - 2 * HOUR, cause="schedule", rates=WORSE)
        reported(watched, "nightly", "inconclusive", now - HOUR, cause="confirmation")
        assert state(watched, now) == "ok"
        reported(watched, "nightly", "regressed", now + HOUR, cause="schedule", rates=WORSE)
        assert state(watched, now + 2 * HOUR) == "ok"

    def test_ends_nothing_while_it_waits(self, watched: Watched, now: int) -> None:
        """Another report is worse meanwhile: the replay's episode goes on."""
        reported(watched, "judge", "regressed", now - HOUR, rates=LAX)
        assert state(watched, now) == "firing"
        reported(watched, "judge", "unchanged", now + HOUR)
        reported(watched, "nightly", "regressed", now + HOUR, cause="schedule", rates=WORSE)
        assert state(watched, now + 2 * HOUR) == "firing"


class TestIncompleteRuns:
    def test_twice_in_a_row_are_told_in_words_of_their_own(self, watched: Watched, now: int) -> None:
        why = "30 of 400 calls failed, most of them as timeout; more than 2 %, so nothing is concluded."
        reported(watched, "nightly", "incomplete", now - 2 * DAY, notes=[why])
        assert state(watched, now - DAY) == "ok"
        reported(watched, "nightly", "incomplete", now - HOUR, notes=[why])
        assert state(watched, now) == "firing"
        one = watched.episode()
        assert (one.severity, one.since) == ("ticket", now - 2 * DAY)
        assert one.detail["message"] == (
            f"The last two runs of replay nightly were incomplete, so nothing is known. {why}"
        )
        reported(watched, "nightly", "unchanged", now + HOUR)
        assert state(watched, now + 2 * HOUR) == "ok"

    def test_end_nothing(self, watched: Watched, now: int) -> None:
        reported(watched, "nightly", "regressed", now - DAY, rates=WORSE)
        reported(watched, "nightly", "incomplete", now - 2 * HOUR)
        reported(watched, "nightly", "incomplete", now - HOUR)
        assert state(watched, now) == "firing"
        assert watched.episode().detail["about"]["state"] == "regressed"


class TestHowLoudItIs:
    @pytest.mark.parametrize(
        ("name", "rates", "severity"),
        [
            ("judge", LAX, "page"),
            ("judge", {**STRICT, **LAX}, "page"),
            ("judge", STRICT, "ticket"),
            ("nightly", WORSE, "ticket"),
            ("nightly", {**WORSE, **LAX}, "ticket"),
        ],
        ids=["lax verifier", "lax and strict", "strict verifier", "worse model", "lax on fresh answers"],
    )
    def test_a_verifier_that_accepts_more_wrong_answers_is_a_page(
        self, watched: Watched, now: int, name: str, rates: dict[str, Any], severity: str
    ) -> None:
        reported(watched, name, "regressed", now - HOUR, rates=rates)
        state(watched, now)
        assert watched.episode().severity == severity

    def test_it_grows_with_a_second_replay_that_is_more_serious(self, watched: Watched, now: int) -> None:
        reported(watched, "nightly", "regressed", now - HOUR, rates=WORSE)
        state(watched, now)
        reported(watched, "judge", "regressed", now + HOUR, rates=LAX)
        state(watched, now + HOUR)
        one = watched.episode()
        assert (one.severity, one.detail["about"]["replay"]) == ("page", "judge")
        assert one.detail["about"]["others"] == ["nightly"]
        assert [kind for _, kind, _ in watched.said()] == ["firing", "update"]

    def test_the_severity_of_the_rule_comes_first(self, watching_sqlite: Watch, now: int) -> None:
        watched = watching_sqlite({**RULE, "severity": "ticket"}, **tables(judge=CHECK))
        reported(watched, "judge", "regressed", now - HOUR, rates=LAX)
        state(watched, now)
        assert watched.episode().severity == "ticket"


class TestWhatIsWatched:
    def test_only_replays_that_are_configured_for_a_cascade(self, watching_sqlite: Watch, now: int) -> None:
        free = {key: value for key, value in NIGHTLY.items() if key != "cascade"}
        watched = watching_sqlite(RULE, **tables(free=free))
        reported(watched, "free", "regressed", now - HOUR, rates=WORSE)
        assert check(watched.store, watched.settings, now) == []

    def test_before_the_first_report_there_is_nothing_to_judge(self, watched: Watched, now: int) -> None:
        assert state(watched, now) == "no_data"
        assert watched.states()[KEY].message == "No run of nightly, judge has ended yet."

    def test_a_rule_of_one_cascade_leaves_others_alone(self, watching_sqlite: Watch, now: int) -> None:
        other = {**NIGHTLY, "cascade": "coding"}
        watched = watching_sqlite({**RULE, "cascade": "support"}, **tables(nightly=NIGHTLY, coding=other))
        reported(watched, "coding", "regressed", now - HOUR, rates=WORSE)
        found = check(watched.store, watched.settings, now)
        assert [(one.finding.scope.cascade, one.fires) for one in found] == [("support", False)]

    def test_a_replay_that_is_gone_ends_its_episode(self, watched: Watched, now: int) -> None:
        reported(watched, "nightly", "regressed", now - HOUR, rates=WORSE)
        state(watched, now)
        watched.run(now + HOUR, watched.settings.model_copy(update={"replay": {}}))
        assert watched.episode().state == "resolved"


def test_history_is_on_another_page(watched: Watched, now: int) -> None:
    rule = Rule.model_validate(RULE)
    found = back_test(watched.store, watched.settings, rule, now - DAY, now)
    assert (found.episodes, found.sentence) == (
        (), "is judged from reports, which are listed under Replays",
    )  # fmt: skip


def test_a_real_check_of_a_verifier_that_became_lax_is_a_page(
    watching: Watch, now: int, tmp_path: Path
) -> None:
    cases = tmp_path / "set.jsonl"
    cases.write_text("".join(json.dumps(case) + "\n" for case in gsm8k_cases()), encoding="utf-8")
    check = {**CHECK, "eval_set": str(cases)}
    watched = watching(RULE, **tables(judge=check))
    run(watched.store, watched.settings, "judge", Asked(pin=True), lambda: now - DAY)
    lax = watched.settings.model_copy(
        update={
            "verifier": {"judge": watched.settings.verifier["judge"].model_copy(update={"threshold": 0.25})}
        }
    )
    for cause in ("schedule", "confirmation"):
        run(watched.store, lax, "judge", Asked(cause=cause), lambda: now - HOUR)
    assert state(watched, now) == "firing"
    one = watched.episode()
    assert one.severity == "page"
    assert [rate["name"] for rate in one.detail["about"]["rates"]] == ["false_accept"]
    assert one.detail["about"]["rates"][0]["n"] == 477
