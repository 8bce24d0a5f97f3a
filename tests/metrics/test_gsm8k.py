"""Recorded answers of Mixtral-8x7B and GPT-4 on the 1,319 GSM8K test problems, judged by the agreement of
other solvers and accepted from a score of 0.5 on: the sums of that record and what follows from them."""

import pytest

from cascadewatch.metrics import compute
from cascadewatch.metrics.counterfactual import token_ratios
from tests.metrics.windows import labels, sums, window

PROMPT, CHEAP_ANSWERS, FLAGSHIP_ANSWERS = 614_415, 58_944, 76_567  # tokens of the 514 escalated problems
CHEAP, REAL = 1_023_306_600, 8_441_160_000  # nano-dollars of Mixtral on all, of GPT-4 on the escalated
COUNTS = sums(
    events=1_319, completed=1_319, judged=1_319, escalated=514, cheap_accepted=805, accepted=805,
    flagship=514, cost_cheap=CHEAP, cost_escalated=REAL, priceable=1_833, priced=1_833,
    comparable=1_319, comparable_cost=CHEAP + REAL, real=514, real_cost=REAL,
    counterfactual=805, counterfactual_input=9_548_000_000, counterfactual_output=2_320_560_000,
    pairs=514, pair_cheap_input=PROMPT, pair_cheap_output=CHEAP_ANSWERS,
    pair_flagship_input=PROMPT, pair_flagship_output=FLAGSHIP_ANSWERS,
    even=1_319, even_cheap=CHEAP, even_escalated=514, even_after=REAL, even_real=514, even_real_cost=REAL,
    even_counterfactual=805, even_counterfactual_input=9_548_000_000,
    even_counterfactual_output=2_320_560_000,
)  # fmt: skip
RIGHT = {0: 25, 12: 26, 16: 11, 25: 67, 33: 29, 37: 125, 49: 559}
WRONG = {0: 419, 12: 27, 16: 6, 25: 9, 33: 3, 37: 7, 49: 6}
EXTRA = 1_043_050_000 // 62  # nano-dollars: what GPT-4 cost where Mixtral had been right
GIVEN = {
    "ratios": token_ratios({"default": COUNTS}),
    "bins": {("score", "accept/right"): RIGHT, ("score", "reject/wrong"): WRONG},
    "labels": (
        labels(780, correct=True),
        labels(25, correct=False),
        labels(62, correct=True, outcome="reject", extra=EXTRA),
        labels(452, correct=False, outcome="reject"),
        labels(780 + 415, correct=True, role="served"),
        labels(25 + 99, correct=False, role="served"),
    ),
}
METRICS = compute(window(GIVEN, **COUNTS))


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("escalation_rate", 0.3897),
        ("cost_usd", 9.464467),
        ("flagship_only_cost_usd", 21.0035),
        ("savings_usd", 21.00352 - 9.46447),
        ("cost_ratio", 9.464467 / 21.0035),
        ("quality", 0.9060),
        ("verifier_precision", 0.9689),
        ("false_escalate_rate", 62 / 842),
        ("false_accept_rate", 25 / 477),
        ("wasted_escalation_usd", 1.04305),
    ],
)
def test_the_recorded_cascade_gives(key: str, expected: float) -> None:
    assert METRICS[key].value == pytest.approx(expected, abs=5e-5)


def test_the_range_of_the_counterfactual_starts_at_token_ratio_1() -> None:
    metric = METRICS["flagship_only_cost_usd"]
    assert metric.low == pytest.approx(20.3097, abs=5e-5)
    assert metric.high == pytest.approx(21.0035, abs=5e-5)


def test_what_the_flagship_really_cost_on_all_problems_lies_in_the_range() -> None:
    metric = METRICS["flagship_only_cost_usd"]
    assert metric.low is not None
    assert metric.high is not None
    assert metric.low < 20.59616 < metric.high


def test_the_terms_of_the_break_even() -> None:
    c, after, flagship = CHEAP / 1_319, REAL / 514, 21.003518e9 / 1_319
    assert METRICS["break_even_rate"].value == pytest.approx((flagship - c) / after, rel=1e-6)
    assert METRICS["headroom"].value == pytest.approx((flagship - c) / after - 514 / 1_319, rel=1e-5)


@pytest.mark.parametrize(("key", "exact"), [("ece", 0.0847), ("brier", 0.0668), ("auroc", 0.9681)])
def test_binned_calibration_is_within_a_bins_half_width_of_the_exact_figures(key: str, exact: float) -> None:
    assert METRICS[key].value == pytest.approx(exact, abs=0.01)
    assert str(METRICS[key].reason).startswith("binned")


def test_binned_auroc_is_exact_when_distinct_scores_fall_into_distinct_bins() -> None:
    assert METRICS["auroc"].value == pytest.approx(0.9681, abs=5e-5)
