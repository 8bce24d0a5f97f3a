"""The escalation rate at which a cascade stops paying for itself.

Over judged, fully priced events: every one pays c (its cheap-tier attempts with their verdicts), a share
e pays E on top (everything after them), and the flagship alone would have cost F. So the cascade costs
c + e·E and breaks even at e* = (F - c) / E. Where the verifier runs, and at what price, is in c and E as
measured; no constant stands in for it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from cascadewatch.metrics.counterfactual import NANO, NO_MEAN, even_flagship_only
from cascadewatch.metrics.coverage import withheld
from cascadewatch.metrics.escalation import ONE_TIER
from cascadewatch.metrics.interval import FEW_CLUSTERS, half_width
from cascadewatch.metrics.spec import MetricSpec
from cascadewatch.metrics.window import Counts, Metric, Window

MIN_ESCALATED = 30


@dataclass(frozen=True, slots=True)
class Economics:
    """The terms of the break-even, in USD per judged event (E: per escalated one).

    `break_even` may lie outside 0 to 1: above 1 the cascade pays even if everything escalates, below 0
    the cheap tier and its verifier alone are dearer than the flagship. `assumed`: fewer than 30
    escalations, E is F. `blended` is c + e·E of the events as they were.
    """

    c: float
    E: float
    F: float
    e: float
    break_even: float
    headroom: float
    assumed: bool
    blended: float
    n: int


def economics(window: Window) -> Economics | None:
    """The terms of this window's break-even; None where `break_even_rate` is undefined."""
    if undefined_reason(window):
        return None
    counts, f_sum = window.counts, _flagship(window)(window.counts)
    n, escalated = counts["even"], counts["even_escalated"]
    c, flagship, rate = counts["even_cheap"] / n, f_sum / n, escalated / n
    assumed = escalated < MIN_ESCALATED
    after = flagship if assumed else counts["even_after"] / escalated
    break_even = (flagship - c) / after
    return Economics(
        c=c / NANO,
        E=after / NANO,
        F=flagship / NANO,
        e=rate,
        break_even=break_even,
        headroom=break_even - rate,
        assumed=assumed,
        blended=(counts["even_cheap"] + counts["even_after"]) / n / NANO,
        n=n,
    )


def undefined_reason(window: Window) -> str | None:
    """Why this window has no break-even; None where it has one."""
    counts = window.counts
    if window.order.flagship is None:
        return ONE_TIER
    if counts["even"] == 0:
        return "no judged event is fully priced"
    if counts["even_averaged"] and window.flagship_mean is None:
        return NO_MEAN
    assumed = counts["even_escalated"] < MIN_ESCALATED
    if not (_flagship(window)(counts) if assumed else counts["even_after"]):
        return "escalating costs nothing"
    return withheld(window)


def break_even_rate(window: Window) -> Metric:
    """e* = (F - c) / E: the escalation rate above which the flagship alone is cheaper."""
    terms = economics(window)
    if terms is None:
        return Metric(None, window.counts["even"], reason=undefined_reason(window))
    return _with_interval(window, terms, terms.break_even, of_rate=0.0)


def headroom(window: Window) -> Metric:
    """e* - e: how far escalation may rise before the cascade costs more than the flagship alone."""
    terms = economics(window)
    if terms is None:
        return Metric(None, window.counts["even"], reason=undefined_reason(window))
    return _with_interval(window, terms, terms.headroom, of_rate=1.0)


def _flagship(window: Window) -> Callable[[Counts], float]:
    def flagship(counts: Counts) -> float:
        return even_flagship_only(counts, window.ratios, window.flagship_mean)

    return flagship


def _with_interval(window: Window, terms: Economics, value: float, of_rate: float) -> Metric:
    """`value` with hours as clusters: the delta method on the sums behind it."""
    half = half_width([i - of_rate * r for i, r in _influences(window, terms)])
    notes = []
    if terms.assumed:
        escalated = window.counts["even_escalated"]
        notes.append(f"assumed: E = F, {escalated} of {MIN_ESCALATED} escalations seen")
    if half is None:
        return Metric(value, terms.n, reason="; ".join([*notes, FEW_CLUSTERS]))
    return Metric(value, terms.n, value - half, value + half, "share", "; ".join(notes) or None)


def _influences(window: Window, terms: Economics) -> list[tuple[float, float]]:
    """Per hour with judged, priced events: its influence on e* and on e."""
    total, flagship = window.counts, _flagship(window)
    n, f_sum = total["even"], flagship(total)
    influences = []
    for hour in window.clusters:
        if not hour["even"]:
            continue
        gain = flagship(hour) - hour["even_cheap"]
        if terms.assumed:
            on_break_even = (gain - terms.break_even * flagship(hour)) / f_sum
        else:
            drift = hour["even_escalated"] / total["even_escalated"] - hour["even"] / n
            drift -= hour["even_after"] / total["even_after"]
            on_break_even = gain / (n * terms.E * NANO) + terms.break_even * drift
        influences.append((on_break_even, (hour["even_escalated"] - terms.e * hour["even"]) / n))
    return influences


SPECS = (
    MetricSpec(
        key="break_even_rate",
        title="Break-even rate",
        unit="share",
        bad="down",
        definition="The escalation rate above which sending everything to the flagship would be cheaper.",
        formula="(F - c) / E over judged, fully priced events; E = F below 30 escalations",
        undefined=(
            "only one model tier seen so far, no judged event fully priced, escalating costs nothing,"
            " or less than 95 % of attempts priced"
        ),
        function=break_even_rate,
    ),
    MetricSpec(
        key="headroom",
        title="Headroom",
        unit="share",
        bad="down",
        definition="How far the escalation rate may still rise before the cascade stops saving money.",
        formula="break-even rate - escalated / judged, over judged, fully priced events",
        undefined="as `break_even_rate`",
        function=headroom,
    ),
)
