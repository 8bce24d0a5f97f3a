"""Who is escalating: the rows of the Traffic page and the sentence above them. Pure.

Rows are plain mappings, ready for a table; money in USD, None where it is not known. "Extra cost" is
what came after the cheap tier: escalations and fallbacks.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Any

from cascadewatch.metrics import compute
from cascadewatch.metrics.coverage import is_priced
from cascadewatch.metrics.interval import proportion
from cascadewatch.metrics.tiers import tier_names
from cascadewatch.metrics.window import Counts, Metric, Window
from cascadewatch.model import CAUSES, JUDGE_FAILURES
from cascadewatch.store.reads import ByCaller, Caller
from dashboard.formats import count, dollars, percent, span

NANO = 1_000_000_000
ENOUGH = 200  # judged events before a route's or caller's rate is worth a word
FALSE_MARKS = 0.05  # looks at honest callers alone in which one stands out
SPREAD = 0.04  # overdispersion: honest callers differ, they are not coins of one kind
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a sentence; `theirs`: a name that somebody sent."""

    words: str
    theirs: bool = False


Line = tuple[Part, ...]


def answer(window: Window, routes: Mapping[str, Counts], by_caller: ByCaller | None = None) -> list[Line]:
    """Who carries the escalations, in up to four lines. `routes` and `by_caller` are those of the cascade;
    where one route is looked at, leave both out."""
    counts = window.counts
    rate = proportion(counts["escalated"], counts["judged"], "no judged events")
    if rate.value is None:
        return [(Part(f"None of the {count(counts['events'])} events was judged, so none escalated."),)]
    first = (
        f"{percent(rate.value)} of {count(rate.n)} judged events escalated ({span(rate.low, rate.high)});"
        f" {_after(extra_usd(window))}."
    )
    lines = [(Part(first),), *_route_lines(window, routes)]
    return lines if by_caller is None else [*lines, *_caller_line(_part(window, by_caller.whole), by_caller)]


def _after(extra: float | None) -> str:
    if extra is None:
        return "what came after the cheap tier has no price"
    return f"what came after the cheap tier cost {dollars(extra)}"


def _route_lines(window: Window, routes: Mapping[str, Counts]) -> list[Line]:
    whole = window.counts
    if len(routes) < 2 or not whole["escalated"]:
        return []
    top, held = max(routes.items(), key=lambda item: (item[1]["escalated"], item[0]))
    extra, part = extra_usd(window), extra_usd(_part(window, held))
    money = f" and {dollars(part)} of the {dollars(extra)}" if extra and part is not None else ""
    carries = (
        f" carries most: {percent(held['escalated'] / whole['escalated'], 0)} of the escalations{money},"
        f" from {percent(held['judged'] / whole['judged'], 0)} of the judged events."
    )
    out: list[Line] = [(Part("Route "), Part(top, theirs=True), Part(carries))]
    steep, rate = _steepest(whole, routes)
    if steep is not None and steep != top and rate is not None:
        words = f" escalates most often: {percent(rate.value, 0)} ({span(rate.low, rate.high)})."
        out.append((Part("Route "), Part(steep, theirs=True), Part(words)))
    return out


def _steepest(whole: Counts, routes: Mapping[str, Counts]) -> tuple[str | None, Metric | None]:
    """The route with the highest rate, if that is surely above the cascade's."""
    busy = {name: c for name, c in routes.items() if c["judged"] >= ENOUGH}
    rates = {name: proportion(c["escalated"], c["judged"], "") for name, c in busy.items()}
    if not rates:
        return None, None
    name = max(rates, key=lambda n: (rates[n].value or 0, n))
    low = rates[name].low
    overall = whole["escalated"] / whole["judged"]
    return (name, rates[name]) if low is not None and low > overall else (None, None)


def _caller_line(theirs: Window, by_caller: ByCaller) -> list[Line]:
    """The caller furthest beyond what its traffic explains; else that none stands out."""
    callers, seen, whole = by_caller.callers.rows, by_caller.seen, by_caller.whole
    if len(callers) < 2 or not whole["escalated"]:
        return []
    out = [c for c in callers if stands_out(c, whole, seen)]
    if out:
        top = max(out, key=lambda c: (excess(c, whole), c.caller))
        rate = proportion(top.escalated, top.judged, "")
        more = {1: "", 2: " One more stands out."}.get(len(out), f" {count(len(out) - 1)} more stand out.")
        money = f", and {dollars(top.extra_cost / NANO)} of the extra cost" if is_priced(theirs) else ""
        words = (
            f" stands out: {percent(rate.value, 0)} of its judged events escalated"
            f" ({span(rate.low, rate.high)})."
            f" {_part_of(top, whole)}{money}.{more}"
        )
        return [(Part("Caller "), Part(top.caller, theirs=True), Part(words))]
    top = max(callers, key=lambda c: (c.escalated, c.caller))
    words = f" has the most escalations. {_part_of(top, whole)}."
    return [(Part("No caller stands out: "), Part(top.caller, theirs=True), Part(words))]


def _part_of(caller: Caller, whole: Counts) -> str:
    escalations, judged = caller.escalated / whole["escalated"], caller.judged / whole["judged"]
    return (
        f"It sends {percent(judged, 0)} of the judged events and {percent(escalations, 0)} of the escalations"
    )


def excess(caller: Caller, whole: Counts) -> float:
    """Escalated events beyond what the cascade's rate would give for this caller's judged events."""
    rate = whole["escalated"] / whole["judged"] if whole["judged"] else 0.0
    return caller.escalated - rate * caller.judged


def stands_out(caller: Caller, whole: Counts, seen: int) -> bool:
    """Whether a caller escalates more often than all others together, beyond what chance and the spread
    among honest callers explain: a beta-binomial's standard error with overdispersion 0.04, and one false
    mark in twenty looks at all `seen` callers (Bonferroni).

    The page asks who is expensive in the range on show, whether or not anything changed: so it compares with
    the other callers of that range. An alert asks who made the rate move: so it compares each caller with its
    own past (`cascadewatch.drift.diagnosis.concentration`). A caller that has always escalated much stands
    out here and is named by no alert.
    """
    others, hits = whole["judged"] - caller.judged, whole["escalated"] - caller.escalated
    if caller.judged < ENOUGH or others <= 0 or not 0 < hits < others:
        return False
    rate = hits / others
    error = sqrt(rate * (1 - rate) * (1 + (caller.judged - 1) * SPREAD) / caller.judged)
    beyond = NormalDist().inv_cdf(1 - FALSE_MARKS / max(seen, 1))
    return caller.escalated / caller.judged - rate >= beyond * error


def route_rows(cascade: str, window: Window, routes: Mapping[str, Counts]) -> list[Row]:
    """One row per route, the most extra cost first."""
    events = sum(c["events"] for c in routes.values())
    rows = [
        {"cascade": cascade, "route": name, **_group(window, counts, events)}
        for name, counts in routes.items()
    ]
    return sorted(rows, key=dearest_first)


def dearest_first(row: Row) -> tuple[float, int, int]:
    """The order of route rows: the most extra cost first; where none has a price, the most escalations."""
    return -(row["extra"] or 0), -row["escalated"], -row["events"]


def revision_rows(window: Window, revisions: Mapping[str, Counts]) -> list[Row]:
    """One row per revision, the busiest first; "" is of events that named none."""
    events = sum(c["events"] for c in revisions.values())
    rows = [{"revision": name, **_group(window, counts, events)} for name, counts in revisions.items()]
    return sorted(rows, key=lambda r: -r["events"])


def _group(window: Window, counts: Counts, events: int) -> Row:
    part = _part(window, counts)
    found = compute(part, ["cost_usd", "blended_cost_usd"])
    return {
        "events": counts["events"],
        "share": percentage(counts["events"] / events if events else None),
        "judged": counts["judged"],
        "escalated": counts["escalated"],
        **_rate(counts["escalated"], counts["judged"]),
        "cost": found["cost_usd"].value,
        "extra": extra_usd(part),
        "per_event": found["blended_cost_usd"].value,
    }


def _rate(escalated: int, judged: int) -> Row:
    rate = proportion(escalated, judged, "no judged events")
    return {"rate": percentage(rate.value), "interval": span(rate.low, rate.high)}


def caller_rows(window: Window, by_caller: ByCaller) -> list[Row]:
    """One row per caller of a cascade, the one furthest beyond what its traffic explains first."""
    seen, whole = by_caller.seen, by_caller.whole
    known = is_priced(_part(window, whole))
    rows = [
        {
            "caller": c.caller, "events": c.events, "judged": c.judged, "escalated": c.escalated,
            **_rate(c.escalated, c.judged), "excess": round(excess(c, whole)),
            "extra": c.extra_cost / NANO if known else None,
            "stands_out": stands_out(c, whole, seen),
        }
        for c in by_caller.callers.rows
    ]  # fmt: skip
    return sorted(rows, key=lambda r: (not r["stands_out"], -r["excess"]))


def reason_rows(window: Window) -> list[Row]:
    """Why verdicts were what they were: outcome and reason, the most frequent first."""
    found = [
        (*label.partition("/")[::2], sum(bins.values()))
        for (family, label), bins in window.bins.items()
        if family == "reason"
    ]
    per_outcome: dict[str, int] = {}
    for outcome, _, n in found:
        per_outcome[outcome] = per_outcome.get(outcome, 0) + n
    return [
        {"outcome": outcome, "reason": reason, "n": n, "share": percentage(n / per_outcome[outcome])}
        for outcome, reason, n in sorted(found, key=lambda f: (f[0] != "reject", -f[2]))
    ]


def cause_rows(counts: Counts) -> list[Row]:
    """Why events fell back, the most frequent first; none that did not happen."""
    rows = [
        {"cause": cause, "n": counts[f"fallback_{cause}"],
         "share": percentage(counts[f"fallback_{cause}"] / counts["fallbacks"])}
        for cause in CAUSES if counts[f"fallback_{cause}"]
    ]  # fmt: skip
    return sorted(rows, key=lambda r: -r["n"])


def tier_rows(window: Window) -> list[Row]:
    """One row per tier and model, cheapest tier first, the busiest model of a tier first."""
    places = {name: i for i, name in enumerate(tier_names(window))}
    groups = _added((t.tier, t.model) for t in window.tiers)
    for t in window.tiers:
        groups[t.tier, t.model].update(t.counts)
    busiest_first = sorted(groups.items(), key=lambda g: (places[g[0][0]], -g[1]["attempts"]))
    return [_tier_row(tier, model, c, window.counts["events"]) for (tier, model), c in busiest_first]


def _tier_row(tier: str, model: str, c: Counts, events: int) -> Row:
    return {
        "tier": tier, "model": model or None, "attempts": c["attempts"],
        "hits": percentage(_mean(c["served"], events)),
        "ends": percentage(_mean(c["ended"], c["reached"])),
        "failed": percentage(_mean(c["attempts"] - c["ok"], c["attempts"])),
        "input": _whole_mean(c["input"] + c["cache_read"] + c["cache_write"], c["tokens_known"]),
        "output": _whole_mean(c["output"], c["tokens_known"]),
        "cost": c["cost"] / NANO if c["priced"] or not c["priceable"] else None,
        "latency": _mean(c["latency_us"] / 1000, c["latency_known"]),
    }  # fmt: skip


def verifier_rows(window: Window) -> list[Row]:
    """One row per verifier and the tier it judged, the busiest first; none that gave no verdict."""
    groups = _added((t.verifier, t.tier) for t in window.tiers)
    for t in window.tiers:
        groups[t.verifier, t.tier].update(t.counts)
    rows = [_verifier_row(verifier, tier, c) for (verifier, tier), c in groups.items()]
    return sorted((row for row in rows if row["asked"]), key=lambda row: -row["asked"])


def _verifier_row(verifier: str, tier: str, c: Counts) -> Row:
    judged = c["accept"] + c["reject"]
    failed = sum(c[f"judge_{name}"] for name in JUDGE_FAILURES)
    return {
        "verifier": verifier or None, "tier": tier, "asked": judged + failed,
        "rejects": percentage(_mean(c["reject"], judged)),
        "judge_failures": percentage(_mean(failed, judged + failed)),
        "verify_cost": c["verify_cost"] / NANO if c["verify_priced"] or not c["verify_priceable"] else None,
        "verify_latency": _mean(c["verify_latency_us"] / 1000, c["verify_latency_known"]),
    }  # fmt: skip


def _added(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Counter[str]]:
    return {key: Counter() for key in keys}


def percentage(share: float | None) -> float | None:
    """A share as tables show it: 0 to 100."""
    return None if share is None else share * 100


def extra_usd(window: Window) -> float | None:
    """What came after the cheap tier; None where nothing has a price."""
    counts = window.counts
    return (counts["cost_escalated"] + counts["cost_fallback"]) / NANO if is_priced(window) else None


def _part(window: Window, counts: Counts) -> Window:
    return window.narrowed(counts, window.start, window.end)


def _mean(total: float, n: int) -> float | None:
    return total / n if n else None


def _whole_mean(total: int, n: int) -> int | None:
    return round(total / n) if n else None
