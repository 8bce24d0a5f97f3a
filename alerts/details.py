"""What an episode keeps of the finding that it rests on: JSON for messages and pages. Pure."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from alerts.finding import Estimate, Finding


def detail_of(
    finding: Finding, estimate: Estimate | None, since: int, now: int, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """The detail of an episode that goes on since `since`, as a look at `now` finds it (epoch ms); `facts`
    are the diagnosis and the costs."""
    detail: dict[str, Any] = {"message": finding.message, "unit": finding.metric.unit, **facts}
    if estimate is not None:
        started = estimate.since if finding.rule.kind == "drift" else since
        detail["estimate"] = {**asdict(estimate), "since": started}
        detail["peak"] = {"value": estimate.value, "time": now}
    if finding.rule.kind == "drift":
        detail["tolerance"] = finding.rule.tolerance
        detail["normal"] = _normal(finding)
    elif finding.detail.get("limit") is not None:
        detail["limit"] = finding.detail["limit"]
    return detail | {key: finding.detail[key] for key in ("about", "cleared") if key in finding.detail}


def _normal(finding: Finding) -> dict[str, Any] | None:
    """How well the level is known that a drift is compared with."""
    held = finding.detail.get("baseline")
    if held is None:
        return {"learning": True} if finding.detail.get("state") == "learning" else None
    band = held["weekend_band"] if held["weekday_band"] is None else held["weekday_band"]
    return {"requests": held["requests"], "error": band}
