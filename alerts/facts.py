"""What is read about an episode when it opens or moves on: how severe it is, why it is, what it costs."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from alerts.decisions import Decision, OpenKey
from alerts.finding import Finding, Past
from alerts.rules import DAY_MS
from alerts.windows import Windows
from cascadewatch.metrics.cost import cost_ratio
from cascadewatch.settings import Settings

log = logging.getLogger("cascadewatch.alerts")

DIAGNOSED = 20  # episodes of one look; in a storm the others go without
SEVERE = 2  # tolerances
EXPLAINED = {"drift", "threshold", "burn_rate", "callers"}


@dataclass(frozen=True, slots=True)
class Facts:
    """`severity` is page or ticket; `detail` goes into the detail of the episode."""

    severity: str
    detail: Mapping[str, Any] = field(default_factory=dict)


def severity(finding: Finding, windows: Windows | None, now: int) -> str:
    """The severity, page or ticket: the rule's own, else the finding's; a failing rule is a ticket.

    Without either it is a page for silence, for a move of more than two tolerances, and for a drift of a
    cascade that cost more than its flagship alone would have in the 24 hours before `now` (epoch ms). With
    `windows` None the last is not asked.
    """
    rule = finding.rule
    if finding.outcome == "error":
        return "ticket"
    if rule.severity is not None:
        return rule.severity
    if "severity" in finding.detail:
        return str(finding.detail["severity"])
    if rule.kind == "no_data":
        return "page"
    estimate = finding.estimate
    if rule.kind != "drift" or estimate is None or estimate.baseline is None:
        return "ticket"
    if abs(estimate.value - estimate.baseline) > SEVERE * rule.tolerance:
        return "page"
    return "page" if windows is not None and _is_dearer(windows, finding, now) else "ticket"


def _is_dearer(windows: Windows, finding: Finding, now: int) -> bool:
    whole = finding.scope._replace(route="")
    ratio = cost_ratio(windows.window(whole, now - DAY_MS, now))
    return ratio.low is not None and ratio.low > 1


def gather(
    windows: Windows, settings: Settings, decisions: Sequence[Decision], now: int
) -> dict[OpenKey, Facts]:
    """Facts of the episodes that open, and of the open ones whose severity may have grown. Those that open or
    have a new estimate get a diagnosis, at most 20 of one look."""
    found: dict[OpenKey, Facts] = {}
    left = DIAGNOSED
    for decision in decisions:
        finding, goes_on = decision.finding, decision.life.is_open
        may_grow = finding.rule.kind == "drift" or "severity" in finding.detail
        if not goes_on or not (decision.opens or may_grow):
            continue
        moved = decision.opens or finding.phase == "alarm"
        detail: Mapping[str, Any] = {}
        if moved and finding.outcome != "error" and finding.rule.kind in EXPLAINED and left:
            left -= 1
            detail = diagnosed(windows, settings, finding, now)
        key = (*decision.key, finding.direction)
        found[key] = Facts(severity(finding, windows, now), detail)
    return found


def gather_past(windows: Windows, settings: Settings, findings: Sequence[Finding]) -> dict[Past, Facts]:
    """Facts of the episodes that began and ended before this look.

    Only of the 20 that began last sums are read: for their diagnosis, and for whether the cascade cost more
    than its flagship alone would have. The others have no diagnosis, and the severity that the rule and the
    size of the move give. A first walk through weeks of history thus reads no more than a storm does.
    """
    pasts = [(one, finding) for finding in findings for one in finding.past]
    pasts.sort(key=lambda pair: pair[0].opened, reverse=True)
    ended = [(past, past.resolved, finding) for past, finding in pasts if past.resolved is not None]
    found = {}
    for number, (past, end, finding) in enumerate(ended):
        then = replace(finding, estimate=past.estimate, direction=past.direction, phase="alarm", past=())
        if number < DIAGNOSED:
            found[past] = Facts(severity(then, windows, end), diagnosed(windows, settings, then, end))
        else:
            found[past] = Facts(severity(then, None, end))
    return found


def diagnosed(windows: Windows, settings: Settings, finding: Finding, now: int) -> Mapping[str, Any]:
    """Why it moved and what that costs; nothing if it cannot be told. An alarm never fails for want of it."""
    try:
        from alerts import diagnose

        with windows.connection.begin_nested():
            said = diagnose.of(windows.connection, settings, finding, now)
        kept: Mapping[str, Any] = json.loads(json.dumps(dict(said), allow_nan=False))
    except Exception:
        log.exception("the diagnosis of rule %s failed", finding.rule.name)
        return {}
    return kept
