"""What is read about an episode when it opens or moves on: how severe it is, why it is, what it costs."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection

from alerts.decisions import Decision, OpenKey
from alerts.finding import Finding, Past
from alerts.rules import DAY_MS
from alerts.telling import Told, named_in, newcomers
from alerts.windows import Windows
from cascadewatch.metrics.cost import cost_ratio
from cascadewatch.settings import Settings
from cascadewatch.store import reports

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
    """Facts of the episodes that open, and of the open ones whose severity may have grown or that are
    diagnosed anew: at a new alarm, when a report of a replay has come, and when another caller stands out. At
    most 20 of one look get a diagnosis."""
    found: dict[OpenKey, Facts] = {}
    left, latest = DIAGNOSED, _Latest(windows.connection, now)
    for decision in decisions:
        finding = decision.finding
        if not decision.life.is_open:
            continue
        anew = finding.rule.kind in EXPLAINED and finding.outcome != "error" and _is_anew(decision, latest)
        may_grow = finding.rule.kind == "drift" or "severity" in finding.detail
        if not (decision.opens or may_grow or anew):
            continue
        detail: dict[str, Any] = {}
        if anew and left:
            left -= 1
            detail = {**diagnosed(windows, settings, _since_it_opened(decision), now)}
            if finding.rule.kind != "callers":
                detail["newest_report"] = latest.of(finding.scope.cascade)
        key = (*decision.key, finding.direction)
        found[key] = Facts(severity(finding, windows, now), detail)
    return found


class _Latest:
    """The newest report of each cascade until `now` (epoch ms), read once."""

    def __init__(self, connection: Connection, now: int) -> None:
        self._connection, self._now = connection, now
        self._read: dict[str, int | None] = {}

    def of(self, cascade: str) -> int | None:
        """Its number; None where there is none."""
        if cascade not in self._read:
            newest = reports.history(self._connection, cascade=cascade, limit=1)
            known = [one.id for one in newest if one.created <= self._now]
            self._read[cascade] = known[0] if known else None
        return self._read[cascade]


def _is_anew(decision: Decision, latest: _Latest) -> bool:
    """Whether why it moved, or what it costs, is to be read now."""
    episode, finding = decision.episode, decision.finding
    if episode is None or finding.phase == "alarm":
        return True
    if finding.rule.kind == "callers":
        told = Told.of(episode)
        known = named_in(episode.detail.get("about")) if told is None else told.callers
        return bool(newcomers(finding.detail.get("about"), known))
    if finding.estimate is None or finding.outcome != "breached" or finding.phase == "easing":
        return False
    newest = latest.of(finding.scope.cascade)
    return newest is not None and newest != episode.detail.get("newest_report")


def _since_it_opened(decision: Decision) -> Finding:
    """The finding with the start that its episode opened with: a rule with a limit gives that of its window,
    which moves on."""
    finding, episode, estimate = decision.finding, decision.episode, decision.finding.estimate
    if episode is None or estimate is None or finding.rule.kind not in ("threshold", "burn_rate"):
        return finding
    since = min(estimate.since, episode.opened - (finding.rule.window or DAY_MS))
    return replace(finding, estimate=replace(estimate, since=since))


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
