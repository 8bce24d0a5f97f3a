"""From rows to sums: what one event adds to each rollup.

Ingest, rebuild and verify all call this, on the same rows, so they cannot disagree. Events and
attempts are summed per minute, distributions and labels per quarter-hour, callers per hour; the
wider buckets and the sums over all routes are merged from those.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from cascadewatch.metrics.measures import latency_bin, score_bin
from cascadewatch.model import JUDGE_FAILURES, LABEL_PRECEDENCE
from cascadewatch.store.rows import NOT_PRICEABLE
from cascadewatch.store.rowtypes import AttemptRow, EventRow

MINUTE = 60_000
QUARTER = 15 * MINUTE
HOUR = 60 * MINUTE
UTC_DAY = 24 * HOUR
ALL = ""  # the route of a row that sums over all routes

Key = tuple[str | int, ...]
Sums = dict[Key, list[int]]
Vectors = dict[Key, list[list[int]]]  # not summed yet: columns are summed at once, in C


class LabelRow(NamedTuple):
    """One label in force or not; `probability` is that of a random sample."""

    attempt: int
    source: str
    correct: int
    sampling: str
    probability: float


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
        _count(self.events, at, _event_sums(e, attempts))
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
            sums = _attempt_sums(a, a.tier not in seen, a.position == e.served_index, a.position == last)
            seen.add(a.tier)
            _count(self.attempts, key, sums)

    def _add_bins(self, e: EventRow, attempts: Sequence[AttemptRow], at: Key) -> None:
        if e.latency_ms is not None:
            self._bin(at, "latency", e.path, latency_bin(e.latency_ms))
        if e.escalated and e.served_index:
            wait = _time_before(attempts, e.served_index)
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
                    _count(self.labels, key, [sign * n for n in _label_sums(e, x, in_force)])

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


def _time_before(attempts: Sequence[AttemptRow], served: int) -> float | None:
    total = 0.0
    for a in attempts[:served]:
        if a.latency_ms is None:
            return None
        total += a.latency_ms + (a.verify_latency_ms or 0.0)
    return total


def _label_sums(e: EventRow, x: LabelRow, in_force: bool) -> list[int]:
    if not in_force:
        return [1, 0, 0, 0, 0, 0]
    weight = round(1000 / x.probability)
    if e.priced != e.priceable:
        return [1, 1, weight, weight * weight, 0, 0]
    return [1, 1, weight, weight * weight, weight * e.extra_cost, weight]


def _event_sums(e: EventRow, attempts: Sequence[AttemptRow]) -> list[int]:
    """EVENT_MEASURES of one event."""
    cause, path = e.cause, e.path
    full = e.priced == e.priceable
    cost = e.cost_cheap + e.cost_verify + e.cost_escalated + e.cost_fallback + e.cost_routed + e.cost_other
    real = e.comparable and e.flagship_index is not None
    worked_out = e.comparable and e.counterfactual_input is not None
    averaged = e.comparable - real - worked_out
    even = int(e.judged and full)
    extra = e.extra_cost if e.escalated else 0
    return [
        1, e.completed, e.judged, e.escalated, int(e.escalated and e.escalations > 1), e.escalations,
        e.exhausted, int(cause is not None), int(cause == "error"), int(cause == "timeout"),
        int(cause == "refused"), int(cause == "rate_limited"), int(cause == "judge"),
        int(cause == "unknown"), int(path == "cached"), int(path == "routed"), int(path == "accepted"),
        int(path == "unverified"), _accepted(e, attempts), int(e.retries > 0), e.flagship,
        e.cost_cheap, e.cost_verify, e.cost_escalated, e.cost_fallback, e.cost_routed, e.cost_other,
        e.priceable, e.priced,
        e.comparable, cost if e.comparable else 0,
        *_flagship_sums(e, attempts, int(real), int(worked_out), averaged),
        *_pair_sums(e, attempts),
        even, cost - extra if even else 0, int(even and e.escalated), extra if even else 0,
        *(_flagship_sums(e, attempts, int(real), int(worked_out), averaged) if even else (0, 0, 0, 0, 0, 0)),
    ]  # fmt: skip


def _accepted(e: EventRow, attempts: Sequence[AttemptRow]) -> int:
    return int(e.judged and e.cheap_index is not None and attempts[e.cheap_index].outcome == "accept")


def _flagship_sums(
    e: EventRow, attempts: Sequence[AttemptRow], real: int, worked_out: int, averaged: int
) -> tuple[int, ...]:
    return (
        real, (attempts[e.flagship_index or 0].cost or 0) if real else 0,
        worked_out,
        (e.counterfactual_input or 0) if worked_out else 0,
        (e.counterfactual_output or 0) if worked_out else 0,
        averaged,
    )  # fmt: skip


def _pair_sums(e: EventRow, attempts: Sequence[AttemptRow]) -> tuple[int, ...]:
    """Tokens of the cheap and the flagship answer where one event has both."""
    if e.flagship_index is None or e.cheap_index is None:
        return 0, 0, 0, 0, 0
    cheap, top = attempts[e.cheap_index], attempts[e.flagship_index]
    if None in (cheap.input, cheap.output, top.input, top.output):
        return 0, 0, 0, 0, 0
    return (
        1, _prompt(cheap), cheap.output or 0, _prompt(top), top.output or 0,
    )  # fmt: skip


def _prompt(a: AttemptRow) -> int:
    return (a.input or 0) + (a.cache_read or 0) + (a.cache_write or 0)


def _attempt_sums(a: AttemptRow, first: bool, served: bool, last: bool) -> list[int]:
    """ATTEMPT_MEASURES of one attempt."""
    status, outcome = a.status, a.outcome
    known = a.input is not None and a.output is not None
    cache_known = known and a.cache_read is not None
    asked = outcome is not None and a.verify_price_source != NOT_PRICEABLE
    return [
        1, int(first), int(served), int(last),
        int(status == "ok"), int(status == "error"), int(status == "timeout"),
        int(status == "refused"), int(status == "rate_limited"),
        a.cost or 0, 1, int(a.cost is not None),
        int(known), a.input or 0, a.cache_read or 0, a.cache_write or 0, a.output or 0, a.reasoning or 0,
        int(cache_known), _prompt(a) if cache_known else 0,
        int(a.latency_ms is not None), round((a.latency_ms or 0) * 1000),
        int(outcome == "accept"), int(outcome == "reject"), int(outcome == "error"),
        int(outcome == "timeout"), int(outcome == "unparseable"), int(outcome == "skipped"),
        a.verify_cost or 0, int(asked), int(asked and a.verify_cost is not None),
        int(a.verify_latency_ms is not None), round((a.verify_latency_ms or 0) * 1000),
    ]  # fmt: skip


assert JUDGE_FAILURES == {"error", "timeout", "unparseable"}  # each has its own measure above
