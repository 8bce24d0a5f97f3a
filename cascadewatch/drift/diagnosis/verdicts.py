"""Causes that lie with the verifier: another one, one that is broken, one that fails."""

import re
from collections.abc import Iterator

from cascadewatch.drift.diagnosis.cause import Cause, Fact
from cascadewatch.drift.diagnosis.chance import chance
from cascadewatch.drift.diagnosis.material import Change, Group, Share
from cascadewatch.drift.diagnosis.spoken import count, listed, part_of, percent, shown
from cascadewatch.drift.diagnosis.view import (
    BY_CHANCE,
    View,
    answer_facts,
    change_fact,
    change_words,
    rate_fact,
    surely_differ,
)

# Words by which verifiers say that it was the form of an answer, not its content.
_FORM = re.compile(
    r"format|schema|json|xml|yaml|pars|malform|syntax|truncat|empty|encod|invalid|no_verdict", re.I
)
ACCEPTS_ALL, REJECTS_ALL = 0.15, 0.85
OUTAGE = 0.02  # growth of the share of verdicts that fail


def verifier_changed(view: View) -> Iterator[Cause]:
    """Another verifier, or another model behind it."""
    cheap = view.material.cheap
    for change in view.changed("verifier", "verifier model"):
        if change.what == "verifier" and change.subject != cheap:
            continue
        carried, n = carried_by(change, view)
        if view.shift and not view.counts(carried):
            continue
        yield Cause(
            "verifier_changed", carried, n,
            f"{change_words(change, view)}; its verdicts carry {part_of(carried, view.shift)}",
            (change_fact(change, view), *_verdict_facts(change, view), *answer_facts(view)),
            f"Run the verifier check: {_old(change)} and {shown(change.after)} on the same answers. "
            f"Roll back if the new one is worse.",
            "verifier check",
        )  # fmt: skip


def judges_differently(view: View) -> Iterator[Cause]:
    """No name changed, but alike answers get other verdicts: seen from labels."""
    answers, labels = view.answers, view.material.labels
    named = view.changed("verifier", "verifier model", "threshold")
    if answers is None or labels is None or named or not view.scale:
        return
    if chance((labels.right, labels.wrong), view.rose) > BY_CHANCE:
        return
    carried = answers.behaviour * view.scale
    if view.counts(carried):
        n = labels.n_before + labels.n_after
        yield Cause(
            "verifier_changed", carried, n,
            "the verifier judges alike answers differently: by labels that is "
            f"{part_of(carried, view.shift)}, though no name or threshold changed",
            tuple(answer_facts(view)),
            "Run the verifier check on frozen answers, and ask whether its model or prompt was updated.",
            "verifier check",
        )  # fmt: skip


def carried_by(change: Change, view: View) -> tuple[float, int]:
    """How much of the move the verdicts under a new name carry, and how many there are.

    Their share × (their rate of rejects - the rate of what they replaced). Where the metric does not
    follow verdicts, or they cannot be told apart, the move × their share: that it coincides is all there is.
    """
    after, before, every = Share(0, 0), Share(0, 0), Share(0, 0)
    for use in view.material.uses:
        if use.tier != view.material.cheap:
            continue
        name = use.model if change.what == "model" else use.verifier
        every = Share(every.k + use.before.k, every.n + use.before.n)
        if name == change.after:
            after = Share(after.k + use.after.k, after.n + use.after.n)
        if name == change.before:
            before = Share(before.k + use.before.k, before.n + use.before.n)
    judged = sum(use.after.n for use in view.material.uses if use.tier == view.material.cheap)
    if not view.scale or after.rate is None or not judged or change.what == "verifier model":
        return view.shift * change.share, round(view.material.moved.after.n * change.share)
    former = before.rate if before.rate is not None else every.rate
    gain = 0.0 if former is None else after.n / judged * (after.rate - former)
    return gain * view.scale, round(after.n)


def _verdict_facts(change: Change, view: View) -> Iterator[Fact]:
    if change.what == "verifier":
        yield from reject_facts(change, view, "Rejects by")


def reject_facts(change: Change, view: View, words: str) -> Iterator[Fact]:
    """The rate of rejects on the cheap tier under the name before and the one after, where any are known."""
    for name in (change.before, change.after):
        uses = [use for use in view.material.uses if use.tier == view.material.cheap]
        mine = [use for use in uses if name == (use.model if change.what == "model" else use.verifier)]
        sums = [sum(side) for side in zip(*((*u.before, *u.after) for u in mine), strict=True)] or [0] * 4
        group = Group(name or "", Share(sums[0], sums[1]), Share(sums[2], sums[3]))
        if name is not None and (group.before.n or group.after.n):
            yield rate_fact(f"{words} {shown(name)}", group)


def verifier_broken(view: View) -> Iterator[Cause]:
    """It rejects answers for their form, or nearly everything, or nothing."""
    form = [g for g in view.material.reasons if _FORM.search(g.name) and g.growth > 0]
    carried = sum(g.growth for g in form) * view.scale
    named = view.changed("threshold")
    if form and view.counts(carried) and not _by_new_model(view):
        largest = sorted(form, key=lambda g: (-g.growth, g.name))
        names = listed([f"`{shown(g.name)}`" for g in largest[:3]])
        yield Cause(
            "verifier_broken", carried, round(sum(g.after.k for g in form)),
            f"rejects with reason {names} explain {part_of(carried, view.shift)}: the form of answers is"
            " refused, not their content",
            (*(rate_fact(f"Rejected: {shown(g.name)}", g) for g in largest[:3]), *_systemic(view)),
            "Look at a few of these rejects, then mend what the verifier expects or how the cheap tier is "
            "asked to answer.",
        )  # fmt: skip
    elif view.scale and not named:
        yield from _one_sided(view)


def _by_new_model(view: View) -> bool:
    """Another cheap model answers in another form: then it is not the verifier that broke."""
    cheap = [c for c in view.changed("model") if c.subject == view.material.cheap]
    return any(view.counts(carried_by(change, view)[0]) for change in cheap)


def _one_sided(view: View) -> Iterator[Cause]:
    group = view.material.escalated
    before, after = group.before.rate, group.after.rate
    if before is None or after is None or group.after.n < 30:
        return
    lax = not view.rose and before >= 0.05 and after <= before * ACCEPTS_ALL
    strict = view.rose and before <= 1 - REJECTS_ALL / 2 and after >= REJECTS_ALL
    who = view.concentration
    if not (lax or strict) or (who is not None and who.verdict == "concentrated"):
        return
    words = "accepts nearly everything" if lax else "rejects nearly everything"
    carried = group.growth * view.scale
    yield Cause(
        "verifier_broken", carried, round(group.after.n),
        f"the verifier {words}: {count(group.after.k)} of {count(group.after.n)} rejected",
        (rate_fact("Escalated", group), *_systemic(view), *answer_facts(view)),
        "Send the verifier an answer that is right and one that is wrong; it should tell them apart.",
    )  # fmt: skip


def _systemic(view: View) -> Iterator[Fact]:
    who = view.concentration
    if who is not None and who.above is not None:
        side = "above" if view.rose else "below"
        yield Fact(
            "Callers",
            f"{percent(who.above)} of {who.compared} callers lie {side} their own expectation",
            {"above": who.above, "compared": who.compared},
        )


def judge_outage(view: View) -> Iterator[Cause]:
    """Verdicts that fail: errors, timeouts, answers that cannot be read."""
    failures = view.material.failures
    if failures.growth < OUTAGE or not surely_differ(failures):
        return
    metric = view.material.metric
    carried: float | None = None
    if metric == "judge_failure_rate":
        carried = failures.growth
    elif metric in ("fallback_rate", "flagship_share"):
        carried = sum(g.growth for g in view.material.fallbacks if g.name == "judge")
    if carried is not None and not view.counts(carried):
        return
    tail = (
        f"; that is {part_of(carried, view.shift)}"
        if carried is not None and metric != "judge_failure_rate"
        else "; such requests fall back and do not count as escalated" if carried is None else ""
    )  # fmt: skip
    yield Cause(
        "judge_outage", carried, round(failures.after.k),
        f"{percent(failures.after.rate)} of verdicts fail, {percent(failures.before.rate)} before{tail}",
        (rate_fact("Verdicts that fail", failures), *map(_fallback_fact, view.material.fallbacks)),
        "Check the judge's provider, its limits and its time-out.",
    )  # fmt: skip


def _fallback_fact(group: Group) -> Fact:
    return rate_fact(f"Fallbacks: {group.name}", group)


def _old(change: Change) -> str:
    return shown(change.before) if change.before else "the former one"
