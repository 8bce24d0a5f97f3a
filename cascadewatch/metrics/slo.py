"""The escalation rate as a service level objective: its budget, how fast it goes, when it is gone.

The objective is the cascade's. A window of one route holds that route's own requests against it, so that
everything said there is of the same requests.
"""

from cascadewatch.metrics.escalation import NO_JUDGED, escalation_rate
from cascadewatch.metrics.interval import wilson
from cascadewatch.metrics.spec import MetricSpec
from cascadewatch.metrics.window import Metric, Objective, Window

NO_OBJECTIVE = "no objective: set `objective` under the cascade's heading in the configuration"


def objective(window: Window) -> Metric:
    """The highest escalation rate that is on target; a setting, so it is exact. n: judged events so far."""
    goal = window.objective
    if goal is None:
        return Metric(None, 0, reason=NO_OBJECTIVE)
    return Metric(goal.rate, goal.judged, goal.rate, goal.rate)


def budget_left(window: Window) -> Metric:
    """Share of the escalations allowed in the objective's window that is left; below 0 it is overspent."""
    goal = window.objective
    if goal is None or goal.judged == 0:
        return Metric(None, 0, reason=NO_OBJECTIVE if goal is None else NO_JUDGED)
    low, high = wilson(goal.escalated, goal.judged)
    value = 1 - goal.escalated / (goal.rate * goal.judged)
    return Metric(value, goal.judged, 1 - high / goal.rate, 1 - low / goal.rate)


def burn_rate(window: Window) -> Metric:
    """Escalation rate of the range / objective: at 1 the budget is used up exactly; at most 1 / objective."""
    goal, rate = window.objective, escalation_rate(window)
    if goal is None:
        return Metric(None, 0, unit="ratio", reason=NO_OBJECTIVE)
    if rate.value is None or rate.low is None or rate.high is None:
        return Metric(None, rate.n, unit="ratio", reason=rate.reason)
    return Metric(rate.value / goal.rate, rate.n, rate.low / goal.rate, rate.high / goal.rate, "ratio")


def exhausted_at(window: Window) -> Metric:
    """Epoch ms at which the budget is gone if the range's escalation rate goes on.

    Assumes even traffic from the first event in the objective's window on. While that window is not full,
    requests at the range's rate are added and none leaves; then, as it rolls on, its mean rate is replaced
    by the range's: of a full window the objective is passed after the fraction
    (objective - rate there) / (rate here - rate there) of its length. The interval projects the ends of the
    rate's interval; `high` is open where the lower end would never exhaust it.
    """
    goal, rate = window.objective, escalation_rate(window)
    if goal is None or goal.judged == 0:
        return Metric(None, 0, unit="time", reason=NO_OBJECTIVE if goal is None else NO_JUDGED)
    if rate.value is None or rate.low is None or rate.high is None:
        return Metric(None, rate.n, unit="time", reason=rate.reason)
    if goal.escalated > goal.rate * goal.judged:
        return Metric(None, rate.n, unit="time", reason="the budget is used up already")
    if rate.value <= goal.rate:
        return Metric(None, rate.n, unit="time", reason="at this rate the budget lasts")
    value, low, high = (_projected(goal, r) for r in (rate.value, rate.high, rate.low))
    reason = "no upper end: at the lower end of the rate the budget lasts" if high is None else None
    return Metric(value, rate.n, low, high, "time", reason)


def burn_factor_reachable(objective_rate: float, factor: float) -> str | None:
    """None if a burn rate above `factor` is possible, else the sentence that says why it is not.

    >>> burn_factor_reachable(0.3, 14.4)
    'a burn factor of 14.4 can never fire: with an objective of 30 % the burn rate never passes 3.3'
    """
    if factor * objective_rate <= 1:
        return None
    return (
        f"a burn factor of {factor:g} can never fire: with an objective of {objective_rate * 100:g} %"
        f" the burn rate never passes {1 / objective_rate:.1f}"
    )


def _projected(goal: Objective, rate: float) -> float | None:
    """When the objective's window, going on at `rate`, passes its objective; None: never."""
    if rate <= goal.rate:
        return None
    so_far, length = goal.escalated / goal.judged, goal.end - goal.start
    seen = length if goal.since is None else goal.end - max(goal.start, goal.since)
    filling = length - seen
    after = (goal.rate - so_far) * seen / (rate - goal.rate)
    if after > filling:
        when_full = (so_far * seen + rate * filling) / length
        after = filling + (goal.rate - when_full) / (rate - so_far) * length
    return goal.end + round(after)


SPECS = (
    MetricSpec(
        key="slo.objective",
        title="Objective",
        unit="share",
        bad="none",
        definition="The highest escalation rate that counts as on target.",
        formula="`objective` of the cascade",
        undefined="no objective is set",
        function=objective,
    ),
    MetricSpec(
        key="slo.budget_left",
        title="Budget left",
        unit="share",
        bad="down",
        definition="Share of the escalations the objective allows in its window that is not used up.",
        formula="1 - escalated / (objective × judged), over the objective's window",
        undefined="no objective is set, or no judged events in its window",
        function=budget_left,
    ),
    MetricSpec(
        key="slo.burn_rate",
        title="Burn rate",
        unit="ratio",
        bad="up",
        definition="How many times faster than allowed the budget is being used.",
        formula="escalation rate of the range / objective; at most 1 / objective",
        undefined="no objective is set, or no judged events",
        function=burn_rate,
    ),
    MetricSpec(
        key="slo.exhausted_at",
        title="Budget exhausted at",
        unit="time",
        bad="none",
        definition="When the budget will be used up if escalation goes on as in this range.",
        formula=(
            "end + (objective - rate of its window) / (rate of the range - rate of its window)"
            " × length of its window; until the window is full,"
            " end + (objective - rate so far) / (rate of the range - objective) × time since the first event"
        ),
        undefined="no objective is set, no judged events, the budget lasts at this rate, or is gone already",
        function=exhausted_at,
    ),
)
