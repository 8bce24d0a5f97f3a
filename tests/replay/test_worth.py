"""Should there be a cascade at all? On recorded answers, against reference values."""

import json
from pathlib import Path
from typing import Any

import pytest

from cascadewatch.errors import UsageError
from cascadewatch.pricing import PriceBook
from cascadewatch.replay.evalset import load
from cascadewatch.replay.worth import as_json, worth
from tests.replay.conftest import gsm8k_cases, write

REFERENCE = json.loads((Path(__file__).parents[1] / "data/recorded/reference_stats.json").read_text())
TIERS = REFERENCE["gsm8k_cascade.jsonl"]["tiers"]
NOW = 1_795_262_400_000


def found(tmp_path: Path, cases: list[dict[str, Any]]) -> dict[str, Any]:
    return as_json(
        worth(load(write(tmp_path / "set.jsonl", cases)), "cheap", "flagship", PriceBook(bundled=False), NOW)
    )


def priced(cheap: float, flagship: float) -> list[dict[str, Any]]:
    cases = gsm8k_cases()
    for case in cases:
        case["answers"]["cheap"]["cost_usd"] = cheap
        case["answers"]["flagship"]["cost_usd"] = flagship
    return cases


def test_the_shares_are_those_of_the_reference(tmp_path: Path) -> None:
    shares = found(tmp_path, gsm8k_cases())
    assert shares["cases"] == TIERS["n"]
    assert round(shares["routable_share"]["value"], 4) == TIERS["cheap_accuracy"]
    assert round(shares["flagship_accuracy"]["value"], 4) == TIERS["flagship_accuracy"]
    assert round(shares["best_quality"], 4) == TIERS["oracle_accuracy"]
    assert round(shares["only_flagship"], 4) == TIERS["oracle_escalation_rate_min"]
    assert round(shares["hopeless"] * TIERS["n"]) == TIERS["neither"]


def test_a_cheap_tier_that_pays(tmp_path: Path) -> None:
    answer = found(tmp_path, priced(0.001, 0.020))
    assert answer["price_gap"] == pytest.approx(20)
    assert answer["best_cost_usd"] == pytest.approx(0.001 + 0.020 * 383 / 1_319)
    assert answer["sentence"] == (
        "The cheap tier gets 64% right (61–66) and the flagship costs 20.0 times as much: a perfect verifier"
        " would save 66% and answer 93% right against 86% by the flagship alone; each verdict may cost up to"
        " $0.013193."
    )


def test_a_price_gap_that_no_verifier_can_save(tmp_path: Path) -> None:
    answer = found(tmp_path, priced(0.018, 0.020))
    assert answer["verifier_allowance_usd"] < 0
    assert "no cascade, since even a free and perfect verifier would not save" in answer["sentence"]


def test_without_prices_the_shares_stand_alone(tmp_path: Path) -> None:
    answer = found(tmp_path, gsm8k_cases())
    assert (answer["price_gap"], answer["best_cost_usd"]) == (None, None)
    assert "what that saves is unknown" in answer["sentence"]


def test_both_answers_are_needed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match='under "cheap" and "flagship"; answers there: none'):
        found(tmp_path, [{"id": "1", "prompt": "?"}])
