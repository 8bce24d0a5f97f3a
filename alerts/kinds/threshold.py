"""A metric above or below a fixed limit with its whole interval, which is that of the window's requests."""

from collections.abc import Sequence
from dataclasses import replace

from alerts.finding import Finding, Past, Scope
from alerts.limits import Limit, finding
from alerts.rules import DAY_MS, bounds
from alerts.sliding import BY_HOUR, slide
from alerts.windows import Windows
from cascadewatch import metrics
from cascadewatch.metrics.window import Metric, Window
from cascadewatch.settings import Rule, Settings


def look(windows: Windows, settings: Settings, rule: Rule, now: int) -> list[Finding]:
    """One finding for each scope, over the window of the rule that ends now."""
    start = now - (rule.window or DAY_MS)
    read = windows.by_hour if rule.metric in BY_HOUR else windows.window
    return [
        finding(rule, scope, _metric(rule, read(scope, start, now)), _limit(rule), start)
        for scope in windows.scopes(rule)
    ]


def back_test(windows: Windows, settings: Settings, rule: Rule, start: int, end: int) -> list[Past]:
    """The episodes the rule would have had from `start` to `end` (epoch ms)."""
    return [past for scope in windows.scopes(rule) for past in _walked(windows, rule, scope, start, end)]


def _walked(windows: Windows, rule: Rule, scope: Scope, start: int, end: int) -> list[Past]:
    assert rule.metric is not None
    length, lengths = rule.window or DAY_MS, [rule.window or DAY_MS]
    goal = windows.window(scope, end - length, end).objective
    if goal is not None and rule.metric == "slo.budget_left":
        lengths.append(goal.window_ms)  # the budget has a window of its own

    def judge(at: int, seen: Sequence[Window]) -> Finding:
        window = seen[0]
        if goal is not None and len(seen) > 1:
            spent = {name: seen[1].counts[name] for name in ("judged", "escalated")}
            window = replace(window, objective=replace(goal, **spent, start=seen[1].start, end=at))
        return finding(rule, scope, _metric(rule, window), _limit(rule), at - length)

    return slide(windows, scope, start, end, lengths, judge, rule.metric)


def _metric(rule: Rule, window: Window) -> Metric:
    assert rule.metric is not None
    return next(iter(metrics.compute(window, [rule.metric]).values()))


def _limit(rule: Rule) -> Limit:
    assert rule.metric is not None
    top = bounds(rule.metric).high
    if rule.above is not None:
        return Limit(rule.above, "up", top)
    assert rule.below is not None
    return Limit(rule.below, "down", top)
