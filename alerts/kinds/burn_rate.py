"""The budget of an objective that is used up too fast: over a window, and over its last twelfth.

The long window says that it matters, the short one that it still goes on (Site Reliability Workbook,
chapter 5, "Multiwindow, multi-burn-rate alerts").
"""

from collections.abc import Sequence

from alerts.finding import Finding, Past, Scope
from alerts.limits import Limit, finding
from alerts.rules import BURN_PARTS, DAY_MS
from alerts.sliding import slide
from alerts.windows import Windows
from cascadewatch.metrics.slo import burn_rate
from cascadewatch.metrics.window import Metric, Window
from cascadewatch.settings import Rule, Settings

SKIPPED = "not watched: there is no objective; set `objective` under [cascade.{}]"


def look(windows: Windows, settings: Settings, rule: Rule, now: int) -> list[Finding]:
    """One finding for each scope. A cascade without an objective has no budget; its finding says so."""
    return [_look(windows, settings, rule, scope, now) for scope in windows.scopes(rule)]


def _look(windows: Windows, settings: Settings, rule: Rule, scope: Scope, now: int) -> Finding:
    if not _has_objective(settings, scope):
        said = SKIPPED.format(scope.cascade)
        nothing = Metric(None, 0, unit="ratio", reason=said)
        return Finding(rule, scope, "no_data", nothing, f"{scope.cascade} is {said}.", "up")
    long, short = lengths(rule)
    seen = (windows.window(scope, now - long, now), windows.window(scope, now - short, now))
    return judged(rule, scope, seen, now)


def judged(rule: Rule, scope: Scope, seen: Sequence[Window], now: int) -> Finding:
    """The finding for the long and the short window in `seen`: breached if both are beyond the limit, ok if
    either is within it."""
    assert rule.factor is not None
    limit, (long, short) = Limit(rule.factor, "up"), lengths(rule)
    also = {"window_ms": long, "short_window_ms": short}
    whole = finding(rule, scope, burn_rate(seen[0]), limit, now - long, also)
    last = finding(rule, scope, burn_rate(seen[1]), limit, now - short, also)
    for one in (whole, last):
        if one.outcome == "ok":
            return _with(whole, one)
    return whole if last.outcome == "breached" else _with(whole, last)


def _with(whole: Finding, deciding: Finding) -> Finding:
    """The finding of the whole window, its outcome and words from the window that decides."""
    detail = {**whole.detail, "clear": deciding.detail["clear"], "reason": deciding.detail["reason"]}
    return Finding(
        whole.rule, whole.scope, deciding.outcome, whole.metric, deciding.message, "up",
        estimate=whole.estimate, detail=detail,
    )  # fmt: skip


def lengths(rule: Rule) -> tuple[int, int]:
    """The two windows in ms."""
    long = rule.window or DAY_MS
    return long, long // BURN_PARTS


def back_test(windows: Windows, settings: Settings, rule: Rule, start: int, end: int) -> list[Past]:
    """The episodes the rule would have had from `start` to `end` (epoch ms)."""
    return [
        past
        for scope in windows.scopes(rule)
        if _has_objective(settings, scope)
        for past in _walked(windows, rule, scope, start, end)
    ]


def _walked(windows: Windows, rule: Rule, scope: Scope, start: int, end: int) -> list[Past]:
    def judge(at: int, seen: Sequence[Window]) -> Finding:
        return judged(rule, scope, seen, at)

    return slide(windows, scope, start, end, lengths(rule), judge, "slo.burn_rate")


def _has_objective(settings: Settings, scope: Scope) -> bool:
    known = settings.cascade.get(scope.cascade)
    return known is not None and known.objective is not None
