"""Whole runs on recorded answers, through the store, on both databases."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from cascadewatch.errors import InputError, NotFoundError, UsageError
from cascadewatch.replay.running import Asked, run
from cascadewatch.settings import Settings
from cascadewatch.store import replays
from cascadewatch.store.engine import Store
from cascadewatch.store.reports import Report
from tests.replay.conftest import gsm8k_cases, prime_cases, write

PRIME = """
[model.before]
kind = "recorded"
answer = "{tier}_before"
[model.after]
kind = "recorded"
answer = "{tier}_after"
[replay.prime]
eval_set = "prime.jsonl"
target = "before"
"""
CHECK = """
[verifier.judge]
kind = "recorded"
threshold = {threshold}
[replay.check]
eval_set = "set.jsonl"
answers = "cheap"
verifier = "judge"
"""
NOW = 1_795_262_400_000

Configured = Callable[[str], Settings]


def play(store: Store, settings: Settings, name: str, **asked: object) -> Report:
    return run(store, settings, name, Asked(**asked), lambda: NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tier", "verdict", "before", "after"),
    [("cheap", "improved", 0.496, 0.761), ("flagship", "regressed", 0.840, 0.511)],
)
def test_the_change_of_a_model_is_found(
    store: Store, configured: Configured, tmp_path: Path, tier: str, verdict: str, before: float, after: float
) -> None:
    write(tmp_path / "prime.jsonl", prime_cases())
    settings = configured(PRIME.format(tier=tier))
    pinned = play(store, settings, "prime", pin=True)
    assert pinned.body["rates"]["accuracy"]["value"] == before
    assert "not compared: this run is to be the baseline" in pinned.body["rates"]["accuracy"]["sentence"]
    found = play(store, settings, "prime", target="after")
    rate = found.body["rates"]["accuracy"]
    assert (found.verdict, rate["verdict"]) == (verdict, verdict)
    assert (rate["baseline"], rate["value"]) == (before, after)
    assert found.body["baseline"]["report"] == pinned.id
    assert play(store, settings, "prime").verdict == "unchanged"


def check(store: Store, configured: Configured, threshold: float, **asked: object) -> Report:
    return play(store, configured(CHECK.format(threshold=threshold)), "check", **asked)


def test_a_judge_that_became_lax_is_found_and_one_that_did_not_is_not(
    store: Store, configured: Configured, tmp_path: Path
) -> None:
    write(tmp_path / "set.jsonl", gsm8k_cases())
    pinned = check(store, configured, 0.5, pin=True)
    assert round(pinned.body["rates"]["false_accept"]["value"], 4) == round(25 / 477, 4)
    assert round(pinned.body["rates"]["false_escalate"]["value"], 4) == round(62 / 842, 4)
    assert "accuracy" not in pinned.body["rates"]
    same = check(store, configured, 0.5)
    assert same.verdict == "unchanged"
    lax = check(store, configured, 0.25)
    assert lax.body["rates"]["false_accept"]["verdict"] == "regressed"
    assert lax.body["rates"]["false_escalate"]["verdict"] == "improved"
    assert lax.verdict == "regressed"


def test_a_judge_that_accepts_everything_is_named(
    store: Store, configured: Configured, tmp_path: Path
) -> None:
    write(tmp_path / "set.jsonl", gsm8k_cases())
    found = check(store, configured, 0.0)
    assert "The verifier accepts everything: 1,319 of 1,319 answers." in found.body["notes"]


def test_planted_answers_catch_it_too(store: Store, configured: Configured, tmp_path: Path) -> None:
    planted = [
        {"id": f"c{i}", "prompt": "?", "control": "wrong", "answers": {"cheap": {"text": "x", "score": 0.4}}}
        for i in range(10)
    ]
    write(tmp_path / "set.jsonl", gsm8k_cases() + planted)
    assert check(store, configured, 0.5).body["controls"]["wrong"] == {"n": 10, "passed": 10}
    found = check(store, configured, 0.25)
    assert found.body["controls"]["wrong"] == {"n": 10, "passed": 0}
    assert "The verifier accepted 10 of 10 answers that are planted to be wrong." in found.body["notes"]
    assert found.body["rates"]["false_accept"]["n"] == 477  # planted ones are no sample


def test_shuffled_labels_are_named(store: Store, configured: Configured, tmp_path: Path) -> None:
    cases = gsm8k_cases()
    labels = [case["answers"]["cheap"]["correct"] for case in cases]
    Random(1).shuffle(labels)
    for case, label in zip(cases, labels, strict=True):
        case["answers"]["cheap"] = case["answers"]["cheap"] | {"correct": label}
    write(tmp_path / "set.jsonl", cases)
    notes = check(store, configured, 0.5).body["notes"]
    assert notes
    assert notes[0].startswith("The verifier's scores do not tell right answers from wrong ones (AUROC 0.")


def test_a_set_of_twenty_says_what_it_can_see(store: Store, configured: Configured, tmp_path: Path) -> None:
    write(tmp_path / "set.jsonl", gsm8k_cases()[:20])
    check(store, configured, 0.5, pin=True)
    found = check(store, configured, 0.5)
    assert found.verdict == "inconclusive"
    assert "too few to tell" in found.body["sentence"]
    assert found.body["mde"] > 0.3


def test_an_empty_set_is_refused(store: Store, configured: Configured, tmp_path: Path) -> None:
    write(tmp_path / "set.jsonl", [])
    with pytest.raises(InputError, match="has no cases"):
        check(store, configured, 0.5)


def test_another_version_of_the_set_is_not_compared(
    store: Store, configured: Configured, tmp_path: Path
) -> None:
    write(tmp_path / "set.jsonl", gsm8k_cases())
    check(store, configured, 0.5, pin=True)
    write(tmp_path / "set.jsonl", gsm8k_cases()[1:])
    found = check(store, configured, 0.5)
    assert found.verdict == "inconclusive"
    assert "the baseline is of version" in found.body["sentence"]


def test_calibration_is_that_of_the_reference(store: Store, configured: Configured, tmp_path: Path) -> None:
    write(tmp_path / "set.jsonl", gsm8k_cases())
    found = check(store, configured, 0.5).body["calibration"]
    assert round(found["auroc"]["value"], 4) == 0.9681
    assert (round(found["ece"], 4), round(found["isotonic"]["ece"], 4)) == (0.0847, 0.0211)


def test_a_report_tells_where_it_comes_from(store: Store, configured: Configured, tmp_path: Path) -> None:
    write(tmp_path / "set.jsonl", gsm8k_cases())
    found = check(store, configured, 0.5).body["provenance"]
    assert found["eval_set"]["cases"] == 1_319
    assert found["verifier"] == {"name": "judge", "kind": "recorded", "threshold": 0.5, "score": None}
    assert found["grader"] == {"name": "recorded", "kind": "recorded"}
    assert {"seed", "version", "started", "finished", "models"} <= found.keys()


def test_what_cannot_work_is_said_before_anything_runs(
    store: Store, configured: Configured, tmp_path: Path
) -> None:
    write(tmp_path / "set.jsonl", gsm8k_cases()[:5])
    settings = configured(CHECK.format(threshold=0.5).replace('"cheap"', '"cheep"'))
    with pytest.raises(UsageError, match='has an answer "cheep"; answers there: cheap, flagship'):
        play(store, settings, "check")
    with pytest.raises(NotFoundError, match=r"no \[replay\.nightly\]; known here: check"):
        play(store, settings, "nightly")
    with store.reading() as connection:
        assert replays.runs(connection) == []
