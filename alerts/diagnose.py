"""Why something moved and what it costs a day, for the detail of an episode."""

from typing import Any

from sqlalchemy import Connection

from alerts.finding import Estimate, Finding
from cascadewatch.drift.diagnosis import diagnose, price
from cascadewatch.metrics import slo
from cascadewatch.settings import Settings
from cascadewatch.store import evidence, evidence_traffic, streams
from cascadewatch.store.cells import QUARTER
from cascadewatch.store.cells import UTC_DAY as DAY_MS
from cascadewatch.store.reads import Reader
from cascadewatch.store.state import OTHER

THROUGH = "escalation_rate"  # what metrics that are no rates are looked at through


def of(connection: Connection, settings: Settings, finding: Finding, now: int) -> dict[str, Any]:
    """{"diagnosis", "cost_usd_per_day"} of a finding, JSON-ready; either may be None. Of a burn rate also
    "budget".

    Only requests before `now` (epoch ms) count, and only those that the estimate rests on: otherwise the
    hours in which a past episode recovered would make its causes look smaller.
    """
    metric = finding.rule.metric or THROUGH
    estimate = finding.estimate
    if finding.rule.kind == "no_data" or finding.outcome == "error" or estimate is None:
        return {"diagnosis": None, "cost_usd_per_day": None}
    if finding.rule.kind == "callers":  # which says itself who it is
        return {"diagnosis": None, "cost_usd_per_day": cost(connection, settings, finding, now)}
    end = _end(connection, finding, estimate, now)
    drifted = estimate.baseline is not None
    material = evidence.gather(
        connection,
        settings,
        finding.scope.cascade,
        finding.scope.route,
        estimate.since,
        end,
        metric=metric,
        shift=estimate.value - estimate.baseline if estimate.baseline is not None else None,
        near=None if drifted else max(QUARTER, finding.rule.window or DAY_MS),  # since when is not known
    )
    found = {
        "diagnosis": diagnose(material, now, settings.timezone).to_dict(),
        "cost_usd_per_day": cost(connection, settings, finding, now),
    }
    return found | _budget(connection, settings, finding, now)


def _budget(connection: Connection, settings: Settings, finding: Finding, now: int) -> dict[str, Any]:
    """Of a burn rate also {"budget": {"left" (a share), "until" (epoch ms)}}, at the pace of its window."""
    if finding.rule.kind != "burn_rate":
        return {}
    reader = Reader(connection, settings)
    span = reader.cover(now - (finding.rule.window or DAY_MS), now)
    window = reader.window(finding.scope.cascade, finding.scope.route or None, span)
    until = slo.exhausted_at(window).value
    left = slo.budget_left(window).value
    return {"budget": {"left": left, "until": None if until is None else round(until)}}


def cost(connection: Connection, settings: Settings, finding: Finding, now: int) -> dict[str, Any] | None:
    """USD a day, {"value", "low", "high"} and what they come from; None where it cannot be told."""
    terms = _terms(finding, settings)
    found = evidence_traffic.traffic(connection, settings, *finding.scope, now)
    if terms is None or found is None:
        return None
    return price.cost_per_day(*terms, found)


def _terms(finding: Finding, settings: Settings) -> tuple[str, price.Estimate] | None:
    """The metric that has a price, and how far it is from where it should be."""
    estimate, rule = finding.estimate, finding.rule
    if estimate is None or finding.scope.route == OTHER:
        return None
    if rule.kind == "burn_rate":
        known = settings.cascade.get(finding.scope.cascade)
        goal = None if known is None else known.objective
        if goal is None:
            return None
        low, high = (None if end is None else end * goal for end in (estimate.low, estimate.high))
        return THROUGH, price.Estimate(estimate.value * goal, low, high, goal)
    if rule.kind == "callers":
        return THROUGH, _beyond(finding)
    if rule.metric is None:
        return None
    wanted = 1.0 if rule.metric == "cost_ratio" else estimate.baseline
    if wanted is None:
        wanted = rule.above if rule.above is not None else rule.below
    if wanted is None:
        return None
    return rule.metric, price.Estimate(estimate.value, estimate.low, estimate.high, wanted)


def _beyond(finding: Finding) -> price.Estimate:
    """How far callers that stand out lift the rate of their whole cascade."""
    estimate, rate = finding.estimate, finding.detail["about"]["whole"]
    assert estimate is not None
    low, high = (None if end is None else end * rate for end in (estimate.low, estimate.high))
    return price.Estimate(estimate.value * rate, low, high, 0.0)


def _end(connection: Connection, finding: Finding, estimate: Estimate, now: int) -> int:
    """When the first request came that the estimate does not rest on, to a quarter-hour; `now` where there is
    none, or where they are no requests of a stream."""
    metric, key = finding.rule.metric, (finding.scope.cascade, finding.scope.route)
    if metric not in streams.RATES or estimate.baseline is None:
        return now
    seen = 0
    for hour in streams.hours(connection, metric, [key], estimate.since, now, QUARTER)[key]:
        if seen >= estimate.n:
            return min(now, hour.start)
        seen += hour.judged
    return now
