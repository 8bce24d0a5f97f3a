"""A cascade's facts over the chosen range, read from the store: what sentence and tiles are made of."""

from dataclasses import replace

from cascadewatch.metrics.window import Window
from dashboard import alerting, change, data, labelled, replayed, replaying, watched
from dashboard.choice import LONGEST, Choice
from dashboard.facts import Facts, gathered
from dashboard.formats import DAY

RECENT = 3 * DAY  # of which labels are read by hour


def facts(cascade: str, choice: Choice, now: int) -> Facts:
    """The facts of a cascade, or of the chosen route of it."""
    start, end = choice.span(now)
    recent, before = change.periods(start, end)
    window = data.window(cascade, choice.route, start, end)
    moved = change.change(*(data.judged(cascade, choice.route, *period) for period in (recent, before)))
    buckets = data.series(cascade, choice.route, start, end)
    seen = (buckets[0].start, buckets[-1].end) if buckets else None
    wanted = data.settings().cascade.get(cascade)
    at = min(now, end)  # what is long past is judged as of its end: "no data since" would only say it is over
    drift = watched.watched(
        alerting.during(start, end), alerting.states(), _rules(),
        watched.normal_rate(alerting.pinned(), cascade, choice.route, buckets), (cascade, choice.route), at,
    )  # fmt: skip
    bar = wanted.quality_bar if wanted else None
    reports = []
    if choice.route is None:  # an eval set is of a cascade
        reports = [r for r in replaying.own(cascade) if r.created <= at]
    found = gathered(window, moved, at, seen, bar, drift, choice.zone)
    return replace(
        found, route=choice.route, replayed=replayed.newest(reports), last_replay=replayed.last(reports),
        last_check=_last_check(window, cascade, choice.route, end),
    )  # fmt: skip


def _last_check(window: Window, cascade: str, route: str | None, end: int) -> int | None:
    """When labels last told of quality, in this range or before it."""
    if window.last_label is None or (route is None and window.last_label < end):
        return window.last_label
    for length in (RECENT, LONGEST):
        found = labelled.last_check(window, data.label_series(cascade, route, max(0, end - length), end))
        if found is not None:
            return found
    return None


def _rules() -> set[str]:
    """The names of the drift rules that watch the escalation rate."""
    own = {r.name for r in data.settings().rule if r.kind == "drift" and r.metric == watched.METRIC}
    return own | {watched.DEFAULT_RULE}
