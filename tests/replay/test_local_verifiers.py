"""Verifiers that ask nobody: what each kind accepts."""

import json
from math import log
from pathlib import Path
from typing import Any

import pytest

from cascadewatch.replay.answer import Answer, CallError, Judged
from cascadewatch.replay.callers import Callers
from cascadewatch.replay.case import Case
from cascadewatch.replay.verifiers import build
from cascadewatch.settings import Settings
from cascadewatch.settings.replaying import Verifier


def judge(kind: str, answer: Answer | str, **table: Any) -> Judged:
    settings = Settings(verifier={"mine": Verifier(kind=kind, **table)})  # type: ignore[arg-type]
    verifier = build(settings, "mine", Callers(settings, "recorded"))
    json.dumps(verifier.describe())
    assert not verifier.is_paid
    return verifier.judge(Case("1", prompt="?"), Answer(answer) if isinstance(answer, str) else answer)


@pytest.mark.parametrize(
    ("kind", "table", "text", "reason"),
    [
        ("markers", {"required": ("Total:",)}, "the total: 5", None),
        ("markers", {"required": ("Total:",)}, "5", "missing Total:"),
        ("markers", {"forbidden": ("as an AI",)}, "As an ai model", "forbidden as an AI"),
        ("min_content", {"words": 3}, "one two three", None),
        ("min_content", {"words": 3}, "one two", "too_short"),
        ("min_content", {}, " ", "too_short"),
        ("numeric", {}, "about 5 apples", None),
        ("numeric", {}, "some apples", "no_number"),
        ("sql", {}, "```sql\nSELECT a FROM t WHERE b > 3;\n```", None),
        ("sql", {}, "SELEC a FROM t", "syntax"),
        ("sql", {}, "SELECT 1; DROP TABLE t", "several_statements"),
        ("sql", {}, " ; ", "no_sql"),
    ],
)
def test_rules_on_the_text(kind: str, table: dict[str, Any], text: str, reason: str | None) -> None:
    found = judge(kind, text, **table)
    assert (found.outcome, found.reason) == ("accept" if reason is None else "reject", reason)


def test_json_of_a_shape(tmp_path: Path) -> None:
    file = tmp_path / "shape.json"
    file.write_text('{"type": "array", "maxItems": 1}')
    assert judge("schema", "[1]", file=file).outcome == "accept"
    assert judge("schema", "[1, 2]", file=file).reason == "maxItems at $"


def test_confidence_is_the_mean_probability_of_the_tokens() -> None:
    sure = Answer("4", logprobs=(log(0.9), log(0.8)))
    found = judge("confidence", sure, threshold=0.8)
    assert found.score == pytest.approx((0.9 * 0.8) ** 0.5)
    assert found.outcome == "accept"
    assert judge("confidence", sure, threshold=0.9).reason == "low_confidence"
    with pytest.raises(CallError, match="logprobs = true"):
        judge("confidence", "4", threshold=0.5)


@pytest.mark.parametrize(("score", "outcome"), [(0.5, "accept"), (0.49, "reject")])
def test_a_recorded_score_against_the_threshold(score: float, outcome: str) -> None:
    assert judge("recorded", Answer("x", score=score), threshold=0.5).outcome == outcome


def test_nobody_knows_what_made_a_recorded_score() -> None:
    assert judge("recorded", Answer("x", score=0.5), threshold=0.5).mechanism is None
    assert judge("numeric", "5").mechanism == "rule"


def test_one_voter_of_a_recorded_score() -> None:
    answer = Answer("x", score=0.75, parts={"first": 1.0, "second": 0.0, "third": None})
    assert judge("recorded", answer, threshold=0.5, score="second").outcome == "reject"
    with pytest.raises(CallError, match='no recorded part "third"'):
        judge("recorded", answer, threshold=0.5, score="third")


def test_a_function_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("def verify(prompt, answer):\n    return {'a': True, 'b': 0.4, 'c': 'yes'}[answer]\n")
    assert judge("python", "a", file=file).outcome == "accept"
    assert judge("python", "b", file=file, threshold=0.5).reason == "low_score"
    with pytest.raises(CallError, match="set its threshold"):
        judge("python", "b", file=file)
    with pytest.raises(CallError, match="neither True, False nor a score"):
        judge("python", "c", file=file)
