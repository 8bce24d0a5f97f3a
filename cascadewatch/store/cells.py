"""From rows to sums: what one event adds to each rollup.

Ingest, rebuild and verify all call this, on the same rows, so they cannot disagree. Events and
attempts are summed per minute, distributions and labels per quarter-hour, callers per hour; the
wider buckets and the sums over all routes are merged from those.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from cascadewatch.metrics.measures import latency_bin, score_bin
from cascadewatch.model import LABEL_PRECEDENCE
from cascadewatch.store.contribution import attempt_sums, event_sums, label_sums, time_before
from cascadewatch.store.rowtypes import AttemptRow, EventRow, LabelRow

MINUTE = 60_000
QUARTER = 15 * MINUTE
HOUR = 60 * MINUTE
UTC_DAY = 24 * HOUR
ALL = ""  # the route of a row that sums over all routes

Key = tuple[str | int, ...]
Sums = dict[Key, list[int]]
Vectors = dict[Key, list[list[int]]]  # not summed yet: columns are summed at once, in C


class Folded(dict[Any, Any]):
    """Asks for a name once and remembers the answer, so that the next look is one in a dict."""

    def __init__(self, ask: Callable[[Any], Any]) -> None:
        self.ask = ask

    def __missing__(self, name: Any) -> Any:
        folded = self[name] = self.ask(name)
        return folded


class Fold(NamedTuple):
    """Which name a rollup of one cascade uses for a name: itself, or `__other__` past a cap."""

    series: Folded  # (route, revision) to the same
    model: Folded  # None is ""; so for the next two
    verifier: Folded
    reason: Folded
    caller: Folded


class Cells:
    """Sums of some events, to be added to the rollups (or, with sign -1, taken away)."""

    def __init__(self, fold: Fold, local_day: Callable[[int], int], minute_floor: int) -> None:
        self.fold = fold
        self.local_day = local_day
        self.minute_floor = minute_floor  # older minutes are not kept
        self.events: Vectors = {}
        self.attempts: Vectors = {}
        self.bins: Vectors = {}
        self.labels: Vectors = {}
        self.callers: Vectors = {}

    def add(self, e: EventRow, attempts: Sequence[AttemptRow], labels: Sequence[LabelRow] = ()) -> None:
        """Counts one event in, with the labels it has."""
        route, revision = self.fold.series[e.route, e.revision]
        at = (e.cascade, e.origin, route, e.time - e.time % MINUTE, revision)
        _count(self.events, at, event_sums(e, attempts))
        self._add_attempts(e, attempts, at)
        self._add_bins(e, attempts, (e.cascade, e.origin, route, e.time - e.time % QUARTER))
        self.add_labels(e, attempts, labels, 1)
        if e.caller is not None:
            cost = e.cost_cheap + e.cost_verify + e.cost_escalated + e.cost_fallback
            _count(
                self.callers,
                (e.cascade, e.origin, e.time - e.time % HOUR, self.fold.caller[e.caller]),
                [1, e.judged, e.escalated, cost + e.cost_routed + e.cost_other, e.extra_cost,
                 e.priceable, e.priced],
            )  # fmt: skip

    def _add_attempts(self, e: EventRow, attempts: Sequence[AttemptRow], at: Key) -> None:
        seen: set[str] = set()
        last = len(attempts) - 1
        model, verifier = self.fold.model, self.fold.verifier
        for a in attempts:
            key = (*at, a.tier, model[a.model], verifier[a.verifier])
            sums = attempt_sums(a, a.tier not in seen, a.position == e.served_index, a.position == last)
            seen.add(a.tier)
            _count(self.attempts, key, sums)

    def _add_bins(self, e: EventRow, attempts: Sequence[AttemptRow], at: Key) -> None:
        if e.latency_ms is not None:
            self._bin(at, "latency", e.path, latency_bin(e.latency_ms))
        if e.escalated and e.served_index:
            wait = time_before(attempts, e.served_index)
            if wait is not None:
                self._bin(at, "penalty", "", latency_bin(wait))
        for a in attempts:
            if a.reason is not None:
                self._bin(at, "reason", f"{a.outcome}/{self.fold.reason[a.reason]}", 0)

    def _bin(self, at: Key, family: str, label: str, index: int, sign: int = 1) -> None:
        _count(self.bins, (*at, family, label, index), [sign])

    def add_labels(
        self, e: EventRow, attempts: Sequence[AttemptRow], labels: Sequence[LabelRow], sign: int
    ) -> None:
        """Counts what depends on labels: confusion, and the verifier's score by correctness.

        A later label changes both: take the old state away with sign -1, then add the new.
        """
        route, _ = self.fold.series[e.route, e.revision]
        at = (e.cascade, e.origin, route, e.time - e.time % QUARTER)
        if e.cheap_index is not None:
            truth = estimating(labels, e.cheap_index) if labels else None
            self._add_score(attempts[e.cheap_index], truth, at, sign)
        if not labels:
            return
        for role, index in (("cheap", e.cheap_index), ("served", e.served_index)):
            if index is None:
                continue
            truth = estimating(labels, index)
            apart = _first(x for x in labels if x.attempt == index and not _estimates(x))
            for x in labels:
                if x.attempt == index:
                    in_force = x in (truth, apart)
                    key = (*at, x.source, x.sampling, role, attempts[index].outcome or "", e.path, x.correct)
                    _count(self.labels, key, [sign * n for n in label_sums(e, x, in_force)])

    def _add_score(self, a: AttemptRow, truth: LabelRow | None, at: Key, sign: int) -> None:
        if a.outcome is None or a.score is None:
            return
        index = score_bin(a.score)
        if index is not None:
            said = "unknown" if truth is None else ("right" if truth.correct else "wrong")
            self._bin(at, "score", f"{a.outcome}/{said}", index, sign)

    def tables(self, sign: int = 1) -> dict[tuple[str, str], Sums]:
        """(family, tier) to the sums of that table, all routes' rows included; `sign` -1 to take
        them away."""
        quarters = {"bins": _with_all_routes(_summed(self.bins, sign))}
        quarters["labels"] = _with_all_routes(_summed(self.labels, sign))
        out: dict[tuple[str, str], Sums] = {}
        for family, vectors in (("events", self.events), ("attempts", self.attempts)):
            minutes = _with_all_routes(_summed(vectors, sign), 4)
            out[family, "minute"] = {k: v for k, v in minutes.items() if k[3] >= self.minute_floor}  # type: ignore[operator]
            quarters[family] = _merged(minutes, 3, lambda t: t - t % QUARTER)
        for family, sums in quarters.items():
            out[family, "quarter"] = sums
            out[family, "day"] = _merged(sums, 3, self.local_day)
        out["callers", "hour"] = _summed(self.callers, sign)
        out["callers", "utc_day"] = _merged(out["callers", "hour"], 2, lambda t: t - t % UTC_DAY)
        return out


def estimating(labels: Iterable[LabelRow], attempt: int) -> LabelRow | None:
    """The label that rates rest on: highest precedence among executable and random ones."""
    return _first(x for x in labels if x.attempt == attempt and _estimates(x))


def _estimates(label: LabelRow) -> bool:
    return label.source == "executable" or label.sampling == "random"


def _first(labels: Iterable[LabelRow]) -> LabelRow | None:
    return min(labels, key=lambda x: LABEL_PRECEDENCE.index(x.source), default=None)


def _count(vectors: Vectors, key: Key, values: list[int]) -> None:
    held = vectors.get(key)
    if held is None:
        vectors[key] = [values]
    else:
        held.append(values)


def _summed(vectors: Vectors, sign: int = 1) -> Sums:
    sums = {k: v[0] if len(v) == 1 else [sum(c) for c in zip(*v, strict=True)] for k, v in vectors.items()}
    return sums if sign > 0 else {k: [-n for n in v] for k, v in sums.items()}


def _merged(sums: Sums, place: int, bucket: Callable[[int], int]) -> Sums:
    """The same sums in wider buckets; `place` is where the bucket stands in the key."""
    out: Vectors = {}
    for key, values in sums.items():
        _count(out, (*key[:place], bucket(key[place]), *key[place + 1 :]), values)  # type: ignore[arg-type]
    return _summed(out)


def _with_all_routes(sums: Sums, revision_at: int | None = None) -> Sums:
    """The sums per route, and beside them those over all routes and revisions."""
    out: Vectors = {}
    for key, values in sums.items():
        whole = [*key]
        whole[2] = ALL
        if revision_at is not None:
            whole[revision_at] = ALL
        _count(out, tuple(whole), values)
    return sums | _summed(out)
