"""Who is escalating: the rows and the sentence, from counts alone."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.metrics import compute
from cascadewatch.metrics.measures import ATTEMPT_MEASURES, EVENT_MEASURES
from cascadewatch.metrics.window import TierCounts, Window
from cascadewatch.model import TierOrder
from cascadewatch.store.reads import Bucket, ByCaller, Caller, Callers
from dashboard import escalating
from dashboard.points import metric_points
from tests.metrics.windows import tier

ORDER = TierOrder(("small", "flagship"), "small", "flagship")
NANO = 1_000_000_000


def counts(**given: int) -> dict[str, int]:
    return dict.fromkeys(EVENT_MEASURES, 0) | given


def window(**given: int) -> Window:
    return Window(0, 86_400_000, counts(**given), ORDER)


def caller(name: str, judged: int, escalated: int, extra: int = 0) -> Caller:
    return Caller(name, judged, judged, escalated, 2 * extra, extra)


def by_caller(whole: dict[str, int], callers: list[Caller], seen: int) -> ByCaller:
    return ByCaller(Callers(0, 86_400_000, tuple(callers)), seen, whole)


def said(lines: list[escalating.Line]) -> str:
    return "\n".join("".join(part.words for part in line) for line in lines).replace("\u00a0", " ")


def test_without_a_price_nothing_is_said_of_money() -> None:
    unpriced = {"events": 900, "judged": 900, "escalated": 300, "priceable": 2_100, "priced": 900}
    of = window(**unpriced)
    beside = by_caller(counts(**unpriced), [caller("a", 300, 250), caller("b", 600, 50)], 2)
    assert "what came after the cheap tier has no price." in said(escalating.answer(of, {}, beside))
    assert "$" not in said(escalating.answer(of, {"faq": of.counts, "orders": of.counts}, beside))
    assert {row["extra"] for row in escalating.caller_rows(of, beside)} == {None}
    (route,) = escalating.route_rows("support", of, {"faq": of.counts})
    assert (route["cost"], route["extra"], route["per_event"]) == (None, None, None)


def test_models_of_ones_own_cost_nothing_wherever_it_is_told() -> None:
    """Their answers are at cost 0, and a judge's verdicts have no price."""
    free = {"events": 900, "judged": 900, "escalated": 300, "priceable": 2_100, "priced": 1_200}
    own = tier("small", attempts=1_200, priceable=1_200, priced=1_200, verify_priceable=900)
    of = replace(window(**free), tiers=(own,))
    beside = by_caller(counts(**free), [caller("a", 300, 250), caller("b", 600, 50)], 2)
    lines = said(escalating.answer(of, {}, beside))
    assert "what came after the cheap tier cost $0." in lines
    assert "and $0 of the extra cost" in lines
    assert {row["extra"] for row in escalating.caller_rows(of, beside)} == {0}
    rows = [
        *escalating.route_rows("support", of, {"faq": of.counts}),
        *escalating.revision_rows(of, {"": of.counts}),
    ]
    assert {row[key] for row in rows for key in ("cost", "extra", "per_event")} == {0}
    (point,) = metric_points(of, [Bucket(0, 1, of.counts)], "cost_usd.cheap", 2)
    assert point.metric.value == compute(of, ["cost_usd"])["cost_usd"].value == 0


def test_nothing_judged_means_nothing_escalated() -> None:
    assert said(escalating.answer(window(events=12), {})) == (
        "None of the 12 events was judged, so none escalated."
    )


def test_the_first_line_gives_rate_interval_and_money() -> None:
    shown = window(events=1000, judged=1000, escalated=300, cost_escalated=5 * NANO, cost_fallback=NANO)
    assert said(escalating.answer(shown, {})) == (
        "30.0 % of 1,000 judged events escalated (27–33 %); what came after the cheap tier cost $6.00."
    )


def test_the_route_with_most_escalations_is_named_with_its_share() -> None:
    routes = {
        "faq": counts(judged=800, escalated=200, cost_escalated=2 * NANO),
        "returns": counts(judged=200, escalated=100, cost_escalated=3 * NANO),
    }
    shown = window(events=1000, judged=1000, escalated=300, cost_escalated=5 * NANO)
    lines = escalating.answer(shown, routes)
    assert "Route faq carries most: 67 % of the escalations and $2.00 of the $5.00, from 80 % of" in said(
        lines
    )
    assert "Route returns escalates most often: 50 % (43–57 %)." in said(lines)


def test_a_route_without_a_price_carries_escalations_and_no_money() -> None:
    routes = {
        "faq": counts(judged=800, escalated=200, priceable=900),
        "returns": counts(judged=200, escalated=100, cost_escalated=3 * NANO),
    }
    shown = window(events=1000, judged=1000, escalated=300, cost_escalated=3 * NANO, priceable=900)
    assert "67 % of the escalations, from 80 % of" in said(escalating.answer(shown, routes))


def test_a_rate_on_few_events_is_not_called_the_highest() -> None:
    routes = {"faq": counts(judged=900, escalated=270), "rare": counts(judged=100, escalated=90)}
    shown = window(events=1000, judged=1000, escalated=360)
    assert "most often" not in said(escalating.answer(shown, routes))


def test_names_are_kept_apart_from_our_words() -> None:
    routes = {"*faq*": counts(judged=800, escalated=200), "b": counts(judged=200, escalated=10)}
    shown = window(events=1000, judged=1000, escalated=210)
    line = escalating.answer(shown, routes)[1]
    assert [part.words for part in line if part.theirs] == ["*faq*"]


def test_a_caller_who_always_escalates_stands_out() -> None:
    others = [caller(f"c{i}", 300, 90) for i in range(20)]
    prober = caller("prober", 300, 285, 7 * NANO)
    whole = counts(judged=6300, escalated=2085, cost_escalated=40 * NANO)
    beside = by_caller(whole, [*others, prober], 21)
    of = Window(0, 1, whole, ORDER)
    lines = escalating.answer(of, {}, beside)
    assert "Caller prober stands out: 95 % of its judged events escalated" in said(lines)
    assert escalating.caller_rows(of, beside)[0]["caller"] == "prober"


def test_honest_callers_of_differing_rates_do_not_stand_out() -> None:
    callers = [caller(f"c{i}", 300, 90 + 3 * (i - 10)) for i in range(20)]
    whole = counts(judged=6000, escalated=sum(c.escalated for c in callers))
    assert not any(escalating.stands_out(c, whole, 20) for c in callers)
    assert "No caller stands out: c19 has the most" in said(
        escalating.answer(Window(0, 1, whole, ORDER), {}, by_caller(whole, callers, 20))
    )


def test_callers_are_compared_with_all_events_of_their_own_range() -> None:
    """Which is a little longer than the window's, whose 60 escalations are not those of the callers."""
    shown = window(events=500, judged=500, escalated=60)
    beside = by_caller(counts(judged=1500, escalated=500), [caller("a", 900, 410), caller("b", 600, 90)], 2)
    lines = said(escalating.answer(shown, {}, beside))
    assert "12.0 % of 500 judged events escalated" in lines
    assert "It sends 60 % of the judged events and 82 % of the escalations" in lines


def test_few_events_never_stand_out() -> None:
    whole = counts(judged=6000, escalated=1800)
    assert not escalating.stands_out(caller("new", 19, 19), whole, 20)


@given(st.lists(st.tuples(st.integers(0, 500), st.floats(0, 1)), min_size=1, max_size=30))
def test_escalations_beyond_the_average_cancel_out(sizes: list[tuple[int, float]]) -> None:
    callers = [caller(f"c{i}", n, round(n * share)) for i, (n, share) in enumerate(sizes)]
    whole = counts(judged=sum(c.judged for c in callers), escalated=sum(c.escalated for c in callers))
    assert sum(escalating.excess(c, whole) for c in callers) == pytest.approx(0, abs=1e-6)


def test_shares_of_routes_and_causes_add_up() -> None:
    routes = {"a": counts(events=30), "b": counts(events=70)}
    rows = escalating.route_rows("shop", window(events=100), routes)
    assert {row["route"]: row["share"] for row in rows} == {"a": 30, "b": 70}
    causes = escalating.cause_rows(counts(fallbacks=4, fallback_error=1, fallback_judge=3))
    assert [(row["cause"], row["share"]) for row in causes] == [("judge", 75), ("error", 25)]


def test_a_rate_without_judged_events_is_unknown_not_zero() -> None:
    row = escalating.route_rows("shop", window(events=5), {"a": counts(events=5)})[0]
    assert row["rate"] is None
    assert row["interval"] is None


def test_reasons_are_counted_per_outcome_rejects_first() -> None:
    shown = window()
    bins = {
        ("reason", "accept/fine"): {0: 9},
        ("reason", "reject/a/b"): {0: 1},
        ("reason", "reject/low"): {0: 3},
    }
    rows = escalating.reason_rows(Window(0, 1, shown.counts, ORDER, bins=bins))
    assert [(r["outcome"], r["reason"], r["n"], r["share"]) for r in rows] == [
        ("reject", "low", 3, 75),
        ("reject", "a/b", 1, 25),
        ("accept", "fine", 9, 100),
    ]


def attempts(**given: int) -> Counter[str]:
    return Counter(dict.fromkeys(ATTEMPT_MEASURES, 0) | given)


def test_attempts_of_one_model_add_up_over_its_verifiers() -> None:
    tiers = (
        TierCounts("small", "tiny", "judge", attempts(attempts=90, reached=90, ok=90, served=60, ended=60)),
        TierCounts("small", "tiny", "", attempts(attempts=10, reached=10)),
    )
    (row,) = escalating.tier_rows(Window(0, 1, counts(events=100), ORDER, tiers=tiers))
    assert (row["attempts"], row["hits"], row["ends"], row["failed"]) == (100, 60, 60, 10)


def test_a_verifier_that_gave_no_verdict_is_not_listed() -> None:
    tiers = (
        TierCounts("small", "tiny", "judge", attempts(accept=6, reject=3, judge_timeout=1)),
        TierCounts("flagship", "big", "", attempts(attempts=3)),
    )
    (row,) = escalating.verifier_rows(Window(0, 1, counts(events=10), ORDER, tiers=tiers))
    assert (row["verifier"], row["asked"], row["judge_failures"]) == ("judge", 10, 10)
    assert row["rejects"] == pytest.approx(100 / 3)
