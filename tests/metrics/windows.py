"""Windows for the tests of metrics: by hand, or drawn so that their counts can be true together."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from cascadewatch.metrics.measures import ATTEMPT_MEASURES, EVENT_MEASURES, LABEL_MEASURES, PARTS
from cascadewatch.metrics.window import LabelCounts, Objective, TierCounts, TokenRatios, Window
from cascadewatch.model import CAUSES, PATHS, TierOrder

HOUR = 3_600_000
ORDER = TierOrder(("small", "flagship"), "small", "flagship")
ONE_MODEL = TierOrder(("small",), "small", None)


def sums(**counts: int) -> dict[str, int]:
    """Event sums, 0 where not said."""
    unknown = set(counts).difference(EVENT_MEASURES)
    assert not unknown, f"no such measures: {unknown}"
    return dict.fromkeys(EVENT_MEASURES, 0) | counts


def window(given: Mapping[str, Any] | None = None, /, **counts: int) -> Window:
    """A window of one day with these event sums; `given` sets its other fields."""
    return Window(0, 24 * HOUR, sums(**counts), **{"order": ORDER, **(given or {})})


def tier(name: str, model: str = "", /, **counts: int) -> TierCounts:
    """Attempt sums of one tier, 0 where not said."""
    assert set(counts) <= set(ATTEMPT_MEASURES)
    return TierCounts(name, model, "", dict.fromkeys(ATTEMPT_MEASURES, 0) | counts)


def labels(
    n: int, *, correct: bool, role: str = "cheap", outcome: str = "accept", **more: Any
) -> LabelCounts:
    """`n` labels of weight 1; `more` may say source, sampling, path, probability and extra cost each."""
    weight = round(1_000 / more.get("probability", 1))
    counts = dict.fromkeys(LABEL_MEASURES, 0)
    counts |= {"labels": n, "n": n, "weight": n * weight, "weight_sq": n * weight**2}
    if "extra" in more:
        counts |= {"extra_cost": n * weight * more["extra"] // 1000, "extra_n": n * weight}
    return LabelCounts(
        more.get("source", "executable"),
        more.get("sampling", "selected"),
        role,
        outcome,
        more.get("path", "escalated" if outcome == "reject" else "accepted"),
        correct,
        counts,
    )


def added(hours: list[dict[str, int]]) -> dict[str, int]:
    """The sums of several sums."""
    total: Counter[str] = Counter()
    for hour in hours:
        total.update(hour)
    return sums(**total)


NANO = st.integers(0, 10**12)
FEW = st.integers(0, 40)


@st.composite
def hours(draw: st.DrawFn) -> dict[str, int]:
    """Event sums of one hour that some list of events would really give."""

    def up_to(most: int) -> int:
        return draw(st.integers(0, most))

    accepted, escalated, kept, cached, routed, unverified = (draw(FEW) for _ in range(6))
    causes = {f"fallback_{cause}": up_to(5) for cause in CAUSES}
    fallbacks, judged = sum(causes.values()), accepted + escalated + kept
    events = judged + cached + routed + unverified + fallbacks
    comparable, even = up_to(events - cached), up_to(judged)
    real, even_real, even_escalated = up_to(comparable), up_to(even), up_to(min(even, escalated))
    counterfactual, even_counterfactual = up_to(comparable - real), up_to(even - even_real)

    def money(count: int) -> int:
        return draw(NANO) if count else 0

    return sums(
        events=events, completed=up_to(events), judged=judged, escalated=escalated,
        double_escalated=up_to(escalated), exhausted=up_to(judged), fallbacks=fallbacks, cached=cached,
        routed=routed, accepted=accepted, unverified=unverified + kept, cheap_accepted=accepted,
        retried=up_to(events), flagship=up_to(events), priceable=events, priced=events - up_to(events // 10),
        comparable=comparable, comparable_cost=money(comparable),
        real=real, real_cost=money(real), counterfactual=counterfactual,
        counterfactual_input=money(counterfactual), counterfactual_output=money(counterfactual),
        averaged=comparable - real - counterfactual,
        even=even, even_cheap=money(even), even_escalated=even_escalated, even_after=money(even_escalated),
        even_real=even_real, even_real_cost=money(even_real), even_counterfactual=even_counterfactual,
        even_counterfactual_input=money(even_counterfactual),
        even_counterfactual_output=money(even_counterfactual),
        even_averaged=even - even_real - even_counterfactual,
        **causes,
        **{f"cost_{part}": money(events) for part in PARTS},
    )  # fmt: skip


@st.composite
def paired_hours(draw: st.DrawFn) -> dict[str, int]:
    """Event sums of one hour with token pairs, as a route may have."""
    hour, pairs = draw(hours()), draw(FEW)
    tokens = {f"pair_{kind}": draw(st.integers(0, 10**6)) if pairs else 0 for kind in PAIRED}
    return hour | {"pairs": pairs} | tokens


PAIRED = ("cheap_input", "cheap_output", "flagship_input", "flagship_output")


@st.composite
def tiers(draw: st.DrawFn, name: str, events: int) -> TierCounts:
    """Attempt sums of a tier in a window of so many events."""
    reached = draw(st.integers(0, events))
    outcomes = {
        o: draw(FEW) for o in ("accept", "reject", "judge_error", "judge_timeout", "judge_unparseable")
    }
    attempts, verdicts = reached, sum(outcomes.values())
    priced, verify_priced = draw(st.integers(0, attempts)), draw(st.integers(0, verdicts))
    return tier(
        name, attempts=attempts, reached=reached, served=draw(st.integers(0, reached)),
        ended=draw(st.integers(0, reached)), priceable=attempts, priced=priced,
        cost=draw(NANO) if priced else 0, verify_priceable=verdicts, verify_priced=verify_priced,
        verify_cost=draw(NANO) if verify_priced else 0, latency_known=attempts, latency_us=draw(NANO),
        verify_latency_known=verdicts, verify_latency_us=draw(NANO), **outcomes,
    )  # fmt: skip


@st.composite
def label_rows(draw: st.DrawFn) -> LabelCounts:
    """One kind of label."""
    return labels(
        draw(FEW),
        correct=draw(st.booleans()),
        role=draw(st.sampled_from(("cheap", "served"))),
        outcome=draw(st.sampled_from(("accept", "reject", "error", ""))),
        source=draw(st.sampled_from(("human", "executable", "user", "judge"))),
        sampling=draw(st.sampled_from(("random", "selected"))),
        probability=draw(st.sampled_from((1, 0.5, 0.1, 0.001))),
        extra=draw(NANO),
    )


def histograms(lowest: int, highest: int) -> st.SearchStrategy[dict[int, int]]:
    return st.dictionaries(st.integers(lowest, highest), st.integers(1, 1_000), max_size=6)


@st.composite
def bins(draw: st.DrawFn) -> dict[tuple[str, str], dict[int, int]]:
    """Histograms of latency and score."""
    latencies = {("latency", path): draw(histograms(-1, 300)) for path in PATHS}
    truths = [
        f"{outcome}/{truth}" for outcome in ("accept", "reject") for truth in ("right", "wrong", "unknown")
    ]
    scores = {("score", label): draw(histograms(0, 49)) for label in truths}
    return latencies | scores | {("penalty", ""): draw(histograms(-1, 300))}


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """A window whose counts can be true together, often with next to nothing in it."""
    clusters = draw(st.lists(hours(), max_size=12))
    counts = added(clusters)
    ratio = st.floats(0.1, 10)
    escalated = draw(FEW)
    goal = Objective(draw(st.floats(0.01, 1)), 28 * HOUR, escalated + draw(FEW), escalated, 0, 28 * HOUR)
    return Window(
        0,
        24 * HOUR,
        counts,
        draw(st.sampled_from((ORDER, ONE_MODEL))),
        tuple(clusters),
        draw(st.one_of(st.just(()), st.tuples(*(tiers(name, counts["events"]) for name in ORDER.names)))),
        draw(bins()),
        tuple(draw(st.lists(label_rows(), max_size=5))),
        draw(st.builds(TokenRatios, ratio, ratio, st.just("route"), FEW, ratio, ratio)),
        draw(st.none() | st.floats(0, 1)),
        draw(st.none() | st.floats(0, 1e12)),
        None,
        draw(st.sampled_from((None, goal))),
    )
