"""Calibration and threshold sweep on recorded answers, against reference values made by other means."""

import csv
import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cascadewatch.metrics import exact_calibration as exact
from cascadewatch.metrics.sweep import Case, best_within, cheapest_above, pareto, point, sweep

RECORDED = Path(__file__).parent.parent / "data" / "recorded"
REFERENCE = json.loads((RECORDED / "reference_stats.json").read_text())
GSM8K, SVAMP = REFERENCE["gsm8k_cascade.jsonl"], REFERENCE["svamp_self_consistency.csv"]
MIXTRAL, GPT4_IN, GPT4_OUT = 600, 10_000, 30_000  # nano-dollars a token


@cache
def gsm8k() -> list[dict[str, Any]]:
    file = Path("cascadewatch/demo/recorded/gsm8k_cascade.jsonl.gz")
    with gzip.open(Path(__file__).parents[2] / file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@cache
def svamp() -> list[tuple[str, float, bool]]:
    with gzip.open(RECORDED / "svamp_self_consistency.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return [
            (row["id"], float(row["score"]), row["correct"].lower() in ("true", "1"))
            for row in csv.DictReader(file)
        ]


def scored(name: str) -> list[tuple[str, float, bool]]:
    if name == "svamp":
        return svamp()
    return [(row["id"], row["verifier"]["score"], row["cheap"]["correct"]) for row in gsm8k()]


def cases() -> list[Case]:
    return [
        Case(
            row["id"],
            row["verifier"]["score"],
            row["cheap"]["correct"],
            row["flagship"]["correct"],
            MIXTRAL * (row["prompt_tokens_8shot"] + row["cheap"]["answer_tokens"]),
            GPT4_IN * row["prompt_tokens_8shot"] + GPT4_OUT * row["flagship"]["answer_tokens"],
        )
        for row in gsm8k()
    ]


@pytest.mark.parametrize(("name", "expected"), [("gsm8k", GSM8K["verifier"]), ("svamp", SVAMP)])
def test_calibration(name: str, expected: dict[str, Any]) -> None:
    rows = scored(name)
    everything = [exact.Scored(score, right) for _, score, right in rows]
    fit = [exact.Scored(score, right) for case, score, right in rows if exact.is_fitting_half(case)]
    test = [exact.Scored(score, right) for case, score, right in rows if not exact.is_fitting_half(case)]
    assert (len(rows), len(fit), len(test)) == (expected["n"], expected["n_cal"], expected["n_test"])
    better = exact.isotonic(fit)
    mapped = [one._replace(score=better(one.score)) for one in test]
    area = exact.auroc(everything)
    assert area is not None
    assert round(area.value, 4) == expected["auroc"]
    for found, key in (
        (exact.ece(everything), "ece_all"),
        (exact.ece(test), "ece_test_raw"),
        (exact.ece(mapped), "ece_test_isotonic"),
        (exact.brier(test), "brier_test_raw"),
        (exact.brier(mapped), "brier_test_isotonic"),
    ):
        assert found is not None
        assert round(found, 4) == expected[key], key


@pytest.mark.parametrize(("name", "expected"), [("gsm8k", GSM8K["verifier"]), ("svamp", SVAMP)])
def test_reliability_bins(name: str, expected: dict[str, Any]) -> None:
    bins = exact.reliability([exact.Scored(score, right) for _, score, right in scored(name)])
    assert [
        {"bin": round(b.start * 10), "n": b.n, "mean_score": round(b.score, 4), "accuracy": round(b.right, 4)}
        for b in bins
    ] == expected["bins_all"]
    assert all(b.low <= b.right <= b.high for b in bins)


@pytest.mark.parametrize("row", GSM8K["cascade"], ids=lambda row: str(row["threshold"]))
def test_the_cascade_at_every_threshold(row: dict[str, Any]) -> None:
    found = point(cases(), row["threshold"])
    alone = sum(case.flagship_cost for case in cases())
    assert round(found.escalation_rate, 4) == row["escalation_rate"]
    assert round(found.quality, 4) == row["accuracy"]
    assert round(found.cost / 1e9, 6) == row["cost_usd"]
    assert round(1 - found.cost / alone, 4) == row["saving_vs_flagship_only"]
    assert round(found.accepted_wrong / found.n, 4) == row["accepted_wrong_share_of_all"]
    assert round(found.escalated_right / found.n, 4) == row["escalated_though_cheap_right"]


def test_the_corners() -> None:
    found = sweep(cases())
    tiers, cost = GSM8K["tiers"], GSM8K["cost"]
    assert round(found[0].quality, 4) == tiers["cheap_accuracy"]
    assert round(found[-1].quality, 4) == tiers["flagship_accuracy"]
    assert round(found[0].cost / 1e9, 6) == cost["cheap_only_usd"]
    both = cost["cheap_only_usd"] + cost["flagship_only_usd"]
    assert found[-1].cost / 1e9 == pytest.approx(both, abs=1e-6)
    assert found[-1].threshold is None


def test_the_front_has_no_point_that_another_beats() -> None:
    found = sweep(cases())
    front = pareto(found)
    assert [p.cost for p in front] == sorted(p.cost for p in front)
    assert [p.quality for p in front] == sorted(p.quality for p in front)
    for p in found:
        assert any(q.cost <= p.cost and q.quality >= p.quality for q in front)


def test_a_threshold_for_a_quality_bar_is_checked_on_the_other_half() -> None:
    found = cheapest_above(cases(), 0.85, exact.is_fitting_half)
    assert found is not None
    assert found.chosen.low >= 0.85
    assert found.chosen.n + found.measured.n == 1_319
    assert found.holds is (found.measured.quality >= 0.85)
    assert cheapest_above(cases(), 0.99, exact.is_fitting_half) is None


def test_a_threshold_for_a_budget() -> None:
    mean = 8.4e9 / 1_319
    found = best_within(cases(), mean, exact.is_fitting_half)
    assert found is not None
    assert found.chosen.mean_cost <= mean
    assert best_within(cases(), 1, exact.is_fitting_half) is None
