"""From rows to sums: what one event adds to each rollup.

Ingest and rebuild both call this, on the same rows, so they cannot disagree; `verify` adds the same up by SQL
(verification), so that a mistake here shows. Events and attempts are summed per minute, distributions and
labels per quarter-hour, callers per hour; the wider buckets and the sums over all routes are merged from
those.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from cascadewatch.metrics.measures import latency_bin, score_bin
from cascadewatch.model import LABEL_PRECEDENCE
from cascadewatch.store.contribution import (
    Key,
    attempt_kind,
    attempt_numbers,
    attempt_sums,
    caller_numbers,
    caller_sums,
    event_kind,
    event_numbers,
    event_sums,
    label_sums,
    time_before,
)
from cascadewatch.store.rowtypes import AttemptRow, EventRow, LabelRow

MINUTE = 60_000
QUARTER = 15 * MINUTE
HOUR = 60 * MINUTE
UTC_DAY = 24 * HOUR
ALL = ""  # the route of a row that sums over all routes
DAY_TIER = "day"  # local days; `utc_day` are those of callers

Sums = dict[Key, list[int]]
Gathered = dict[Key, list[Key]]  # not summed yet: columns are summed at once, in C


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


class Floors(NamedTuple):
    """From when on (epoch ms) the finest sums are kept: per minute, per caller and hour, and the
    distributions of single routes per quarter-hour."""

    minute: int = 0
    caller_hour: int = 0
    distribution: int = 0


EVERYTHING = Floors()


class Cells:
    """Sums of some events, to be added to the rollups (or, with sign -1, taken away)."""

    def __init__(self, fold: Fold, local_day: Callable[[int], int], floors: Floors = EVERYTHING) -> None:
        self.fold = fold
        self.local_day = local_day
        self.floors = floors  # what is older is not made
        self.events: Gathered = defaultdict(list)  # by key and kind: what is alike is summed together
        self.attempts: Gathered = defaultdict(list)  # so here
        self.callers: Gathered = defaultdict(list)
        self.labels: Gathered = defaultdict(list)
        self.bins: dict[Key, int] = defaultdict(int)

    def add(self, e: EventRow, attempts: Sequence[AttemptRow], labels: Sequence[LabelRow] = ()) -> None:
        """Counts one event in, with the labels it has."""
        cascade, origin, time = e.cascade, e.origin, e.time
        route, revision = self.fold.series[e.route, e.revision]
        minute = (cascade, origin, route, time - time % MINUTE, revision)
        quarter = (cascade, origin, route, time - time % QUARTER)
        self.events[minute, event_kind(e, attempts)].append(event_numbers(e, attempts))
        self._add_attempts(e, attempts, minute)
        self._add_bins(e, attempts, quarter)
        self._add_labels(e, attempts, labels, quarter, 1)
        self.add_caller(e)

    def add_caller(self, e: EventRow) -> None:
        """Counts one event in for its caller alone, if it has one."""
        if e.caller is not None:
            hour = (e.cascade, e.origin, e.time - e.time % HOUR, self.fold.caller[e.caller])
            self.callers[hour].append(caller_numbers(e))

    def _add_attempts(self, e: EventRow, attempts: Sequence[AttemptRow], minute: Key) -> None:
        seen: set[str] = set()
        last, served = len(attempts) - 1, e.served_index
        model, verifier = self.fold.model, self.fold.verifier
        for i, a in enumerate(attempts):
            tier = a.tier
            at = (*minute, tier, model[a.model], verifier[a.verifier])
            kind = attempt_kind(a, tier not in seen, i == served, i == last)
            seen.add(tier)
            self.attempts[at, kind].append(attempt_numbers(a))

    def _add_bins(self, e: EventRow, attempts: Sequence[AttemptRow], at: Key) -> None:
        if e.latency_ms is not None:
            self.bins[*at, "latency", e.path, latency_bin(e.latency_ms)] += 1
        if e.escalated and e.served_index:
            wait = time_before(attempts, e.served_index)
            if wait is not None:
                self.bins[*at, "penalty", "", latency_bin(wait)] += 1
        for a in attempts:
            if a.reason is not None:
                self.bins[*at, "reason", f"{a.outcome}/{self.fold.reason[a.reason]}", 0] += 1

    def add_labels(
        self, e: EventRow, attempts: Sequence[AttemptRow], labels: Sequence[LabelRow], sign: int
    ) -> None:
        """Counts what depends on labels: confusion, and the verifier's score by correctness.

        A later label changes both: take the old state away with sign -1, then add the new.
        """
        route, _ = self.fold.series[e.route, e.revision]
        self._add_labels(e, attempts, labels, (e.cascade, e.origin, route, e.time - e.time % QUARTER), sign)

    def _add_labels(
        self, e: EventRow, attempts: Sequence[AttemptRow], labels: Sequence[LabelRow], at: Key, sign: int
    ) -> None:
        if e.cheap_index is not None:
            truth = estimating(labels, e.cheap_index) if labels else None
            self._add_score(attempts[e.cheap_index], truth, at, sign)
        if not labels:
            return
        for role, index in (("cheap", e.cheap_index), ("served", e.served_index)):
            if index is None:
                continue
            probabilities = _in_force(labels, index)
            for x in labels:
                if x.attempt == index:
                    key = (*at, x.source, x.sampling, role, attempts[index].outcome or "", e.path, x.correct)
                    sums = label_sums(e, probabilities.get(x))
                    self.labels[key].append(tuple([sign * n for n in sums]))

    def _add_score(self, a: AttemptRow, truth: LabelRow | None, at: Key, sign: int) -> None:
        if a.outcome is None or a.score is None:
            return
        index = score_bin(a.score)
        if index is not None:
            said = "unknown" if truth is None else ("right" if truth.correct else "wrong")
            self.bins[*at, "score", f"{a.outcome}/{said}", index] += sign

    def tables(self, sign: int = 1) -> dict[tuple[str, str], Sums]:
        """(family, tier) to the sums of that table, all routes' rows included; `sign` -1 to take
        them away."""
        out: dict[tuple[str, str], Sums] = {}
        quarters = {
            "bins": _with_all_routes({key: [n] for key, n in self.bins.items()}),
            "labels": _with_all_routes(_summed(self.labels)),
        }
        minutes = {
            "events": _of_kinds(self.events, event_sums),
            "attempts": _of_kinds(self.attempts, attempt_sums),
        }
        for family, sums in minutes.items():
            whole = _with_all_routes(sums, 4)
            out[family, "minute"] = {k: v for k, v in whole.items() if k[3] >= self.floors.minute}
            quarters[family] = _merged(whole, 3, lambda t: t - t % QUARTER)
        for family, sums in quarters.items():
            out[family, "quarter"] = sums
            out[family, DAY_TIER] = _merged(sums, 3, self.local_day)
        hours = {key: caller_sums(numbers) for key, numbers in self.callers.items()}
        out["callers", "utc_day"] = _merged(hours, 2, lambda t: t - t % UTC_DAY)
        out["callers", "hour"] = {k: v for k, v in hours.items() if k[2] >= self.floors.caller_hour}
        oldest = self.floors.distribution
        bins = out["bins", "quarter"].items()
        out["bins", "quarter"] = {k: v for k, v in bins if k[2] == ALL or k[3] >= oldest}
        return out if sign > 0 else {table: _taken_away(sums) for table, sums in out.items()}


def estimating(labels: Iterable[LabelRow], attempt: int) -> LabelRow | None:
    """The label that rates rest on: highest precedence among executable and random ones."""
    return _first(x for x in labels if x.attempt == attempt and estimates(x))


def estimates(label: LabelRow) -> bool:
    """Whether it was drawn, and not chosen by somebody."""
    return label.source == "executable" or label.sampling == "random"


def _in_force(labels: Iterable[LabelRow], attempt: int) -> dict[LabelRow, float]:
    """The labels of an attempt that count, one of the drawn and one of the chosen, each with the probability
    to weigh it by.

    Of several that were drawn it is the largest, whichever is in force: an answer with an executable check
    was labelled anyway. If it weighed as much as one that was found by drawing one in twenty, such answers
    would count twice.
    """
    mine = [x for x in labels if x.attempt == attempt]
    found = {}
    for drawn in ([x for x in mine if estimates(x)], [x for x in mine if not estimates(x)]):
        first = _first(drawn)
        if first is not None:
            found[first] = max(x.probability for x in drawn)
    return found


def _first(labels: Iterable[LabelRow]) -> LabelRow | None:
    return min(labels, key=lambda x: LABEL_PRECEDENCE.index(x.source), default=None)


def _of_kinds(gathered: Gathered, sums_of: Callable[[Key, list[Key]], list[int]]) -> Sums:
    out: dict[Key, list[list[int]]] = defaultdict(list)
    for (at, kind), numbers in gathered.items():
        out[at].append(sums_of(kind, numbers))
    return _summed(out)


def _summed(gathered: dict[Key, list[Any]]) -> Sums:
    return {
        k: list(v[0]) if len(v) == 1 else [sum(c) for c in zip(*v, strict=True)] for k, v in gathered.items()
    }


def _taken_away(sums: Sums) -> Sums:
    return {key: [-n for n in values] for key, values in sums.items()}


def _merged(sums: Sums, place: int, bucket: Callable[[int], int]) -> Sums:
    """The same sums in wider buckets; `place` is where the bucket stands in the key."""
    out: dict[Key, list[list[int]]] = defaultdict(list)
    for key, values in sums.items():
        out[*key[:place], bucket(key[place]), *key[place + 1 :]].append(values)
    return _summed(out)


def _with_all_routes(sums: Sums, revision_at: int | None = None) -> Sums:
    """The sums per route, and beside them those over all routes and revisions."""
    out: dict[Key, list[list[int]]] = defaultdict(list)
    for key, values in sums.items():
        whole = [*key]
        whole[2] = ALL
        if revision_at is not None:
            whole[revision_at] = ALL
        out[tuple(whole)].append(values)
    return sums | _summed(out)
