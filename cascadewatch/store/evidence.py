"""What a diagnosis rests on: the time since a change against the time before it, out of the rollups.

Days where whole days lie in a range, else quarter-hours; of single events only a few (store/probes.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from cascadewatch.drift.delay import hours_to_tell
from cascadewatch.drift.diagnosis.material import NOBODY, Against, Change, Group, Material, Share, Span, Use
from cascadewatch.drift.hours import HOUR_MS
from cascadewatch.errors import UsageError
from cascadewatch.metrics.measures import FAILED_VERDICTS
from cascadewatch.settings import Settings
from cascadewatch.store import baselines, in_use, probes
from cascadewatch.store.cells import ALL, QUARTER
from cascadewatch.store.cover import Cover, Segment, by_whole_days, cover
from cascadewatch.store.evidence_callers import callers
from cascadewatch.store.evidence_labels import confusion
from cascadewatch.store.evidence_reports import Cheap, checks
from cascadewatch.store.reads import known, sums
from cascadewatch.store.rollup_tables import ROLLUPS
from cascadewatch.store.state import OTHER
from cascadewatch.store.streams import RATES
from cascadewatch.store.zone import local_days

DAY_MS = 24 * HOUR_MS
BEFORE_MS = 7 * DAY_MS
CLOSEST_MS, FARTHEST_MS = 2 * HOUR_MS, 2 * DAY_MS  # how near to the estimate a change point must lie
SURE = 5.0  # nats of evidence within which the start of a change is known
SHOWS = 0.5  # part of the move that the days before must show to be compared with
SETTLING_MS = 2 * DAY_MS  # read on either side of a change point, to tell what was in use there

CAUSES = ("error", "timeout", "refused", "rate_limited", "judge", "unknown")
COUNTED = ("events", "judged", "escalated", "routed", "priceable", "priced",
           *(f"fallback_{cause}" for cause in CAUSES))  # fmt: skip

Sums = Mapping[tuple[Any, ...], Mapping[str, int]]


class Both(NamedTuple):
    """The same sums before and after."""

    before: Sums
    after: Sums

    def every(self) -> list[tuple[Any, ...]]:
        """All keys of either, in order."""
        return sorted({*self.before, *self.after})

    def share(self, key: tuple[Any, ...], part: Sequence[str], whole: Sequence[str]) -> Group:
        """`part` of `whole` under a key."""
        sides = (side.get(key, {}) for side in self)
        before, after = (Share(_sum(side, part), _sum(side, whole)) for side in sides)
        return Group("/".join(map(str, key)), before, after)


class Scope:
    """One cascade or route, read over two spans at once."""

    def __init__(
        self, connection: Connection, settings: Settings, cascade: str, route: str, metric: str
    ) -> None:
        self.connection, self.cascade, self.route, self.metric = connection, cascade, route, metric
        found = known(connection, settings)
        if cascade not in found.cascades:
            raise UsageError(f"no events of a cascade named {cascade!r} were ever seen")
        self.known = found.cascades[cascade]
        self.local_day = local_days(found.timezone)
        self.floor, self.distribution_floor = found.minute_floor, found.distribution_floor
        self.apart: frozenset[str] | None = None
        if route == OTHER:
            pinned = baselines.history(connection, metric, cascade)
            self.apart = frozenset(p.route for p in pinned if p.retired is None) - {ALL, OTHER}

    def both(self, spans: Sequence[Span], family: str, by: Sequence[str], measures: Sequence[str]) -> Both:
        """Sums of this scope before and after, per value of the columns in `by`."""
        return Both(*(self.read(span, family, by, measures) for span in spans))

    def read(self, span: Span, family: str, by: Sequence[str], measures: Sequence[str]) -> Sums:
        """Sums of one span."""
        found = cover(*span, self.local_day, self.floor)
        if self.apart is None:
            segments = self._segments(found, family, self.route)
            of = sums.Of(self.cascade, self.route)
            return sums.grouped(self.connection, family, segments, of, by, measures)
        every = self.per_route(span, family, by, measures)
        return _merged((key[1:], counts) for key, counts in every.items())

    def per_route(self, span: Span, family: str, by: Sequence[str], measures: Sequence[str]) -> Sums:
        """Sums of one span, the route first in each key; of this scope's routes."""
        found = cover(*span, self.local_day, self.floor)
        segments = self._segments(found, family, None)
        of = sums.Of(self.cascade, None if self.route in (ALL, OTHER) else self.route)
        every = sums.grouped(self.connection, family, segments, of, ("route", *by), measures)
        return {key: counts for key, counts in every.items() if key[0] not in (self.apart or ())}

    def _segments(self, found: Cover, family: str, route: str | None) -> tuple[Segment, ...]:
        if family == "bins" and route != ALL:
            return by_whole_days(found.coarse, self.distribution_floor, self.local_day)
        return found.coarse if family in ("bins", "labels") else found.fine

    def first(self) -> int | None:
        """Start of the first quarter-hour with live events of the cascade."""
        t = ROLLUPS["events"].tiers["quarter"].c
        where = (t.cascade == self.cascade, t.origin == "live", t.route == ALL)
        return self.connection.execute(select(func.min(t.bucket)).where(*where)).scalar()


def gather(  # noqa: PLR0913 - what moved, where and when
    connection: Connection,
    settings: Settings,
    cascade: str,
    route: str,
    since: int,
    now: int,
    *,
    metric: str = "escalation_rate",
    shift: float | None = None,
    near: int | None = None,
) -> Material:
    """The material of a move of `metric` since `since` (epoch ms), to be given to `diagnosis.diagnose`.

    It is compared with up to seven days before, or with the days of the pinned baseline where those days
    show less than half of the `shift` that was found. Metrics that are no rates are looked at through the
    escalation rate. Change points count within `near` ms of `since`; left out, as far as such a move's start
    is uncertain. UsageError for a cascade that was never seen.
    """
    scope = Scope(connection, settings, cascade, route, metric)
    start = since - since % QUARTER
    after = Span(start, max(start + QUARTER, now + -now % QUARTER))
    before, against = _before(scope, after, shift)
    spans = (before, after)
    counted, routes = scope.both(spans, "events", (), COUNTED), _per_route(scope, spans)
    moved = _whole(routes)
    near = _near(moved, after, shift) if near is None else near
    verdicts = _verdicts(scope, spans, counted)
    return Material(
        metric=metric, cascade=cascade, route=route, since=since, before=before, after=after,
        against=against, near=near, moved=moved,
        routes=routes if route in (ALL, OTHER) else (),
        cheap=scope.known.order.cheap,
        last_label=scope.known.last_label,
        labels=confusion(scope.both, spans),
        thresholds=_say_thresholds(scope, since, now, near),
        **_changed(scope, settings, verdicts["uses"], since, now, near),
        **_events(scope, spans, counted),
        **verdicts,
    )  # fmt: skip


def _before(scope: Scope, after: Span, shift: float | None) -> tuple[Span, Against]:
    first = scope.first()
    start = max(scope.local_day(after.start - BEFORE_MS), after.start if first is None else first)
    days = Span(min(start, after.start), after.start)
    pinned = baselines.current(scope.connection, scope.metric, scope.cascade, scope.route)
    if pinned is None or shift is None:
        return days, "days before"
    baseline = Span(pinned.baseline.start, min(pinned.baseline.end, after.start))
    if baseline.start >= baseline.end:
        return days, "days before"
    found = _whole(_per_route(scope, (days, after)))
    shown = found.growth / shift if shift and found.before.n else 0.0
    return (days, "days before") if shown >= SHOWS else (baseline, "baseline")


def _per_route(scope: Scope, spans: Sequence[Span]) -> tuple[Group, ...]:
    """k of n of the metric by route."""
    rate = RATES.get(scope.metric, RATES["escalation_rate"])
    columns = tuple(dict.fromkeys((*rate.part, *rate.whole)))
    both = Both(*(scope.per_route(span, rate.family, (), columns) for span in spans))
    groups = (both.share(key, rate.part, rate.whole) for key in both.every())
    return tuple(group for group in groups if group.before.n or group.after.n)


def _whole(groups: Iterable[Group]) -> Group:
    sides = [(*g.before, *g.after) for g in groups]
    k0, n0, k1, n1 = (sum(column) for column in zip(*sides, strict=True)) if sides else (0, 0, 0, 0)
    return Group("", Share(k0, n0), Share(k1, n1))


def _events(scope: Scope, spans: Sequence[Span], counted: Both) -> dict[str, Any]:
    """What events say: how many escalated, fell back and why, went straight up, have no price; and whose."""
    escalated = counted.share((), ("escalated",), ("judged",))
    fallbacks = {cause: counted.share((), (f"fallback_{cause}",), ("events",)) for cause in CAUSES}
    who = None
    if scope.route == ALL:
        who = callers(scope.connection, scope.both, scope.cascade, spans, escalated.after.n)
    return {
        "escalated": escalated,
        "callers": who,
        "fallbacks": tuple(group._replace(name=cause) for cause, group in fallbacks.items()),
        "routed": counted.share((), ("routed",), ("events",)),
        "unpriced": _unpriced(counted),
    }


def _unpriced(counted: Both) -> Group:
    group = counted.share((), ("priced",), ("priceable",))
    before, after = (Share(side.n - side.k, side.n) for side in (group.before, group.after))
    return NOBODY._replace(before=before, after=after)


def _verdicts(scope: Scope, spans: Sequence[Span], counted: Both) -> dict[str, Any]:
    """What verdicts say: by verifier and model, why, with which scores, and how many failed."""
    measures = ("accept", "reject", *FAILED_VERDICTS)
    by_name = scope.both(spans, "attempts", ("tier", "model", "verifier"), measures)
    uses, asked = [], []
    for key in by_name.every():
        group = by_name.share(key, ("reject",), ("accept", "reject"))
        asked.append(by_name.share(key, FAILED_VERDICTS, measures))
        if group.before.n or group.after.n:
            tier, model, verifier = key
            uses.append(Use(tier, model, verifier, group.before, group.after))
    bins = scope.both(spans, "bins", ("family", "label", "bin"), ("n",))
    judged = counted.share((), ("judged",), ("judged",))
    scores: dict[str, tuple[dict[int, int], dict[int, int]]] = {}
    reasons = []
    for key in bins.every():
        family, label, place = key
        outcome, _, name = label.partition("/")
        said = bins.share(key, ("n",), ())
        if family == "reason" and outcome == "reject":
            before, after = Share(said.before.k, judged.before.n), Share(said.after.k, judged.after.n)
            reasons.append(Group(name, before, after))
        elif family == "score":
            for histogram, side in zip(scores.setdefault(outcome, ({}, {})), said[1:], strict=True):
                if side.k:
                    histogram[place] = histogram.get(place, 0) + int(side.k)
    return {"uses": tuple(uses), "failures": _whole(asked), "reasons": tuple(reasons), "scores": scores}


def _near(moved: Group, after: Span, shift: float | None) -> int:
    """How far from the estimated start a change point may lie: small moves are found late and roughly."""
    size = moved.growth if shift is None else shift
    per_hour = moved.after.n * HOUR_MS / max(HOUR_MS, after.end - after.start)
    rate = moved.before.rate
    sure = None if rate is None or not size else hours_to_tell(rate, per_hour, size, SURE)
    return CLOSEST_MS if sure is None else min(FARTHEST_MS, max(CLOSEST_MS, round(sure * HOUR_MS)))


def _changed(
    scope: Scope, settings: Settings, uses: Iterable[Use], since: int, now: int, near: int
) -> dict[str, Any]:
    """What came into use, and what was checked since."""
    changes, tier = _changes(scope, since, now, near), scope.known.order.cheap
    cheap = Cheap(tier, {use.model for use in uses if use.tier == tier})
    found = checks(scope.connection, settings, scope.cascade, cheap, changes, since, now)
    return {"changes": changes, "checks": found}


def _changes(scope: Scope, since: int, now: int, near: int) -> tuple[Change, ...]:
    """What came into use around `since`; its hour itself is uncertain.

    A threshold counts later too: the verdicts it turned are counted, so it needs no coincidence.
    """
    early, late = since - near, since + HOUR_MS + near
    route = ALL if scope.route == OTHER else scope.route
    start, end = early - SETTLING_MS, min(now, late + SETTLING_MS)
    found = in_use.appeared(scope.connection, scope.cascade, start, end, route)
    found += probes.changed(scope.connection, scope.cascade, sorted({early, min(now, late), now}))
    near_it = [c for c in found if early <= c.time and (c.time <= late or c.what == "threshold")]
    return tuple(sorted(near_it, key=lambda change: change.time))


def _say_thresholds(scope: Scope, since: int, now: int, near: int) -> bool:
    """Whether single events on both sides of the change say a threshold."""
    ends = (since - near, min(now, since + HOUR_MS + near))
    said = [probes.settled(probes.probe(scope.connection, scope.cascade, end)) for end in ends]
    return all(any(what == "threshold" for what, _ in values) for values in said)


def _merged(rows: Iterable[tuple[tuple[Any, ...], Mapping[str, int]]]) -> Sums:
    out: dict[tuple[Any, ...], dict[str, int]] = {}
    for key, counts in rows:
        held = out.setdefault(key, dict.fromkeys(counts, 0))
        for name, n in counts.items():
            held[name] += n
    return out


def _sum(counts: Mapping[str, int], names: Sequence[str]) -> int:
    return sum(counts.get(name, 0) for name in names)
