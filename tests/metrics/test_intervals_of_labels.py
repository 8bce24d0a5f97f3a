"""95 % intervals from labels hold their 95 % however labels were drawn: by verdict, by route, by source."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

import numpy as np
import pytest

from cascadewatch.metrics import compute
from cascadewatch.metrics.window import LabelCounts, Metric
from tests.metrics.windows import labels, window

RUNS = 2000


class Kind(NamedTuple):
    """A kind of answers: how many of all, how many of them are right, and how often one is labelled."""

    share: float
    right: float
    probability: float
    source: str = "human"


def covered(one: Callable[[np.random.Generator], Metric], truth: float) -> float:
    """How often the interval holds the truth."""
    random, held = np.random.default_rng(7), 0
    for _ in range(RUNS):
        metric = one(random)
        held += metric.low is not None and metric.high is not None and metric.low <= truth <= metric.high
    return held / RUNS


def by_verdict(
    key: str, wrong: int, right: int, rates: tuple[float, float], labelled: tuple[float, float]
) -> Callable[[np.random.Generator], Metric]:
    """So many wrong and right answers; `rates` are those of accepting either, `labelled` how often an accept
    and a reject gets a label."""

    def one(random: np.random.Generator) -> Metric:
        rows = []
        for correct, n, rate in (
            (False, random.poisson(wrong), rates[0]),
            (True, random.poisson(right), rates[1]),
        ):
            accepted = random.binomial(n, rate)
            for outcome, m, p in zip(("accept", "reject"), (accepted, n - accepted), labelled, strict=True):
                drawn = int(random.binomial(m, p))
                rows.append(labels(drawn, correct=correct, outcome=outcome, probability=p))
        return compute(window({"labels": rows}, judged=1000, cheap_accepted=500), [key])[key]

    return one


@pytest.mark.parametrize(
    ("wrong", "accepted", "labelled"),
    [
        (1000, 0.2, (0.02, 1)),
        (1000, 0.2, (0.05, 1)),
        (4000, 0.2, (0.05, 1)),
        (400, 0.2, (0.01, 1)),  # nearly half the time no accepted one is drawn that is wrong
        (1000, 0.8, (0.02, 1)),
        (1000, 0.2, (1, 0.05)),
        (1000, 0.2, (0.02, 0.02)),
    ],
)
def test_false_accepts_where_a_labels_probability_goes_by_the_verdict(
    wrong: int, accepted: float, labelled: tuple[float, float]
) -> None:
    one = by_verdict("false_accept_rate", wrong, 4 * wrong, (accepted, 0.9), labelled)
    assert 0.93 <= covered(one, accepted) <= 0.98


def test_false_escalations_where_few_accepts_are_labelled() -> None:
    one = by_verdict("false_escalate_rate", 1000, 4000, (0.2, 0.9), (0.02, 1))
    assert 0.93 <= covered(one, 0.1) <= 0.98


def served(kinds: Sequence[Kind]) -> Callable[[np.random.Generator], Metric]:
    """10,000 answers of these kinds; those of one source are counted together, as the store does."""

    def one(random: np.random.Generator) -> Metric:
        rows = []
        for kind in kinds:
            drawn = int(random.binomial(random.poisson(10_000 * kind.share), kind.probability))
            right = int(random.binomial(drawn, kind.right))
            for correct, n in ((True, right), (False, drawn - right)):
                row = labels(n, correct=correct, role="served", probability=kind.probability,
                             source=kind.source, sampling="random")  # fmt: skip
                rows.append(row)
        together = tuple(map(added, groupby(sorted(rows, key=kind_of), key=kind_of)))
        return compute(window({"labels": together}), ["quality"])["quality"]

    return one


def kind_of(row: LabelCounts) -> tuple[str, bool]:
    return row.source, row.correct


def added(together: tuple[tuple[str, bool], Iterable[LabelCounts]]) -> LabelCounts:
    first, *others = together[1]
    return replace(first, counts={k: n + sum(x.counts[k] for x in others) for k, n in first.counts.items()})


CHECKED = Kind(0.8, 0.99, 1, "executable")


@pytest.mark.parametrize(
    "kinds",
    [
        (CHECKED, Kind(0.2, 0.6, 0.01)),
        (CHECKED, Kind(0.2, 0.6, 0.05)),
        (Kind(0.5, 0.99, 1, "executable"), Kind(0.5, 0.7, 0.02)),
        (CHECKED, Kind(0.2, 0.95, 0.01)),  # often none of 20 heavy labels is wrong, but light ones are
        (CHECKED, Kind(0.2, 0.99, 0.01)),
        (Kind(0.8, 1, 1, "executable"), Kind(0.2, 0.95, 0.01)),
        (Kind(0.5, 0.8, 1, "executable"), Kind(0.5, 0.8, 0.01)),
        (Kind(0.5, 0.95, 0.02), Kind(0.5, 0.6, 0.2)),  # two routes
        (Kind(0.9, 0.99, 0.005), Kind(0.1, 0.6, 0.5)),
    ],
)
def test_quality_where_a_labels_probability_goes_by_source_or_route(kinds: tuple[Kind, ...]) -> None:
    assert covered(served(kinds), sum(kind.share * kind.right for kind in kinds)) >= 0.925


def errors(*rows: LabelCounts, judged: int = 0, accepted: int = 0) -> dict[str, Metric]:
    given = window({"labels": rows}, judged=judged, cheap_accepted=accepted)
    return compute(given, ["false_accept_rate", "false_escalate_rate"])


def test_no_wrong_one_among_few_labelled_accepts_is_no_proof_that_there_is_none() -> None:
    rows = (labels(800, correct=False, outcome="reject"), labels(40, correct=True, probability=0.02))
    found = errors(*rows, judged=5000, accepted=2000)["false_accept_rate"]
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(0.1935, abs=1e-3)  # a wrong one that is accepted weighs 50


def test_a_verdict_without_any_label_leaves_both_errors_unknown() -> None:
    reviewed = (labels(800, correct=False, outcome="reject"), labels(100, correct=True, outcome="reject"))
    for found in errors(*reviewed, judged=5000, accepted=4100).values():
        assert (found.value, found.reason) == (None, "no accepted cheap answer has a label")
    waved_through = (labels(80, correct=False), labels(900, correct=True))
    for found in errors(*waved_through, judged=5000, accepted=4100).values():
        assert (found.value, found.reason) == (None, "no rejected cheap answer has a label")


def test_a_verdict_that_was_never_given_needs_no_label() -> None:
    found = errors(labels(20, correct=False, outcome="reject"), judged=20, accepted=0)["false_accept_rate"]
    assert found.value == 0
    assert found.high == pytest.approx(0.1611, abs=1e-4)
