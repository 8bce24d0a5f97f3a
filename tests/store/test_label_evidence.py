"""What labels say before and after a change: nobody is accused by chance, however labels were drawn."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest

from cascadewatch.drift.diagnosis.chance import chance
from cascadewatch.drift.diagnosis.material import Confusion, Span
from cascadewatch.drift.diagnosis.view import BY_CHANCE
from cascadewatch.store.evidence_labels import Sums, confusion

RUNS = 400
SPANS = (Span(0, 1), Span(1, 2))


class Kind(NamedTuple):
    """A kind of cheap answers: how many there are, how many of them right, and how often an accept and a
    reject is labelled."""

    source: str
    n: int
    right: float
    labelled: tuple[float, float]
    rejected: tuple[float, float] = (0.2, 0.9)  # of the right, of the wrong


def drawn(random: np.random.Generator, kinds: Sequence[Kind]) -> Sums:
    found = {}
    for kind in kinds:
        for correct, share, rate in zip((1, 0), (kind.right, 1 - kind.right), kind.rejected, strict=True):
            n = random.poisson(kind.n * share)
            rejects = random.binomial(n, rate)
            for outcome, m, p in zip(
                ("accept", "reject"), (n - rejects, rejects), kind.labelled, strict=True
            ):
                k, weight = int(random.binomial(m, p)), round(1000 / p)
                sums = {"n": k, "weight": k * weight, "weight_sq": k * weight**2}
                found[kind.source, "random", "cheap", outcome, correct] = sums
    return found


def seen(random: np.random.Generator, before: Sequence[Kind], after: Sequence[Kind]) -> Confusion:
    sides = drawn(random, before), drawn(random, after)
    found = confusion(lambda *_: sides, SPANS)
    assert found is not None
    return found


def accused(before: Sequence[Kind], after: Sequence[Kind]) -> tuple[float, float]:
    """How often the cheap model is accused, and how often the verifier of rejecting more or less."""
    random, model, verifier = np.random.default_rng(3), 0, 0
    for _ in range(RUNS):
        found = seen(random, before, after)
        model += chance((found.answers,), found.answers.growth > 0) <= BY_CHANCE
        both = (found.right, found.wrong)
        verifier += min(chance(both, True), chance(both, False)) <= BY_CHANCE
    return model / RUNS, verifier / RUNS


def half(kinds: Sequence[Kind]) -> list[Kind]:
    """The same in half the time."""
    return [kind._replace(n=kind.n // 2) for kind in kinds]


MOSTLY_CHECKED = (Kind("executable", 8000, 0.99, (1, 1)), Kind("human", 2000, 0.6, (0.02, 0.02)))
REJECTS_REVIEWED = (Kind("human", 5000, 0.8, (0.02, 1), (0.1, 0.8)),)


@pytest.mark.parametrize(
    "kinds",
    [
        MOSTLY_CHECKED,
        (MOSTLY_CHECKED[0], Kind("human", 2000, 0.6, (0.05, 0.05))),
        REJECTS_REVIEWED,
        (Kind("human", 3000, 0.7, (0.1, 0.1)),),
    ],
)
def test_without_a_change_hardly_anybody_is_accused(kinds: tuple[Kind, ...]) -> None:
    assert max(accused(kinds, half(kinds))) <= 0.0125  # 0.005 is meant, in either direction


def test_a_verifier_that_rejects_twice_as_many_right_answers_is() -> None:
    before, after = REJECTS_REVIEWED, [REJECTS_REVIEWED[0]._replace(rejected=(0.2, 0.8))]
    model, verifier = accused(before, after)
    assert verifier > 0.8
    assert model <= 0.0125


def test_a_cheap_model_that_got_worse_is() -> None:
    model, verifier = accused(
        MOSTLY_CHECKED, half([kind._replace(right=kind.right - 0.2) for kind in MOSTLY_CHECKED])
    )
    assert model > 0.8
    assert verifier <= 0.0125


def test_shares_are_those_of_all_answers_and_not_of_the_labelled_ones() -> None:
    many = [REJECTS_REVIEWED[0]._replace(n=5_000_000)]
    found = seen(np.random.default_rng(1), many, many)
    assert found.answers.after.rate == pytest.approx(0.8, abs=0.005)
    assert (found.right.after.rate, found.wrong.after.rate) == pytest.approx((0.1, 0.8), abs=0.005)
    of_right, of_wrong = found.rejects()
    assert of_right.after == pytest.approx((0.08, 0.8), abs=0.005)
    assert of_wrong.after == pytest.approx((0.16, 0.2), abs=0.005)


def test_labels_of_equal_weight_count_as_their_number() -> None:
    found = seen(np.random.default_rng(1), MOSTLY_CHECKED[:1], MOSTLY_CHECKED[:1])
    assert found.answers.before.n == pytest.approx(found.n_before)
    assert found.right.after.n + found.wrong.after.n == pytest.approx(found.n_after)
