"""Callers that escalate far beyond their own past: probing, mostly too little of it to move the whole rate.

Each caller is compared with what it did more than seven days ago, moved along with all others. So one that
has always escalated much is left alone, and one that changed for good is itself again after a week.
"""

from dataclasses import dataclass
from typing import Any

from alerts.finding import Estimate, Finding, Outcome, Past, Scope
from alerts.limits import MARGIN
from alerts.rules import DAY_MS, WEEK_MS, WORTH
from alerts.sliding import lived
from alerts.windows import Windows
from cascadewatch.drift.diagnosis.concentration import FALSE_NAMES, Named, began, ended, standing_out
from cascadewatch.drift.diagnosis.material import Callers, Span
from cascadewatch.drift.diagnosis.spoken import between, count, percent, shown
from cascadewatch.drift.fitting import MIN_REQUESTS
from cascadewatch.metrics.interval import wilson
from cascadewatch.metrics.window import Metric
from cascadewatch.settings import Rule, Settings
from cascadewatch.store import evidence_callers
from cascadewatch.store.cells import HOUR

PAST_MS = 5 * WEEK_MS  # how far back the past of a caller goes
DOUBTFUL = 100  # as many times more false names: while somebody is named at that level, nothing is over
TOLD = 5  # callers of whom an episode keeps the numbers
NAMED = 100  # callers of whom it keeps the names
NONE = "no event of the window was escalated"
NOBODY = "no event of the window names a caller and was judged"
TOO_YOUNG = "callers are compared with the events judged more than 7 days ago: {} of the {} that it takes"


@dataclass(frozen=True, slots=True)
class StandingOut:
    """The callers of `who` that stand out and matter."""

    named: tuple[Named, ...]
    who: Callers

    @property
    def share(self) -> Metric:
        """The part of the cascade's escalations, of which there are n, that they make beyond what was
        expected of them. None where nothing was escalated."""
        escalated, _ = self.whole
        k, n = sum(one.after.k for one in self.named), sum(one.after.n for one in self.named)
        if not escalated:
            return Metric(None, 0, reason=NONE)
        if not n:
            return Metric(0.0, escalated, 0.0, 0.0)
        expected = sum(one.expected for one in self.named)
        low, high = (max(0.0, end * n - expected) / escalated for end in wilson(k, n))
        return Metric((k - expected) / escalated, escalated, low, high)

    @property
    def whole(self) -> tuple[int, int]:
        """Escalated and judged events of the cascade."""
        after = [group.after for group in (*self.who.busiest, self.who.rest)]
        return round(sum(one.k for one in after)), round(sum(one.n for one in after))

    @property
    def normal(self) -> float:
        """The rate that was expected of them."""
        return sum(one.expected for one in self.named) / sum(one.after.n for one in self.named)


def look(windows: Windows, settings: Settings, rule: Rule, now: int) -> list[Finding]:
    """One finding for each cascade."""
    return [_look(windows, rule, scope, now) for scope in windows.scopes(rule)]


def back_test(windows: Windows, settings: Settings, rule: Rule, start: int, end: int) -> list[Past]:
    """The episodes the rule would have had from `start` to `end` (epoch ms), looking at every full hour."""
    hours = range(start + -start % HOUR, end + 1, HOUR)
    return [
        past
        for scope in windows.scopes(rule)
        for past in lived(((at, _look(windows, rule, scope, at)) for at in hours), scope)
    ]


def _look(windows: Windows, rule: Rule, scope: Scope, now: int) -> Finding:
    today = now - now % DAY_MS
    past, span = Span(today - PAST_MS, today - WEEK_MS), Span(now - (rule.window or DAY_MS), now)
    who = evidence_callers.escalating(windows.connection, scope.cascade, past, span)
    if who is None:
        return _nothing(rule, scope, "no_data", NOBODY)
    known = round(sum(group.before.n for group in (*who.busiest, who.rest)))
    if known < MIN_REQUESTS:
        return _nothing(rule, scope, "learning", TOO_YOUNG.format(count(known), MIN_REQUESTS))
    level = FALSE_NAMES / max(1, len(windows.reader.known.cascades))
    limit = WORTH if rule.above is None else rule.above
    out = _out(who, rule, level)
    if (out.share.value or 0.0) > limit:
        return _breached(windows, rule, scope, out, now)
    doubtful = _out(who, rule, DOUBTFUL * level).share.value or 0.0
    outcome: Outcome = "undecided" if doubtful > (1 - MARGIN) * limit else "ok"
    said = f"No caller {'surely ' if outcome == 'undecided' else ''}stands out among {count(who.seen)}."
    detail = {"limit": limit, "unit": "share", "cleared": {}}
    return Finding(rule, scope, outcome, out.share, said, "up", detail=detail)


def _out(who: Callers, rule: Rule, level: float) -> StandingOut:
    return StandingOut(tuple(one for one in standing_out(who, level) if one.after.n >= rule.min_n), who)


def _nothing(rule: Rule, scope: Scope, outcome: Outcome, reason: str) -> Finding:
    said = f"{reason[0].upper()}{reason[1:]}."
    return Finding(rule, scope, outcome, Metric(None, 0, reason=reason), said, "up")


def _breached(windows: Windows, rule: Rule, scope: Scope, out: StandingOut, now: int) -> Finding:
    names, share = [one.caller for one in out.named], out.share
    span = Span(now - WEEK_MS, now)
    hours = evidence_callers.by_hour(windows.connection, scope.cascade, names, span)
    since = began(hours, out.normal) or out.who.span.start
    hours = [hour for hour in hours if hour.start >= since]
    until = min(now, ended(hours, out.normal) or now)
    beyond = sum(hour.escalated - hour.judged * out.normal for hour in hours if hour.start < until)
    detail = {
        "limit": WORTH if rule.above is None else rule.above, "unit": "share", "clear": False,
        "since": since, "about": _about(out) | {"until": until, "beyond": beyond},
    }  # fmt: skip
    estimate = Estimate(since, share.value or 0.0, None, share.low, share.high, share.n)
    return Finding(rule, scope, "breached", share, _message(out), "up", estimate=estimate, detail=detail)


def _about(out: StandingOut) -> dict[str, Any]:
    """What a message needs; its keys of names begin with "caller", by which `callers forget` finds them."""
    escalated, judged = out.whole
    k, n = sum(one.after.k for one in out.named), sum(one.after.n for one in out.named)
    return {
        "callers": [_caller(one) for one in out.named[:TOLD]], "number": len(out.named),
        "callers_named": [one.caller for one in out.named[:NAMED]],
        "seen": out.who.seen, "of_escalations": k / escalated, "of_judged": n / judged,
        "whole": escalated / judged,
        "without": (escalated - k) / (judged - n) if judged > n else None,
    }  # fmt: skip


def _caller(one: Named) -> dict[str, Any]:
    low, high = wilson(*one.after)
    return {
        "caller": one.caller, "escalated": one.after.k, "judged": one.after.n, "low": low, "high": high,
        "expected": one.expected / one.after.n, "before": one.before.rate, "before_n": one.before.n,
    }  # fmt: skip


def _message(out: StandingOut) -> str:
    said = [_sentence(one) for one in out.named[:TOLD]]
    more = len(out.named) - len(said)
    return f"{'; '.join(said)}{f'; and {count(more)} more' if more else ''}."


def _sentence(one: Named) -> str:
    return (
        f"Caller {shown(one.caller)}: {percent(one.after.rate)} ({between(*wilson(*one.after))})"
        f" of {count(one.after.n)} judged events escalated, {percent(one.expected / one.after.n)} expected"
    )
