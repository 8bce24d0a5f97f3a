"""Who is escalating: the rows of the Traffic page and the sentence above them. Pure.

Rows are plain mappings, ready for a table; money in USD, None where it is not known. "Extra cost" is
what came after the cheap tier: escalations and fallbacks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from cascadewatch.metrics import compute
from cascadewatch.metrics.interval import proportion
from cascadewatch.metrics.latency import escalation_penalty
from cascadewatch.metrics.measures import PARTS
from cascadewatch.metrics.tiers import tier_names
from cascadewatch.metrics.window import Counts, Metric, Window
from cascadewatch.model import CAUSES, JUDGE_FAILURES
from cascadewatch.store.reads import Caller
from dashboard.formats import count, dollars, milliseconds, percent, span

NANO = 1_000_000_000
ENOUGH = 200  # judged events before a route's or caller's rate is worth a word
STANDS_OUT = 4  # standard errors above the others; with 1,000 honest callers about 3 % of days show one
SPREAD = 0.04  # overdispersion: honest callers differ, they are not coins of one kind
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a sentence; `theirs`: a name that somebody sent."""

    words: str
    theirs: bool = False


Line = tuple[Part, ...]


def answer(window: Window, routes: Mapping[str, Counts], callers: Sequence[Caller]) -> list[Line]:
    """Who carries the escalations, in up to four lines. `routes` and `callers` are those of the cascade;
    where one route is looked at, leave both empty."""
    counts = window.counts
    rate = proportion(counts["escalated"], counts["judged"], "no judged events")
    if rate.value is None:
        return [(Part(f"None of the {count(counts['events'])} events was judged, so none escalated."),)]
    waited = escalation_penalty(window).value
    wait = (
        "" if waited is None else f" An escalated event had waited {milliseconds(waited)} by then (median)."
    )
    first = (
        f"{count(counts['escalated'])} of {count(rate.n)} judged events escalated"
        f" ({percent(rate.value)}, {span(rate.low, rate.high)}); what came after the cheap tier cost"
        f" {dollars(_extra(counts))}.{wait}"
    )
    return [(Part(first),), *_route_lines(counts, routes), *_caller_line(counts, callers)]


def _route_lines(whole: Counts, routes: Mapping[str, Counts]) -> list[Line]:
    if len(routes) < 2 or not whole["escalated"]:
        return []
    top, held = max(routes.items(), key=lambda item: (item[1]["escalated"], item[0]))
    extra = _extra(whole)
    money = f" and {dollars(_extra(held))} of the {dollars(extra)}" if extra else ""
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
    rates = {
        name: proportion(c["escalated"], c["judged"], "")
        for name, c in routes.items()
        if c["judged"] >= ENOUGH
    }
    if not rates:
        return None, None
    name = max(rates, key=lambda n: (rates[n].value or 0, n))
    low = rates[name].low
    overall = whole["escalated"] / whole["judged"]
    return (name, rates[name]) if low is not None and low > overall else (None, None)


def _caller_line(whole: Counts, callers: Sequence[Caller]) -> list[Line]:
    """The caller furthest beyond what its traffic explains; else that none stands out."""
    if len(callers) < 2 or not whole["escalated"]:
        return []
    out = [c for c in callers if stands_out(c, whole)]
    if out:
        top = max(out, key=lambda c: (excess(c, whole), c.caller))
        rate = proportion(top.escalated, top.judged, "")
        more = f" {count(len(out) - 1)} more callers stand out." if len(out) > 2 else ""
        more = " One more caller stands out." if len(out) == 2 else more
        words = (
            f" stands out: {percent(rate.value, 0)} of its judged events escalated"
            f" ({span(rate.low, rate.high)}), {percent(top.escalated / whole['escalated'])} of all escalations"
            f" from {percent(top.judged / whole['judged'])} of the judged events,"
            f" {dollars(top.extra_cost / NANO)} of the extra cost.{more}"
        )
        return [(Part("Caller "), Part(top.caller, theirs=True), Part(words))]
    top = max(callers, key=lambda c: (c.escalated, c.caller))
    words = (
        f" has most, {percent(top.escalated / whole['escalated'])} of the escalations from"
        f" {percent(top.judged / whole['judged'])} of the judged events."
    )
    return [(Part("No caller stands out: "), Part(top.caller, theirs=True), Part(words))]


def excess(caller: Caller, whole: Counts) -> float:
    """Escalated events beyond what the cascade's rate would give for this caller's judged events."""
    rate = whole["escalated"] / whole["judged"] if whole["judged"] else 0.0
    return caller.escalated - rate * caller.judged


def stands_out(caller: Caller, whole: Counts) -> bool:
    """Whether a caller escalates far more often than all others together, more than chance and the
    spread among honest callers explain (a beta-binomial's standard error, overdispersion 0.04)."""
    others, hits = whole["judged"] - caller.judged, whole["escalated"] - caller.escalated
    if caller.judged < ENOUGH or others <= 0 or not 0 < hits < others:
        return False
    rate = hits / others
    error = sqrt(rate * (1 - rate) * (1 + (caller.judged - 1) * SPREAD) / caller.judged)
    return caller.escalated / caller.judged - rate >= STANDS_OUT * error


def route_rows(cascade: str, window: Window, routes: Mapping[str, Counts]) -> list[Row]:
    """One row per route, the most extra cost first."""
    events = sum(c["events"] for c in routes.values())
    rows = [
        {"cascade": cascade, "route": name, **_group(window, counts, events)}
        for name, counts in routes.items()
    ]
    return sorted(rows, key=lambda r: (-r["extra"], -r["escalated"], -r["events"]))


def revision_rows(window: Window, revisions: Mapping[str, Counts]) -> list[Row]:
    """One row per revision, the busiest first; "" is of events that named none."""
    events = sum(c["events"] for c in revisions.values())
    rows = [{"revision": name, **_group(window, counts, events)} for name, counts in revisions.items()]
    return sorted(rows, key=lambda r: -r["events"])


def _group(window: Window, counts: Counts, events: int) -> Row:
    part = window.narrowed(counts, window.start, window.end)
    metrics = compute(part, ["escalation_rate", "blended_cost_usd"])
    rate = metrics["escalation_rate"]
    return {
        "events": counts["events"],
        "share": percentage(counts["events"] / events if events else None),
        "judged": counts["judged"],
        "escalated": counts["escalated"],
        "rate": percentage(rate.value),
        "interval": span(rate.low, rate.high),
        "cost": sum(counts[f"cost_{name}"] for name in PARTS) / NANO,
        "extra": _extra(counts),
        "per_event": metrics["blended_cost_usd"].value,
    }


def caller_rows(whole: Counts, callers: Sequence[Caller]) -> list[Row]:
    """One row per caller, the one furthest beyond what its traffic explains first."""
    rows = []
    for c in callers:
        rate = proportion(c.escalated, c.judged, "")
        rows.append(
            {
                "caller": c.caller, "events": c.events, "judged": c.judged, "escalated": c.escalated,
                "rate": percentage(rate.value), "interval": span(rate.low, rate.high),
                "excess": excess(c, whole), "extra": c.extra_cost / NANO, "stands_out": stands_out(c, whole),
            }
        )  # fmt: skip
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
    """One row per tier, model and verifier, cheapest tier first, the busiest of a tier first."""
    places = {name: i for i, name in enumerate(tier_names(window))}
    events = window.counts["events"]
    rows = []
    for t in sorted(window.tiers, key=lambda t: (places[t.tier], -t.counts["attempts"])):
        c = t.counts
        asked = c["accept"] + c["reject"] + sum(c[f"judge_{name}"] for name in JUDGE_FAILURES)
        failed = sum(c[f"judge_{name}"] for name in JUDGE_FAILURES)
        rows.append(
            {
                "tier": t.tier, "model": t.model or None, "verifier": t.verifier or None,
                "attempts": c["attempts"], "hits": percentage(c["served"] / events if events else None),
                "ends": percentage(_mean(c["ended"], c["reached"])),
                "failed": percentage(_mean(c["attempts"] - c["ok"], c["attempts"])),
                "input": _mean(c["input"] + c["cache_read"] + c["cache_write"], c["tokens_known"]),
                "output": _mean(c["output"], c["tokens_known"]),
                "cost": c["cost"] / NANO if c["priced"] or not c["priceable"] else None,
                "latency": _mean(c["latency_us"] / 1000, c["latency_known"]),
                "rejects": percentage(_mean(c["reject"], c["accept"] + c["reject"])),
                "judge_failures": percentage(_mean(failed, asked)),
                "verify_cost": c["verify_cost"] / NANO if c["verify_priced"] else None,
                "verify_latency": _mean(c["verify_latency_us"] / 1000, c["verify_latency_known"]),
            }
        )  # fmt: skip
    return rows


def percentage(share: float | None) -> float | None:
    """A share as tables show it: 0 to 100."""
    return None if share is None else share * 100


def _extra(counts: Counts) -> float:
    return (counts["cost_escalated"] + counts["cost_fallback"]) / NANO


def _mean(total: float, n: int) -> float | None:
    return total / n if n else None
