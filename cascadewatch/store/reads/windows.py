"""Windows: everything counted in a range, ready for the metrics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from cascadewatch.metrics.counterfactual import route_ratios, token_ratios
from cascadewatch.metrics.interval import MIN_CLUSTERS
from cascadewatch.metrics.measures import HOURLY_MEASURES
from cascadewatch.metrics.window import (
    Counts,
    LabelCounts,
    Objective,
    TierCounts,
    TokenRatios,
    Window,
)
from cascadewatch.settings import Settings
from cascadewatch.store.cells import ALL, HOUR
from cascadewatch.store.cover import Cover, Segment, by_whole_days, cover, series_width
from cascadewatch.store.reads import sums
from cascadewatch.store.reads.known import CascadeKnown, Known, known
from cascadewatch.store.zone import local_days, next_day

LABELS_BY_HOUR_MS = 4 * 24 * HOUR  # of longer ranges labels are charted by local day
LABEL_KEY = ("source", "sampling", "role", "outcome", "path", "correct")
CLUSTERS_BY_HOUR_MS = 32 * 24 * HOUR  # longer ranges take local days as clusters


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket of a chart."""

    start: int
    end: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class LabelBucket:
    """The labels of one bucket of a chart."""

    start: int
    end: int
    labels: tuple[LabelCounts, ...]


class Reader:
    """Reads windows in one transaction, so that all its numbers are of one moment."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        self.connection = connection
        self.settings = settings
        self.known: Known = known(connection, settings)
        self.local_day = local_days(self.known.timezone)
        self._per_route: dict[tuple[str, Cover], dict[str, Counts]] = {}

    def cover(self, start: int, end: int) -> Cover:
        """The range as it can be read, in the zone of the days that are kept."""
        return cover(start, end, self.local_day, self.known.minute_floor)

    def window(self, cascade: str, route: str | None, span: Cover) -> Window:
        """Everything counted for a cascade, or for one route of it."""
        what = self.known.cascades[cascade]
        of = sums.Of(cascade, ALL if route is None else route)
        per_route = self.routes(cascade, span)
        counts = sums.total(self.connection, "events", span.fine, of)
        tiers, bins_of = self._tiers(of, span), self._segments_of_bins(of, span)
        return Window(
            start=span.start,
            end=span.end,
            counts=counts,
            order=what.order,
            clusters=self._clusters(of, span),
            tiers=tiers,
            bins=self._bins(of, bins_of),
            labels=self._labels(of, span),
            ratios=_ratios(route, per_route),
            cache_share=_cache_share(tiers),
            flagship_mean=_flagship_mean(per_route),
            last_label=what.last_label,
            objective=self._objective(cascade, route, span.end),
            bins_read=_read(bins_of),
            labels_read=_read(span.coarse),
        )

    def counts(self, cascade: str, route: str | None, span: Cover, measures: Sequence[str]) -> Counts:
        """The named event sums alone, for who needs no window."""
        of = sums.Of(cascade, ALL if route is None else route)
        return sums.total(self.connection, "events", span.fine, of, measures)

    def routes(self, cascade: str, span: Cover) -> dict[str, Counts]:
        """The event sums of every route of a cascade; read once, as each window needs those of all."""
        if (cascade, span) not in self._per_route:
            found = sums.grouped(self.connection, "events", span.fine, sums.Of(cascade, None), ("route",))
            self._per_route[cascade, span] = {key[0]: counts for key, counts in found.items()}
        return self._per_route[cascade, span]

    def events_by_route(self, cascade: str, span: Cover) -> dict[str, int]:
        """How many events each route had: a fraction of all its sums."""
        of, measures = sums.Of(cascade, None), ("events",)
        found = sums.grouped(self.connection, "events", span.fine, of, ("route",), measures)
        return {key[0]: counts["events"] for key, counts in found.items()}

    def revisions(self, cascade: str, span: Cover) -> dict[str, Counts]:
        """The event sums of every revision; "" is of events without one."""
        found = sums.grouped(self.connection, "events", span.fine, sums.Of(cascade, None), ("revision",))
        return {key[0]: counts for key, counts in found.items()}

    def series(self, cascade: str, route: str | None, span: Cover) -> list[Bucket]:
        """The event sums over time in at most about 750 buckets; empty buckets are left out."""
        return [
            Bucket(start, self._bucket_end(start, span), counts)
            for (start,), counts in self._per_bucket("events", cascade, route, span, ()).items()
        ]

    def tier_series(self, cascade: str, route: str | None, span: Cover) -> dict[str, list[Bucket]]:
        """The attempt sums over time of each tier, in the same buckets."""
        out: dict[str, list[Bucket]] = {}
        for (start, tier), counts in self._per_bucket("attempts", cascade, route, span, ("tier",)).items():
            out.setdefault(tier, []).append(Bucket(start, self._bucket_end(start, span), counts))
        return out

    def label_series(self, cascade: str, route: str | None, span: Cover) -> list[LabelBucket]:
        """The labels over time by local day (up to four days: by hour); empty buckets are left out."""
        by_day = span.end - span.start > LABELS_BY_HOUR_MS
        tier, width = ("day", None) if by_day else ("quarter", HOUR)
        start = self.local_day(span.start) if by_day else span.start - span.start % HOUR
        segment, of = Segment(tier, start, span.end), sums.Of(cascade, ALL if route is None else route)
        found: dict[int, list[LabelCounts]] = {}
        for key, counts in sums.per_bucket(self.connection, "labels", segment, width, of, LABEL_KEY).items():
            if counts["labels"]:
                found.setdefault(key[0], []).append(_label_counts(key[1:], counts))
        return [
            LabelBucket(bucket, self.local_day(bucket + 36 * HOUR) if by_day else bucket + HOUR, tuple(rows))
            for bucket, rows in sorted(found.items())
        ]

    def width(self, span: Cover) -> int | None:
        """Width of the buckets of `series` in ms; None: local days."""
        return series_width(span.start, span.end, self.known.minute_floor)

    def _per_bucket(
        self, family: str, cascade: str, route: str | None, span: Cover, by: tuple[str, ...]
    ) -> dict[tuple[Any, ...], sums.Sums]:
        width = self.width(span)
        tier = {60_000: "minute", None: "day"}.get(width, "quarter")
        start = span.start if width else self.local_day(span.start)
        edges = (start - start % (width or 1), span.end)
        own = width in (60_000, 900_000, None)
        of = sums.Of(cascade, ALL if route is None else route)
        return sums.per_bucket(self.connection, family, Segment(tier, *edges), None if own else width, of, by)

    def _bucket_end(self, start: int, span: Cover) -> int:
        width = self.width(span)
        return start + width if width else self.local_day(start + 36 * HOUR)

    def _clusters(self, of: sums.Of, span: Cover) -> tuple[Counts, ...]:
        """By the hour; of a long range by local day, unless too few days for an interval have events."""
        start, end = span.start, span.end
        if end - start > CLUSTERS_BY_HOUR_MS:
            days = self._clustered(of, Segment("day", self.local_day(start), end), None)
            if not 0 < len(days) < MIN_CLUSTERS:
                return tuple(days.values())
            start, end = max(start, min(days)), min(end, next_day(max(days), self.local_day))
        return tuple(self._clustered(of, Segment("quarter", start - start % HOUR, end), HOUR).values())

    def _clustered(self, of: sums.Of, segment: Segment, width: int | None) -> dict[int, Counts]:
        found = sums.per_bucket(self.connection, "events", segment, width, of, measures=HOURLY_MEASURES)
        return {bucket: counts for (bucket,), counts in found.items()}

    def _tiers(self, of: sums.Of, span: Cover) -> tuple[TierCounts, ...]:
        by = ("tier", "model", "verifier")
        found = sums.grouped(self.connection, "attempts", span.fine, of, by)
        return tuple(TierCounts(t, m, v, counts) for (t, m, v), counts in sorted(found.items()))

    def _segments_of_bins(self, of: sums.Of, span: Cover) -> tuple[Segment, ...]:
        floor = 0 if of.route == ALL else self.known.distribution_floor
        return by_whole_days(span.coarse, floor, self.local_day)

    def _bins(self, of: sums.Of, segments: Sequence[Segment]) -> dict[tuple[str, str], dict[int, int]]:
        by = ("family", "label", "bin")
        out: dict[tuple[str, str], dict[int, int]] = {}
        for (family, label, index), counts in sums.grouped(self.connection, "bins", segments, of, by).items():
            if counts["n"]:
                out.setdefault((family, label), {})[index] = counts["n"]
        return out

    def _labels(self, of: sums.Of, span: Cover) -> tuple[LabelCounts, ...]:
        by = ("source", "sampling", "role", "outcome", "path", "correct")
        found = sums.grouped(self.connection, "labels", span.coarse, of, by)
        return tuple(_label_counts(key, counts) for key, counts in sorted(found.items()) if counts["labels"])

    def _objective(self, cascade: str, route: str | None, end: int) -> Objective | None:
        wanted = self.settings.cascade.get(cascade)
        if wanted is None or wanted.objective is None:
            return None
        span = self.cover(end - wanted.objective_window, end)
        counts = self.counts(cascade, route, span, ("judged", "escalated"))
        of = sums.Of(cascade, ALL if route is None else route)
        return Objective(
            wanted.objective,
            wanted.objective_window,
            counts["judged"],
            counts["escalated"],
            span.start,
            span.end,
            sums.first(self.connection, of, span.start, span.end),
        )

    def cascade(self, name: str) -> CascadeKnown:
        """What is known of one cascade."""
        return self.known.cascades[name]


def _read(segments: Sequence[Segment]) -> tuple[int, int] | None:
    return (segments[0].start, segments[-1].end) if segments else None


def _label_counts(key: tuple[Any, ...], counts: Counts) -> LabelCounts:
    source, sampling, role, outcome, path, correct = key
    return LabelCounts(source, sampling, role, outcome, path, bool(correct), counts)


def _ratios(route: str | None, per_route: Mapping[str, Counts]) -> TokenRatios:
    if route is None:
        return token_ratios(per_route)
    return route_ratios(route, per_route) if route in per_route else TokenRatios()


def _flagship_mean(per_route: Mapping[str, Counts]) -> float | None:
    """Mean cost of the cascade's real flagship answers in nano-dollars."""
    n = sum(c["real"] for c in per_route.values())
    return sum(c["real_cost"] for c in per_route.values()) / n if n else None


def _cache_share(tiers: tuple[TierCounts, ...]) -> float | None:
    """Cached share of input tokens on the busiest tier that reports them."""
    reporting: dict[str, list[int]] = {}
    for t in tiers:
        held = reporting.setdefault(t.tier, [0, 0, 0])
        for i, name in enumerate(("cache_known", "cache_read", "cache_known_prompt")):
            held[i] += t.counts[name]
    _, cached, prompt = max(reporting.values(), default=[0, 0, 0])
    return cached / prompt if prompt else None
