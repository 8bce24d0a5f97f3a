"""Quality and the verifier's errors, from labels that are a sample and no others."""

import pytest

from cascadewatch.metrics import compute
from cascadewatch.metrics.quality import label_sources
from cascadewatch.metrics.window import LabelCounts, Metric
from tests.metrics.windows import labels, window


def one(key: str, *rows: LabelCounts, **counts: int) -> Metric:
    return compute(window({"labels": rows}, **counts), [key])[key]


def served(n: int, right: bool, source: str, sampling: str, probability: float = 1) -> LabelCounts:
    return labels(n, correct=right, role="served", source=source, sampling=sampling, probability=probability)


def test_quality_is_the_share_right_of_served_answers() -> None:
    metric = one("quality", served(90, True, "human", "random"), served(10, False, "human", "random"))
    assert (metric.value, metric.n) == (0.9, 100)
    assert metric.low == pytest.approx(0.8256, abs=1e-4)


def test_complaints_do_not_lower_the_quality_but_are_shown_apart() -> None:
    rows = (served(90, True, "human", "random"), served(500, False, "user", "selected"))
    assert one("quality", *rows).value == 1
    apart = one("quality.selected", *rows)
    assert (apart.value, apart.n, apart.low) == (0, 500, None)


def test_executable_checks_count_however_they_came() -> None:
    assert one("quality", served(10, True, "executable", "selected")).n == 10


def test_rarely_sampled_labels_weigh_more() -> None:
    rows = (served(50, True, "human", "random"), served(5, False, "human", "random", probability=0.1))
    assert one("quality", *rows).value == 0.5


def test_the_cheap_answers_labels_say_nothing_of_served_ones() -> None:
    assert one("quality", labels(10, correct=True)).value is None


def test_the_sources_of_the_quality_are_named() -> None:
    rows = (
        served(3, True, "human", "random"), served(2, False, "human", "random"),
        served(4, True, "executable", "selected"), served(9, True, "user", "selected"),
    )  # fmt: skip
    assert label_sources(window({"labels": rows})) == {"human": 5, "executable": 4}


CONFUSION = (
    labels(70, correct=True),
    labels(10, correct=True, outcome="reject"),
    labels(4, correct=False),
    labels(16, correct=False, outcome="reject"),
    labels(50, correct=True, outcome="error"),  # a judge failure decided nothing
)


def test_a_false_accept_is_counted_among_wrong_answers() -> None:
    metric = one("false_accept_rate", *CONFUSION)
    assert (metric.value, metric.n) == (0.2, 20)


def test_a_false_escalate_is_counted_among_right_answers() -> None:
    metric = one("false_escalate_rate", *CONFUSION)
    assert (metric.value, metric.n) == (0.125, 80)


def test_precision_is_counted_among_accepted_answers() -> None:
    metric = one("verifier_precision", *CONFUSION)
    assert (metric.value, metric.n) == (70 / 74, 74)


@pytest.mark.parametrize("key", ["false_accept_rate", "false_escalate_rate", "verifier_precision"])
def test_without_labels_the_verifier_is_unknown_not_perfect(key: str) -> None:
    metric = one(key, events=100, judged=100)
    assert metric.value is None
    assert "label" in str(metric.reason)


def test_wasted_escalation_tells_how_much_has_a_price_and_below_95_percent_has_no_interval() -> None:
    rows = [labels(10, correct=c, outcome="reject", path="escalated", extra=10**9) for c in (True, False)]
    nearly, half = (
        one("wasted_escalation_usd", *rows, escalated=100, priceable=100, priced=priced)
        for priced in (97, 78)
    )
    assert nearly.value == half.value == pytest.approx(50)
    assert nearly.low is not None
    assert nearly.reason == "97.0 % of attempts priced"
    assert (half.low, half.high, half.reason) == (None, None, "78.0 % of attempts priced")


def test_wasted_escalation_scales_the_labelled_share_to_all_escalated_events() -> None:
    rows = (
        labels(5, correct=True, outcome="reject", extra=2 * 10**9),
        labels(15, correct=False, outcome="reject", extra=9 * 10**9),
    )
    metric = one("wasted_escalation_usd", *rows, escalated=1_000)
    assert (metric.value, metric.n) == (500, 20)  # a quarter of 1,000 at $2, what those right ones cost
    assert metric.low == pytest.approx(2_000 * 0.1119, abs=0.1)
    assert metric.high == pytest.approx(2_000 * 0.4687, abs=0.1)


def test_if_no_right_answer_was_escalated_the_waste_is_0_up_to_a_bound() -> None:
    rows = (labels(20, correct=False, outcome="reject"),)
    metric = one("wasted_escalation_usd", *rows, escalated=100, even_escalated=100, even_after=100 * 10**9)
    assert metric.value == 0
    assert metric.high == pytest.approx(16.11, abs=0.01)


def test_accepted_answers_are_no_evidence_of_waste() -> None:
    metric = one("wasted_escalation_usd", labels(20, correct=True, extra=10**9), escalated=100)
    assert metric.value is None


def test_waste_without_any_price_is_unknown() -> None:
    metric = one("wasted_escalation_usd", labels(20, correct=True, outcome="reject"), escalated=100)
    assert (metric.value, metric.reason) == (None, "no escalated event is fully priced")
