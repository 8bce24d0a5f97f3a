"""What public articles on cascades compute, redone on the metrics, with where they err."""

from typing import Any

import pytest

from cascadewatch.metrics import compute
from cascadewatch.metrics.cost import blended_cost, cost_ratio
from cascadewatch.metrics.planning import Plan, forecast
from cascadewatch.model import TierOrder
from tests.metrics.windows import window

# The example of an article on production savings: 1,200 tokens in and 350 out, at $3/$15 and $10/$50 per
# million; in nano-dollars.
CHEAP, FLAGSHIP = 8_850_000, 29_500_000
REQUESTS = 1_000


def cascade(escalated: int, verifier: int, verify_every: bool) -> dict[str, Any]:
    """The metrics of 1,000 judged requests at these prices."""
    verify = verifier * (REQUESTS if verify_every else escalated)
    model = escalated * FLAGSHIP
    spent = REQUESTS * CHEAP + verify + model
    counts = {
        "events": REQUESTS, "judged": REQUESTS, "escalated": escalated, "completed": REQUESTS,
        "priceable": REQUESTS, "priced": REQUESTS,
        "cost_cheap": REQUESTS * CHEAP, "cost_verify": verify, "cost_escalated": model,
        "comparable": REQUESTS, "comparable_cost": spent, "real": REQUESTS, "real_cost": REQUESTS * FLAGSHIP,
        "even": REQUESTS, "even_cheap": REQUESTS * CHEAP + (verify if verify_every else 0),
        "even_escalated": escalated, "even_after": model + (0 if verify_every else verify),
        "even_real": REQUESTS, "even_real_cost": REQUESTS * FLAGSHIP,
    }  # fmt: skip
    return compute(window(**counts))


def plan(escalation_rate: float, verifier: int, verify_every: bool) -> Plan:
    usd = (CHEAP / 1e9, verifier / 1e9, FLAGSHIP / 1e9)
    return Plan(*usd, REQUESTS, escalation_rate, "every" if verify_every else "escalated")


# One article, on why the verifier is the whole trick, pays cheap + verify on every request and the big model
# on escalated ones. The other, on production savings, multiplies the verifier by the escalation rate, which
# contradicts its own text: a verifier that ran only on escalated answers could not have escalated them.
# With a verifier as dear as the cheap tier the latter calls "around 50 %" what its own formula puts at
# 54 %; paid on every request it is 40 %. "55-60 %" for a nearly free one is 70 % under either formula.
BREAK_EVEN = [
    (CHEAP, False, 0.54),
    (CHEAP, True, 0.40),
    (FLAGSHIP * 15 // 100, False, 0.61),
    (FLAGSHIP * 15 // 100, True, 0.55),
    (0, False, 0.70),
    (0, True, 0.70),
]


@pytest.mark.parametrize(("verifier", "verify_every", "expected"), BREAK_EVEN)
def test_both_break_even_formulas_follow_from_measured_costs(
    verifier: int, verify_every: bool, expected: float
) -> None:
    metric = cascade(300, verifier, verify_every)["break_even_rate"]
    assert metric.value == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize(("verifier", "verify_every", "expected"), BREAK_EVEN)
def test_the_calculator_gives_both_break_even_formulas_too(
    verifier: int, verify_every: bool, expected: float
) -> None:
    assert forecast(plan(0.3, verifier, verify_every)).break_even == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize("verify_every", [True, False])
@pytest.mark.parametrize("escalated", [100, 300, 540])
def test_calculator_and_metrics_agree_on_what_they_share(escalated: int, verify_every: bool) -> None:
    measured, planned = (
        cascade(escalated, CHEAP, verify_every),
        forecast(plan(escalated / 1_000, CHEAP, verify_every)),
    )
    assert measured["blended_cost_usd"].value == pytest.approx(planned.blended_usd)
    assert measured["cost_ratio"].value == pytest.approx(planned.ratio)
    assert measured["break_even_rate"].value == pytest.approx(planned.break_even)
    assert measured["savings_usd"].value == pytest.approx(planned.savings_usd_per_day)


# The same article says that at 30 % escalation the bill is about half of the flagship's. At its own prices
# it is 60 % at the least, with a free verifier, and 90 % with one as dear as the cheap tier.
@pytest.mark.parametrize(
    ("verifier", "verify_every", "share"),
    [(CHEAP, False, 0.69), (CHEAP, True, 0.90), (FLAGSHIP * 15 // 100, False, 0.645),
     (FLAGSHIP * 15 // 100, True, 0.75), (0, True, 0.60), (0, False, 0.60)],
)  # fmt: skip
def test_at_30_percent_escalation_the_bill_is_more_than_half_of_the_flagships(
    verifier: int, verify_every: bool, share: float
) -> None:
    assert cascade(300, verifier, verify_every)["cost_ratio"].value == pytest.approx(share, abs=0.005)


# It advises to act when the cascade costs more than 60 % of the flagship. With a verifier as dear as the
# cheap tier that is so before a single request escalates.
def test_the_advice_to_act_above_60_percent_of_the_flagship_would_fire_without_any_escalation() -> None:
    assert cascade(0, CHEAP, verify_every=True)["cost_ratio"].value == pytest.approx(0.6)
    assert cascade(1, CHEAP, verify_every=True)["cost_ratio"].value > 0.6


def test_its_limit_of_55_to_60_percent_is_far_too_late_for_a_dear_verifier() -> None:
    late = cascade(550, CHEAP, verify_every=True)
    assert late["headroom"].value < -0.1
    assert late["savings_usd"].value < 0


THREE_TIERS = TierOrder(("small", "mid", "big"), "small", "big")


def three_tiers(mid_runs: int, big_runs: int) -> tuple[float | None, float | None]:
    """Blended cost in small-model calls, and cost ratio, of 100 requests at prices 1, 5 and 20."""
    unit = 10**9
    spent = (100 + mid_runs * 5 + big_runs * 20) * unit
    made = window(
        {"order": THREE_TIERS},
        events=100, priceable=100, priced=100, cost_cheap=100 * unit, cost_escalated=spent - 100 * unit,
        comparable=100, comparable_cost=spent, real=100, real_cost=2_000 * unit,
    )  # fmt: skip
    return blended_cost(made).value, cost_ratio(made).value


# An article on cascades against routers: small, mid and big model cost 1, 5 and 20 units, 24 of 100 requests
# escalate, the mid tier settles 12 and the big one the other 12. It charges each of the two tiers for 12 and
# arrives at "roughly 3.8" units; its own terms make 4.0.
def test_the_articles_three_tier_terms_make_4_units_not_3_point_8() -> None:
    assert three_tiers(mid_runs=12, big_runs=12) == (4.0, 0.2)


# And the 12 that reach the big tier have run on the mid tier too, so that in a cascade all 24 pay for it:
# 4.6 units, a saving of 77 % where the article has 80 %, still without any verifier.
def test_a_cascade_pays_for_the_middle_tier_on_the_way_up() -> None:
    blended, ratio = three_tiers(mid_runs=24, big_runs=12)
    assert blended == pytest.approx(4.6)
    assert ratio == pytest.approx(0.23)


# An article on telling routers from cascades adds an "evaluator cost per level" to the escalation terms. At a
# judge of 10 % of the next stage per verdict (0.5 units before mid, 2 before big) the 4.6 become 5.6 units.
def test_a_judge_at_ten_percent_of_the_next_stage_takes_a_fifth_more() -> None:
    planned = forecast(Plan(1, 0.1 * 5, 20, 1, 0.24))
    assert planned.blended_usd == pytest.approx(1 + 0.5 + 0.24 * 20)  # two tiers, for comparison
    blended, _ = three_tiers(mid_runs=24, big_runs=12)
    assert blended is not None
    assert blended + 0.5 + 0.24 * 2 == pytest.approx(5.58)
