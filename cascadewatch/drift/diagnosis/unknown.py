"""What is said when no cause explains most of a move: what was looked at, and what did not change."""

from collections.abc import Iterator

from cascadewatch.drift.diagnosis.cause import Cause, Fact
from cascadewatch.drift.diagnosis.spoken import duration, part_of, points
from cascadewatch.drift.diagnosis.view import (
    SMALL,
    View,
    answer_facts,
    change_fact,
    change_words,
    rate_fact,
    split_words,
)
from cascadewatch.drift.distribution import compare, moved
from cascadewatch.metrics.measures import SCORE_BINS

METRIC_WORDS = {
    "flagship_share": "flagship's share",
    "judge_failure_rate": "share of failed verdicts",
    "fallback_rate": "fallback rate",
    "exhausted_rate": "exhausted rate",
    "retry_rate": "retry rate",
    "cache_hit_rate": "cache hit rate",
}


def unknown(view: View, reason: str | None) -> Cause:
    """No named cause, with the strongest evidence there is; `reason` is the reject reason that moved most."""
    return Cause(
        "unknown", None, round(view.material.moved.after.n), "; ".join(_summary(view, reason)),
        tuple(_facts(view)), _next(view), None if _is_of_fallbacks(view) else "verifier check",
    )  # fmt: skip


def _summary(view: View, reason: str | None) -> Iterator[str]:
    if view.is_small:
        against = "the days before" if view.material.against == "days before" else "the baseline's own days"
        what = METRIC_WORDS.get(view.material.metric, "escalation rate")
        yield f"against {against} the {what} hardly differs"
    changes = view.material.changes
    revisions = [c for c in changes if c.what == "revision"]
    if revisions:
        yield f"coincides with {change_words(revisions[0], view)}"
    elif changes:
        yield f"{change_words(changes[0], view)}, which explains little of it"
    else:
        yield _nothing(view)
    if reason is not None:
        yield reason
    split = view.routes
    if split is not None and abs(split.total) >= SMALL:
        yield f"within routes moved {part_of(split.behaviour, split.total)}"


def _nothing(view: View) -> str:
    near = duration(view.material.near)
    if view.material.thresholds:
        return f"no model, verifier, threshold, revision or price changed within {near} of it"
    return f"no model, verifier or revision changed within {near} of it; events say no threshold"


def _facts(view: View) -> Iterator[Fact]:
    yield rate_fact("Rate", view.material.moved)
    for change in view.material.changes:
        yield change_fact(change, view)
    if abs(view.material.routed.growth) >= SMALL:
        yield rate_fact("Sent straight past the cheap tier", view.material.routed)
    yield from _scores(view)
    yield from answer_facts(view)
    who = view.concentration
    if who is not None:
        meaning = {"systemic": "nearly all callers moved", "concentrated": "few callers carry it",
                   "unclear": "neither few callers nor all of them"}  # fmt: skip
        yield Fact("Callers", meaning[who.verdict], {"above": who.above, "carried": who.carried})
    if view.routes is not None:
        split = view.routes
        yield Fact(
            "Split by route", split_words("route", split),
            {"mix": split.mix, "behaviour": split.behaviour},
        )  # fmt: skip


def _scores(view: View) -> Iterator[Fact]:
    before: dict[int, int] = {}
    after: dict[int, int] = {}
    for sides in view.material.scores.values():
        for total, histogram in zip((before, after), sides, strict=True):
            for place, n in histogram.items():
                total[place] = total.get(place, 0) + n
    found, far = compare(before, after), moved(before, after, SCORE_BINS)
    if found.effect is None or far is None:
        return
    way = "moved" if found.drifted else "as before"
    yield Fact(
        "Scores", f"{way}: by {far:.2f} on average, largest gap {points(found.effect)}",
        {"moved": far, "p": found.p, "effect": found.effect, "n": found.n},
    )  # fmt: skip


def _is_of_fallbacks(view: View) -> bool:
    return view.material.metric == "fallback_rate"


def _next(view: View) -> str:
    if _is_of_fallbacks(view):
        return "Look at single fallbacks and their causes."
    if any(c.what == "revision" for c in view.material.changes):
        return (
            "Look at what that revision changed, then run the verifier check: it tells verifier from model."
        )
    return "Run the verifier check: on frozen answers it tells a changed verifier from changed answers."
