"""The recorded GSM8K cascade reproduces the reference figures."""

import json
from pathlib import Path

import pytest

from cascadewatch.demo import gsm8k_events
from cascadewatch.model import TierOrder, derive

REFERENCE = json.loads((Path(__file__).parent.parent / "data/recorded/reference_stats.json").read_text())
CASCADE = REFERENCE["gsm8k_cascade.jsonl"]
ORDER = TierOrder(("small", "flagship"), cheap="small", flagship="flagship")
USD_PER_TOKEN = {
    "mistralai/Mixtral-8x7B-Instruct-v0.1": (0.6e-6, 0.6e-6),
    "gpt-4-1106-preview": (10e-6, 30e-6),
}


@pytest.mark.parametrize("expected", CASCADE["cascade"], ids=lambda row: f"threshold {row['threshold']}")
def test_escalation_accuracy_and_cost_at_each_recorded_threshold(expected: dict[str, float]) -> None:
    escalated = right = 0
    cost = 0.0
    for event in gsm8k_events(0, threshold=expected["threshold"]):
        facts = derive(event, ORDER)
        escalated += facts.escalated
        right += next(x.correct for x in event.labels if x.attempt == facts.served_index)
        for attempt in event.attempts:
            assert attempt.model is not None
            assert attempt.usage is not None
            into, out = USD_PER_TOKEN[attempt.model]
            cost += (attempt.usage.input or 0) * into + (attempt.usage.output or 0) * out
    assert round(escalated / 1319, 4) == expected["escalation_rate"]
    assert round(right / 1319, 4) == expected["accuracy"]
    assert cost == pytest.approx(expected["cost_usd"], abs=1e-6)


def test_one_event_per_question_at_the_asked_spacing() -> None:
    events = list(gsm8k_events(1_000_000, spacing_ms=250, cascade="mine"))
    assert [e.millis for e in events] == [1_000_000 + 250 * i for i in range(1319)]
    assert {e.cascade for e in events} == {"mine"}
    assert len({e.id for e in events}) == 1319


def test_verdicts_cost_nothing_and_only_answers_given_are_labelled() -> None:
    for event in gsm8k_events(0):
        verdict = event.attempts[0].verdict
        assert verdict is not None
        assert (verdict.mechanism, verdict.cost_usd) == ("agreement", 0.0)
        assert [x.attempt for x in event.labels] == list(range(len(event.attempts)))
        assert {(x.source, x.sampling, x.probability) for x in event.labels} == {
            ("executable", "random", 1.0)
        }
