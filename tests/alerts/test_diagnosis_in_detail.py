"""What an episode keeps of why it moved and what it costs, for every kind of rule, on both databases."""

import json
from typing import Any

import pytest

from alerts import diagnose
from alerts.finding import Estimate, Finding, Scope
from cascadewatch.metrics.window import Metric
from cascadewatch.settings import Rule
from tests.alerts.conftest import Watch
from tests.alerts.watched import Watched
from tests.model.events import attempt, event

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
DRIFT = Rule(name="escalation-drift", kind="drift", metric="escalation_rate")


@pytest.fixture
def broken(watching: Watch, now: int) -> Watched:
    """A week at 20 %, then twelve hours at 80 %: an escalation costs 20 micro-dollars more."""
    watched = watching(cascade={"support": {"objective": 0.25, "tiers": ["small", "flagship"]}})
    watched.send(now - 7 * DAY, now - 12 * HOUR, 0.2, 700)
    watched.send(now - 12 * HOUR, now, 0.8, 120)
    return watched


def finding(now: int, rule: Rule = DRIFT, value: float = 0.8, **said: Any) -> Finding:
    since, baseline = said.pop("since", now - 12 * HOUR), said.pop("baseline", 0.2)
    estimate = Estimate(since, value, baseline, value - 0.05, value + 0.05, said.pop("n", 120), 100.0)
    return Finding(rule, said.pop("scope", Scope("support")), "breached", Metric(value, 120), "words.", "up",
                   "alarm", estimate, **said)  # fmt: skip


def of(watched: Watched, given: Finding, now: int) -> dict[str, Any]:
    with watched.store.reading() as connection:
        said = diagnose.of(connection, watched.settings, given, now)
    return dict(json.loads(json.dumps(said, allow_nan=False)))


def test_a_drift_has_its_diagnosis_and_its_price(broken: Watched, now: int) -> None:
    said = of(broken, finding(now), now)
    assert set(said) == {"diagnosis", "cost_usd_per_day"}
    found = said["diagnosis"]
    assert found["points"] == pytest.approx(0.6)
    assert (found["before"]["n"], found["after"]["n"]) == (700, 120)
    assert found["causes"][0]["key"] == "unknown"
    assert found["likeliest"].startswith("No model, verifier or revision changed within 2 h of it")


def test_the_price_is_extra_escalations_a_day_times_what_one_costs(broken: Watched, now: int) -> None:
    """120 of the last day's 168 requests came in its last twelve hours; 60 points of them escalate more."""
    cost = of(broken, finding(now), now)["cost_usd_per_day"]
    judged = 120 + sum(
        now - DAY <= now - 7 * DAY + (7 * DAY - 12 * HOUR) * i // 700 < now for i in range(700)
    )
    assert cost["each"] == pytest.approx(2e-5)
    assert cost["extra"] == pytest.approx(0.6 * judged)
    assert cost["value"] == pytest.approx(0.6 * judged * 2e-5)
    assert cost["low"] == pytest.approx(0.55 * judged * 2e-5)
    assert cost["high"] == pytest.approx(0.65 * judged * 2e-5)
    assert cost["what"] == "escalations"


def test_a_fall_spares_and_its_range_is_in_order(broken: Watched, now: int) -> None:
    cost = of(broken, finding(now, value=0.1), now)["cost_usd_per_day"]
    assert cost["low"] < cost["value"] < cost["high"] < 0


def test_a_past_episode_is_not_thinned_by_its_recovery(broken: Watched, now: int) -> None:
    """It lasted twelve hours; what came in the day after is not counted to it."""
    broken.send(now, now + DAY, 0.2, 240)
    said = of(broken, finding(now), now + DAY)
    assert said["diagnosis"]["after"]["n"] == 120
    assert said["diagnosis"]["points"] == pytest.approx(0.6)


def test_what_comes_after_now_is_left_out(broken: Watched, now: int) -> None:
    said = of(broken, finding(now, n=10_000), now - 6 * HOUR)
    assert said["diagnosis"]["after"]["n"] <= 62


def test_a_burn_rate_is_priced_beyond_its_objective_and_says_when_the_budget_is_gone(
    broken: Watched, now: int
) -> None:
    rule = Rule(name="burn", kind="burn_rate", factor=2.0)
    said = of(broken, finding(now, rule, value=2.8, baseline=None, since=now - DAY), now)
    assert said["cost_usd_per_day"]["extra"] == pytest.approx((2.8 - 1) * 0.25 * 173)
    assert set(said["budget"]) == {"left", "until"}
    assert said["budget"]["left"] == pytest.approx(1 - 236 / 820 / 0.25)


def test_a_burn_rate_of_a_route_tells_of_the_budget_as_that_route_uses_it(watching: Watch, now: int) -> None:
    """The cascade is within its objective; one of ten requests comes by a route that is not."""
    watched = watching(cascade={"support": {"objective": 0.3, "tiers": ["small", "flagship"]}})
    watched.send(now - 5 * DAY, now, 0.05, 900)
    watched.send(now - 5 * DAY, now - DAY, 0.1, 80, route="orders")
    watched.send(now - DAY, now, 0.6, 20, route="orders")
    rule = Rule(name="burn", kind="burn_rate", factor=1.5, route="orders", cascade="support")
    given = finding(now, rule, value=2.0, baseline=None, since=now - DAY, scope=Scope("support", "orders"))
    budget = of(watched, given, now)["budget"]
    assert budget["left"] == pytest.approx(1 - 20 / 100 / 0.3)
    # Five days at 20 %, now 60 %: as many more days at 30 points above the objective as there were 10 below.
    assert budget["until"] == pytest.approx(now + 5 / 3 * DAY, abs=HOUR)


def test_a_ratio_above_one_is_a_loss_against_the_flagship_alone(broken: Watched, now: int) -> None:
    rule = Rule(name="dearer", kind="threshold", metric="cost_ratio", above=1.0)
    said = of(broken, finding(now, rule, value=1.2, baseline=None, since=now - DAY), now)
    cost = said["cost_usd_per_day"]
    assert cost["value"] == pytest.approx(0.2 * cost["extra"] / 0.2 * cost["each"])
    assert cost["value"] > 0
    assert said["diagnosis"]["causes"]


def test_a_metric_without_a_price_has_none(broken: Watched, now: int) -> None:
    rule = Rule(name="retries", kind="drift", metric="retry_rate")
    assert of(broken, finding(now, rule, value=0.3), now)["cost_usd_per_day"] is None


@pytest.mark.parametrize(
    "metric", ["flagship_share", "fallback_rate", "judge_failure_rate", "cache_hit_rate"]
)
def test_every_rate_of_drift_can_be_diagnosed(broken: Watched, now: int, metric: str) -> None:
    rule = Rule(name="it", kind="drift", metric=metric)
    said = of(broken, finding(now, rule), now)
    assert said["diagnosis"]["metric"] == metric


def test_failed_verdicts_cost_the_fallbacks_they_lead_to(watching: Watch, now: int) -> None:
    watched = watching()
    failed = [
        event(f"f{n}", attempt("small", "timeout", cost_usd=1e-6), attempt("flagship", cost_usd=2e-5),
              at=now - n * MINUTE)
        for n in range(1, 101)
    ]  # fmt: skip
    watched.opened.send(*failed)
    rule = Rule(name="judge", kind="drift", metric="judge_failure_rate")
    cost = of(watched, finding(now, rule, value=1.0, baseline=0.0, since=now - 2 * HOUR), now)[
        "cost_usd_per_day"
    ]
    assert cost["each"] == pytest.approx(2e-5)
    assert cost["extra"] == pytest.approx(100)
    assert cost["what"] == "failed verdicts"


@pytest.mark.parametrize("kind", ["no_data", "error"])
def test_silence_and_failed_rules_have_none(broken: Watched, now: int, kind: str) -> None:
    rule = Rule(name="it", kind="no_data")
    given = Finding(
        rule, Scope("support"), "error" if kind == "error" else "breached", Metric(None, 0), "words."
    )
    assert of(broken, given, now) == {"diagnosis": None, "cost_usd_per_day": None}


def test_a_route_is_diagnosed_and_priced_by_itself(watching: Watch, now: int) -> None:
    watched = watching()
    for route, rate in (("faq", 0.2), ("orders", 0.9)):
        watched.send(now - 7 * DAY, now - 12 * HOUR, 0.2, 300, route=route)
        watched.send(now - 12 * HOUR, now, rate, 60, route=route)
    said = of(watched, finding(now, scope=Scope("support", "orders"), value=0.9, n=60), now)
    assert said["diagnosis"]["after"]["n"] == 60
    assert said["diagnosis"]["points"] == pytest.approx(0.7)
    assert 60 * 0.7 < said["cost_usd_per_day"]["extra"] < 90 * 0.7


def test_the_small_routes_together_are_diagnosed_without_a_price(broken: Watched, now: int) -> None:
    said = of(broken, finding(now, scope=Scope("support", "__other__")), now)
    assert said["diagnosis"]["after"]["n"] == 120
    assert said["cost_usd_per_day"] is None
