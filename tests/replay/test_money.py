"""What a run may spend, what it says it spent, and what early stopping saves."""

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from cascadewatch.errors import UsageError
from cascadewatch.pricing import PriceBook
from cascadewatch.replay import calling
from cascadewatch.replay.prepared import estimate, prepare
from cascadewatch.settings import Settings
from cascadewatch.store import replays
from cascadewatch.store.engine import Store
from cascadewatch.store.replays import Result, Run
from tests.replay.paid import clock, paid_settings, play
from tests.replay.provider import CALL_NANO, Provider, Way, providing

WORST_NANO = (40 * 4 + 200) * 1_000 + 20 * 2_000
JUDGED = """
[model.strict]
kind = "anthropic"
base_url = "{url}"
model = "small"
api_key = "env:CASCADEWATCH_TEST_MODEL_KEY"
max_tokens = 20
timeout = "5s"
allow_private = true
[verifier.judge]
kind = "judge"
model = "strict"
prompt_file = "judge.md"
[grader.truth]
kind = "judge"
model = "strict"
prompt_file = "truth.md"
"""


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as provider:
        yield provider


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "TRIES", 2)
    monkeypatch.setattr(calling, "FIRST_WAIT", 0.01)


def the_run(store: Store) -> tuple[Run, list[Result]]:
    with store.reading() as connection:
        newest = replays.runs(connection)[0]
        return newest, replays.results(connection, newest.id)


def covered(store: Store, provider: Provider, before: int = 0) -> None:
    """What is spent and held covers the bill of the run, and lies within its limit."""
    found, rows = the_run(store)
    assert found.limit is not None
    assert provider.billed_nano - before <= found.spent + found.reserved <= found.limit
    assert found.reserved == sum(row.reserved for row in rows)


def test_a_run_spends_what_the_provider_bills(
    store: Store, store_url: str, tmp_path: Path, provider: Provider
) -> None:
    report = play(store, paid_settings(tmp_path, store_url, provider))
    found, _ = the_run(store)
    assert (found.spent, found.reserved) == (60 * CALL_NANO, 0)
    assert found.spent == provider.billed_nano
    assert report.body["spent_usd"] == pytest.approx(60 * CALL_NANO / 1e9)
    assert (report.body["unknown_cost"], report.body["held_usd"]) == (0, 0)


def with_judges(store_url: str, folder: Path, provider: Provider, more: str = "budget_usd = 1.0") -> Settings:
    (folder / "judge.md").write_text("judge: $answer")
    (folder / "truth.md").write_text("truth: $answer")
    more += '\nverifier = "judge"'
    made = paid_settings(folder, store_url, provider, 20, more=more, extra=JUDGED.format(url=provider.url))
    return made.model_copy(
        update={"replay": {"paid": made.replay["paid"].model_copy(update={"grader": "truth"})}}
    )


def test_verdicts_and_grades_are_paid_for_too(
    store: Store, store_url: str, tmp_path: Path, provider: Provider
) -> None:
    provider.says = lambda q: "ACCEPT" if "judge" in q else "RIGHT" if "truth" in q else "42"
    report = play(store, with_judges(store_url, tmp_path, provider))
    assert report.body["rates"]["accuracy"]["value"] == 1.0
    found, _ = the_run(store)
    assert found.spent == provider.billed_nano == 60 * CALL_NANO
    assert found.reserved == 0


def test_a_verdict_that_failed_does_not_hide_what_the_answer_cost(
    store: Store, store_url: str, tmp_path: Path, provider: Provider
) -> None:
    provider.says = lambda q: "ACCEPT" if "judge" in q else "RIGHT" if "truth" in q else "42"
    provider.way = lambda _, call: "server_error" if "judge" in call.question else None
    report = play(store, with_judges(store_url, tmp_path, provider))
    assert report.verdict == "incomplete"
    found, rows = the_run(store)
    asked = [row for row in rows if row.outcome == "server_error"]
    assert found.spent == len(asked) * CALL_NANO
    assert all(row.reserved > CALL_NANO for row in asked), "the failed verdict may have been billed"
    covered(store, provider)


def test_an_answer_longer_than_what_is_held_for_judging_it_is_not_judged(
    store: Store, store_url: str, tmp_path: Path, provider: Provider
) -> None:
    """20 tokens may be asked for: 80 characters, each a token for each of its up to 4 bytes."""
    texts = {f"question {0:<31}": "x" * 321, f"question {1:<31}": "字" * 107, f"question {2:<31}": "字" * 106}
    provider.says = lambda q: "ACCEPT" if "judge" in q else "RIGHT" if "truth" in q else texts.get(q, "42")
    report = play(store, with_judges(store_url, tmp_path, provider))
    assert report.body["failures"] == {"too_large": 2}
    found, rows = the_run(store)
    lost = [row for row in rows if row.outcome == "too_large"]
    assert {row.case for row in lost} == {"c0", "c1"}
    assert "more than is held for judging it" in str(lost[0].reason)
    assert sum(call.question.startswith("judge") for call in provider.calls) == found.done
    assert found.spent == provider.billed_nano, "the answers themselves are paid"
    assert found.reserved == 0
    covered(store, provider)


def test_a_prompt_is_held_for_as_often_as_it_stands_in_the_judges_prompt(
    store_url: str, tmp_path: Path, provider: Provider
) -> None:
    settings = with_judges(store_url, tmp_path, provider)
    (tmp_path / "truth.md").write_text("truth: $prompt $answer")
    once = estimate(prepare(settings, "paid"), PriceBook(settings.price), clock()).worst
    (tmp_path / "truth.md").write_text("truth: $prompt $answer $prompt $answer")
    twice = estimate(prepare(settings, "paid"), PriceBook(settings.price), clock()).worst
    assert twice - once == (40 + 4 * 20 + 2) * 4 * 1_000 * 20


@pytest.mark.parametrize("way", ["no_usage", "odd_usage"])
def test_an_unknown_cost_is_told_and_stays_held(
    store: Store, store_url: str, tmp_path: Path, provider: Provider, way: Way
) -> None:
    provider.misbehave(way)
    report = play(store, paid_settings(tmp_path, store_url, provider))
    assert report.body["spent_usd"] is None, "unknown is not nothing"
    assert report.body["unknown_cost"] == 60
    assert report.body["held_usd"] == pytest.approx(60 * WORST_NANO / 1e9)
    assert report.body["failed"] == 0
    assert "What 60 answers cost is not known in full" in " ".join(report.body["notes"])
    covered(store, provider)


def test_a_provider_that_tells_no_usage_cannot_pass_the_budget(
    store: Store, store_url: str, tmp_path: Path, provider: Provider
) -> None:
    provider.misbehave("no_usage")
    report = play(store, paid_settings(tmp_path, store_url, provider, more="budget_usd = 0.01"))
    assert report.verdict == "incomplete"
    assert len(provider.calls) == int(0.01e9) // WORST_NANO
    covered(store, provider)


def test_another_model_in_the_answer_is_told_and_priced_as_it_was_asked(
    store: Store, store_url: str, tmp_path: Path, provider: Provider
) -> None:
    provider.misbehave("wrong_model", every=2)
    report = play(store, paid_settings(tmp_path, store_url, provider))
    assert "small was asked, and another answered: 30 answers." in report.body["notes"]
    assert report.body["provenance"]["models"] == {"another": 30, "small": 30}
    assert the_run(store)[0].spent == 60 * CALL_NANO


FAILED: dict[Way, str] = {
    "unauthorized": "unauthorized", "payment_required": "payment_required", "model_gone": "not_found",
    "rate_limited": "rate_limited", "server_error": "server_error", "timeout": "timeout", "empty": "empty",
    "html": "not_json", "truncated_json": "not_json", "cut": "truncated", "ten_megabytes": "too_large",
    "drip": "timeout",
}  # fmt: skip


@pytest.mark.parametrize("way", FAILED)
def test_failed_calls_have_names_and_are_no_wrong_answers(
    store: Store, store_url: str, tmp_path: Path, provider: Provider, way: Way
) -> None:
    provider.way = lambda _, call: way if call.question.split()[1] in ("7", "8") else None
    waits = "2s" if FAILED[way] == "timeout" else "30s"
    report = play(store, paid_settings(tmp_path, store_url, provider, timeout=waits))
    assert report.body["failures"] == {FAILED[way]: 2}
    assert report.body["rates"]["accuracy"]["value"] == 1.0
    assert report.body["rates"]["accuracy"]["n"] == 58
    assert report.verdict == "incomplete", "2 of 60 are more than 2 %"
    covered(store, provider)


def test_one_failure_in_a_hundred_is_borne(
    store: Store, store_url: str, tmp_path: Path, provider: Provider
) -> None:
    provider.way = lambda _, call: "empty" if call.question.split()[1] == "7" else None
    report = play(store, paid_settings(tmp_path, store_url, provider, 100))
    assert (report.verdict, report.body["failed"]) == ("inconclusive", 1)


def test_a_run_that_can_only_fail_is_broken_off(
    store: Store, store_url: str, tmp_path: Path, provider: Provider
) -> None:
    provider.misbehave("unauthorized")
    report = play(store, paid_settings(tmp_path, store_url, provider, 400, concurrency=4))
    assert report.verdict == "incomplete"
    assert len(provider.calls) < 20
    assert "calls failed, most of them as unauthorized" in report.body["sentence"]


def test_a_small_budget_with_many_calls_at_once_is_used_to_its_end(
    store: Store, store_url: str, tmp_path: Path, provider: Provider
) -> None:
    """Worst cases of calls under way may fill the budget while what they really cost is far from it."""
    provider.seconds = 0.01
    budget = (60 * CALL_NANO + 2 * WORST_NANO) / 1e9
    settings = paid_settings(tmp_path, store_url, provider, more=f"budget_usd = {budget}", concurrency=16)
    assert play(store, settings).body["cases"] == 60
    covered(store, provider)


def test_the_budget_of_a_run_ends_it(
    store: Store, store_url: str, tmp_path: Path, provider: Provider
) -> None:
    report = play(store, paid_settings(tmp_path, store_url, provider, more="budget_usd = 0.002"))
    assert report.body["sentence"].startswith("Incomplete. The budget is used up")
    assert provider.billed_nano <= 0.002e9
    covered(store, provider)


def test_the_budget_of_a_month_holds_over_all_runs(
    store: Store, store_url: str, tmp_path: Path, provider: Provider
) -> None:
    settings = paid_settings(tmp_path, store_url, provider, extra="[replays]\nmonth_usd = 0.006\n")
    assert play(store, settings).verdict == "inconclusive"
    report = play(store, settings)
    assert report.verdict == "incomplete"
    assert "What all replays of this month may spend is used up" in report.body["sentence"]
    assert provider.billed_nano <= 0.006e9


def test_what_no_cap_could_hold_is_refused_before_the_first_call(
    store: Store, store_url: str, tmp_path: Path, provider: Provider
) -> None:
    settings = paid_settings(tmp_path, store_url, provider, more="")
    with pytest.raises(UsageError, match="needs `budget_usd`"):
        play(store, settings)
    unpriced = settings.model_copy(update={"price": ()})
    with pytest.raises(UsageError, match=r"whose price nobody knows.* for what \[model\.[a-z]+\] asks"):
        play(store, unpriced)
    assert provider.calls == []
    with store.reading() as connection:
        assert replays.runs(connection) == []


def test_a_price_a_hundred_times_as_high_stops_a_run_before_its_first_call(
    store: Store, store_url: str, tmp_path: Path, provider: Provider
) -> None:
    settings = paid_settings(tmp_path, store_url, provider, more="budget_usd = 0.01")
    (price,) = settings.price
    keys = ("input_usd_per_1m", "output_usd_per_1m")
    dear = price.model_copy(update={key: getattr(price, key) * 100 for key in keys})
    report = play(store, settings.model_copy(update={"price": (dear,)}))
    assert report.verdict == "incomplete"
    assert provider.calls == []


def test_the_estimate_asks_nobody(store_url: str, tmp_path: Path, provider: Provider) -> None:
    settings = paid_settings(tmp_path, store_url, provider)
    found = estimate(prepare(settings, "paid"), PriceBook(settings.price), clock())
    assert (found.calls, found.worst, found.limit) == (60, 60 * WORST_NANO, 1_000_000_000)
    assert provider.calls == []


def test_rest_asked_for_of_one_call_is_kept_by_all(
    store: Store, store_url: str, tmp_path: Path, provider: Provider
) -> None:
    provider.seconds = 0.01
    provider.way = lambda number, _: "rate_limited" if number == 5 else None
    began = time.monotonic()
    report = play(store, paid_settings(tmp_path, store_url, provider, 40, concurrency=2))
    assert (report.body["failed"], len(provider.calls)) == (0, 41)
    gap = max(b - a for a, b in pairwise(provider.times))
    assert gap >= 0.9
    assert time.monotonic() - began < 10
