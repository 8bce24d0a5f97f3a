"""A rule with a limit, walked over history: sums slide along, metric and life cycle are the live ones.

Looks are taken every quarter-hour, or every five minutes where the windows are short and minutes are kept.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from alerts.finding import Direction, Estimate, Finding, Past, Scope
from alerts.lifecycle import LOOK_MS, Life, step
from alerts.windows import Windows
from cascadewatch.metrics import calibration, latency, quality, verifier
from cascadewatch.metrics.window import LabelCounts, TierCounts, Window
from cascadewatch.store.cells import ALL, HOUR, QUARTER
from cascadewatch.store.cover import Segment
from cascadewatch.store.reads import sums

SHORT_MS = 2 * HOUR
BY: Mapping[str, tuple[str, ...]] = {
    "events": (),
    "attempts": ("tier", "model", "verifier"),
    "bins": ("family", "label", "bin"),
    "labels": ("source", "sampling", "role", "outcome", "path", "correct"),
}
NEEDS_BINS = {spec.key for module in (latency, calibration) for spec in module.SPECS}
NEEDS_LABELS = {spec.key for module in (quality, verifier, calibration) for spec in module.SPECS}

BY_HOUR = {"verifier_overhead", "verifier_overhead.latency"}  # their intervals need the tiers per hour

Judge = Callable[[int, Sequence[Window]], Finding]
Buckets = Mapping[int, list[tuple[tuple[Any, ...], sums.Sums]]]  # by start: (key, sums)


def slide(
    windows: Windows, scope: Scope, start: int, end: int, lengths: Sequence[int], judge: Judge, metric: str
) -> list[Past]:
    """The episodes of one scope from `start` to `end` (epoch ms). At each look `judge` is given its time and
    one window for each of `lengths` (ms), and returns the rule's finding. `metric` is what `judge` computes:
    only the sums that it needs are read."""
    base = windows.window(scope, start - max(lengths), end)
    families = [name for name in BY if _is_needed(name, metric)]
    coarse = {"bins", "labels"} & {*families} or min(lengths) > SHORT_MS
    fine = not coarse and start - max(lengths) >= windows.reader.known.minute_floor
    width, tier = (LOOK_MS, "minute") if fine else (QUARTER, "quarter")
    begin = start - max(lengths)
    segment = Segment(tier, begin - begin % width, end)
    read = {name: _buckets(windows, name, segment, width if fine else None, scope) for name in families}
    running = [Running(base, read, length, width, metric in BY_HOUR) for length in lengths]
    looks = (
        (at, [one.at(at) for one in running]) for at in range(-(-start // width) * width, end + 1, width)
    )
    return list(lived(((at, judge(at, seen)) for at, seen in looks), scope))


def lived(findings: Iterator[tuple[int, Finding]], scope: Scope) -> Iterator[Past]:
    """The episodes that the life cycle makes of these findings, which are given in the order of time."""
    life, open_one = Life(), None
    for at, finding in findings:
        before = life
        life, _ = step(before, finding, at)
        if life.is_open and open_one is None:
            since = at if before.first is None else before.first
            open_one = _opened(finding, scope, at, since)
        elif open_one is not None:
            open_one = _further(open_one, finding, before, life, at)
        if open_one is not None and not life.is_open:
            yield replace(open_one, resolved=at)
            open_one = None
    if open_one is not None:
        yield open_one


def _opened(finding: Finding, scope: Scope, at: int, since: int) -> Past:
    said = finding.estimate or Estimate(since, 0.0, None, None, None, 0)
    return Past(
        finding.rule.name, scope, finding.direction, at, None, None, replace(said, since=min(since, at))
    )


def _further(past: Past, finding: Finding, before: Life, after: Life, at: int) -> Past:
    """The episode one look later: its estimate is that of its worst moment."""
    if after.state == "easing" and before.state != "easing":
        past = replace(past, easing=at)
    elif after.state == "firing":
        past = replace(past, easing=None)
    said = finding.estimate
    if said is not None and is_worse(finding.direction, said.value, past.estimate.value):
        past = replace(past, estimate=replace(said, since=past.estimate.since))
    return past


def is_worse(direction: Direction, value: float, than: float) -> bool:
    """Whether a value is further on the bad side."""
    return value < than if direction == "down" else value > than


def _is_needed(family: str, metric: str) -> bool:
    key = metric.partition("[")[0]
    return {"bins": key in NEEDS_BINS, "labels": key in NEEDS_LABELS}.get(family, True)


def _buckets(windows: Windows, family: str, segment: Segment, width: int | None, scope: Scope) -> Buckets:
    of = sums.Of(scope.cascade, scope.route or ALL)
    found: dict[int, list[tuple[tuple[Any, ...], sums.Sums]]] = {}
    for key, counts in sums.per_bucket(windows.connection, family, segment, width, of, BY[family]).items():
        found.setdefault(key[0], []).append((key[1:], counts))
    return found


@dataclass
class Running:
    """A window of fixed `length` that moves forward in steps of `width` (both ms). At each step the buckets
    that enter are added to its sums, and those that leave are subtracted.

    With `by_hour` the sums of each tier are kept for each hour too, as some metrics need for their interval.
    """

    base: Window
    read: Mapping[str, Buckets]
    length: int
    width: int
    by_hour: bool = False
    start: int | None = None
    end: int = 0
    totals: dict[str, dict[tuple[Any, ...], sums.Sums]] = field(default_factory=dict)
    hours: dict[int, sums.Sums] = field(default_factory=dict)
    tier_hours: dict[int, dict[tuple[Any, ...], sums.Sums]] = field(default_factory=dict)

    def at(self, now: int) -> Window:
        """The window that ends at `now` (epoch ms). Ask in the order of time: it cannot move back."""
        start = now - self.length - (now - self.length) % self.width
        if self.start is None:
            self.start, self.end = start, start
            self.totals = {name: {} for name in self.read}
        self._move(self.end, now, 1)
        self._move(self.start, start, -1)
        self.start, self.end = start, max(self.end, now)
        for hour in [h for h in self.hours if h < start - start % HOUR]:
            del self.hours[hour]
            self.tier_hours.pop(hour, None)
        return self._window(start, now)

    def _move(self, start: int, end: int, sign: int) -> None:
        for bucket in range(start, end, self.width):
            for name, buckets in self.read.items():
                for key, counts in buckets.get(bucket, ()):
                    _add(self.totals[name].setdefault(key, {}), counts, sign)
                    if sign > 0:
                        self._add_hour(name, bucket - bucket % HOUR, key, counts)

    def _add_hour(self, family: str, hour: int, key: tuple[Any, ...], counts: sums.Sums) -> None:
        if family == "events":
            _add(self.hours.setdefault(hour, {}), counts, 1)
        elif family == "attempts" and self.by_hour:
            _add(self.tier_hours.setdefault(hour, {}).setdefault(key, {}), counts, 1)

    def _window(self, start: int, end: int) -> Window:
        bins: dict[tuple[str, str], dict[int, int]] = {}
        for (family, label, index), counts in self.totals.get("bins", {}).items():
            if counts["n"]:
                bins.setdefault((family, label), {})[index] = counts["n"]
        labels = tuple(
            LabelCounts(*(*key[:5], bool(key[5]), counts))
            for key, counts in sorted(self.totals.get("labels", {}).items())
            if counts["labels"]
        )
        return replace(
            self.base, start=start, end=end, counts=self.totals["events"].get((), sums.zero("events")),
            clusters=tuple(self.hours.values()), tiers=_tiers(self.totals["attempts"]), bins=bins,
            labels=labels, tier_clusters=tuple(_tiers(hour) for hour in self.tier_hours.values()),
        )  # fmt: skip


def _tiers(sums_of: Mapping[tuple[Any, ...], sums.Sums]) -> tuple[TierCounts, ...]:
    rows = sorted(sums_of.items())
    return tuple(TierCounts(*(*key, counts)) for key, counts in rows if counts["attempts"])


def _add(held: sums.Sums, counts: Mapping[str, int], sign: int) -> None:
    if not held:
        held.update({name: sign * value for name, value in counts.items()})
        return
    for name, value in counts.items():
        if value:
            held[name] += sign * value
