"""Events that stay away: longer than 20 times their usual spacing at that time of the week."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import accumulate
from statistics import fmean
from zoneinfo import ZoneInfo

from alerts.finding import Finding, Past, Scope
from alerts.rules import span_words
from alerts.sliding import lived
from alerts.windows import Windows
from cascadewatch.drift.gap import longest_silence
from cascadewatch.metrics.window import Metric
from cascadewatch.settings import Rule, Settings
from cascadewatch.store import spacing
from cascadewatch.store.cells import ALL, HOUR, QUARTER

WEEKS, WEEK_MS = 4, 7 * 24 * HOUR
DAYS = 6
ENDED_MS = WEEK_MS  # silent for so long: it is no gap but an end, and nobody is reminded of it

Counted = Callable[[int, int], int]  # events in a range


def look(windows: Windows, settings: Settings, rule: Rule, now: int) -> list[Finding]:
    """One finding for each scope that ever had an event."""
    zone = ZoneInfo(settings.timezone)
    return [said for scope in windows.scopes(rule) if (said := _look(windows, rule, scope, now, zone))]


def _look(windows: Windows, rule: Rule, scope: Scope, now: int, zone: ZoneInfo) -> Finding | None:
    connection, of = windows.connection, (scope.cascade, scope.route or ALL)
    first = spacing.first_event(connection, *of)
    last = spacing.last_event(connection, *of, now)
    if first is None or last is None:
        return None

    def counted(start: int, end: int) -> int:
        return spacing.arrived(connection, *of, start, end)

    return judged(rule, scope, first, last, now, counted, zone)


def judged(
    rule: Rule, scope: Scope, first: int, last: int, now: int, counted: Counted, zone: ZoneInfo
) -> Finding:
    """What a silence from `last` to `now` means for a stream whose first event came at `first`.

    `zone` is that of the people who make the traffic: the time of their week is what repeats.
    """
    silent = now - last
    usually, limit = None, rule.window
    if limit is None and silent >= HOUR:  # shorter ones never count
        usually = usual(counted, first, last, now, zone)
        limit = None if usually is None else longest_silence(usually * HOUR / silent)
    breached = limit is not None and silent > limit
    detail = {
        "since": last, "last": last, "limit": limit, "unit": "ms",
        "usually": None if usually is None else round(usually), "ended": silent > ENDED_MS,
    }  # fmt: skip
    metric = Metric(float(silent), 0 if usually is None else round(usually), unit="ms")
    if silent > ENDED_MS:
        said = f"No events for more than {span_words(ENDED_MS)}: it seems to have ended."
        return Finding(rule, scope, "no_data", metric, said, detail=detail)
    words = _words(silent, usually)
    return Finding(rule, scope, "breached" if breached else "ok", metric, words, detail=detail)


def _words(silent: int, usually: float | None) -> str:
    if usually is None:
        return f"The last event came {span_words(silent)} ago."
    return f"No events for {span_words(silent)}; at this time of the week about {usually:,.0f} are usual."


def usual(counted: Counted, first: int, last: int, now: int, zone: ZoneInfo) -> float | None:
    """How many events would have come from `last` to `now`: the mean of the same time in up to four weeks.

    In the first week the least of the days before, since a weekend is not known yet; None on the first day.
    """

    def seen(days: Iterable[int]) -> list[int]:
        began = [(_earlier(last, back, zone), back) for back in days]
        return [counted(start, _earlier(now, back, zone)) for start, back in began if start >= first]

    weeks = seen(range(7, 7 * WEEKS + 1, 7))
    if weeks:
        return fmean(weeks)
    days = seen(range(1, DAYS + 1))
    return float(min(days)) if days else None


def _earlier(at: int, days: int, zone: ZoneInfo) -> int:
    """The same time by the clock on the wall so many days before: nine in the morning stays nine when the
    clocks are changed."""
    wall = datetime.fromtimestamp(at / 1000, zone) - timedelta(days=days)
    return round(wall.timestamp() * 1000)


def back_test(windows: Windows, settings: Settings, rule: Rule, start: int, end: int) -> list[Past]:
    """The silences the rule would have told from `start` to `end` (epoch ms), to the quarter-hour."""
    zone = ZoneInfo(settings.timezone)
    return [
        past
        for scope in windows.scopes(rule)
        for past in lived(_looks(windows, rule, scope, start, end, zone), scope)
    ]


def _looks(
    windows: Windows, rule: Rule, scope: Scope, start: int, end: int, zone: ZoneInfo
) -> Iterator[tuple[int, Finding]]:
    connection, of = windows.connection, (scope.cascade, scope.route or ALL)
    first = spacing.first_event(connection, *of)
    if first is None:
        return
    rows = spacing.quarters(connection, *of, start - (WEEKS + 1) * WEEK_MS, end)
    starts, sums = [bucket for bucket, _ in rows], [0, *accumulate(n for _, n in rows)]

    def counted(begin: int, finish: int) -> int:
        return sums[bisect_left(starts, finish)] - sums[bisect_left(starts, begin)]

    for now in range(-(-start // QUARTER) * QUARTER, end + 1, QUARTER):
        at = bisect_right(starts, now - QUARTER)
        if at:
            yield now, judged(rule, scope, first, starts[at - 1] + QUARTER, now, counted, zone)
