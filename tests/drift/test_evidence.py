"""One hour's evidence: fair under the null, and the same whichever way it points."""

from math import comb, exp, isclose, lgamma

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.drift.evidence import Contrast, Urns


def probability(k: int, n: int, rate: float, rho: float) -> float:
    """Beta-binomial."""
    a, b = rate * (1 / rho - 1), (1 - rate) * (1 / rho - 1)
    beta = lgamma(k + a) + lgamma(n - k + b) - lgamma(n + a + b) - lgamma(a) - lgamma(b) + lgamma(a + b)
    return comb(n, k) * exp(beta)


def expectation(contrast: Contrast, truth: float, n: int, rho: float, temper: float) -> float:
    urns = Urns.of(contrast, rho)
    return sum(probability(k, n, truth, rho) * exp(urns.log_ratio(k, n) / temper) for k in range(n + 1))


@pytest.mark.parametrize("n", [1, 2, 7, 30, 200])
@pytest.mark.parametrize("rho", [0.001, 0.01, 0.1])
@pytest.mark.parametrize("temper", [1.0, 4.0])
@pytest.mark.parametrize("contrast", [(0.305, 0.35), (0.305, 0.99), (0.295, 0.25), (0.045, 0.01)])
def test_the_mean_of_the_likelihood_ratio_never_exceeds_1_within_the_null_band(
    contrast: tuple[float, float], n: int, rho: float, temper: float
) -> None:
    null, alternative = contrast
    inward = -1 if alternative > null else 1
    for truth in (null, null + inward * 0.005, null + inward * 0.01):
        assert expectation(Contrast(null, alternative), truth, n, rho, temper) <= 1 + 1e-9


def test_at_the_edge_of_the_band_it_is_exactly_1() -> None:
    assert expectation(Contrast(0.305, 0.35), 0.305, 50, 0.01, 1.0) == pytest.approx(1)


def test_at_the_alternative_it_is_above_1() -> None:
    assert expectation(Contrast(0.305, 0.35), 0.35, 50, 0.01, 1.0) > 1.1


rates = st.floats(0.01, 0.99)


@given(rates, rates, st.floats(0.001, 0.2), st.integers(0, 500), st.integers(0, 500))
def test_escalated_and_accepted_are_mirror_images(a: float, b: float, rho: float, k: int, rest: int) -> None:
    there = Urns.of(Contrast(a, b), rho).log_ratio(k, k + rest)
    back = Urns.of(Contrast(1 - a, 1 - b), rho).log_ratio(rest, k + rest)
    assert isclose(there, back, rel_tol=1e-6, abs_tol=1e-6)


def test_no_requests_are_no_evidence() -> None:
    assert Urns.of(Contrast(0.3, 0.5), 0.01).log_ratio(0, 0) == pytest.approx(0, abs=1e-9)


def test_an_hour_is_worth_less_the_more_its_requests_resemble_each_other() -> None:
    alike, apart = (Urns.of(Contrast(0.3, 0.5), rho).log_ratio(60, 100) for rho in (0.1, 0.001))
    assert 0 < alike < apart
