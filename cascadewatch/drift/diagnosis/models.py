"""Causes that lie with the models: another cheap model, a cheap tier that fails, other prices."""

from collections.abc import Iterator

from cascadewatch.drift.diagnosis.cause import Cause, Fact
from cascadewatch.drift.diagnosis.chance import chance
from cascadewatch.drift.diagnosis.spoken import listed, part_of, percent, shown
from cascadewatch.drift.diagnosis.verdicts import carried_by, reject_facts
from cascadewatch.drift.diagnosis.view import (
    BY_CHANCE,
    View,
    answer_facts,
    change_fact,
    change_words,
    rate_fact,
)

FAILURES = ("error", "timeout", "refused", "rate_limited")
BY_MONEY = ("cost_ratio", "savings_share", "blended_cost_usd", "price_coverage", "verifier_overhead")


def cheap_model_changed(view: View) -> Iterator[Cause]:
    """Another model on the cheap tier."""
    named = [c for c in view.changed("model") if c.subject == view.material.cheap]
    for change in named:
        carried, n = carried_by(change, view)
        if view.shift and not view.counts(carried):
            continue
        yield Cause(
            "cheap_model_changed", carried, n,
            f"{change_words(change, view)}; its answers carry {part_of(carried, view.shift)}",
            (
                change_fact(change, view),
                *reject_facts(change, view, "Rejected answers of"),
                *answer_facts(view),
            ),
            f"Compare both models on the same questions; go back to "
            f"{shown(change.before) if change.before else 'the former one'} if the new one answers worse.",
        )  # fmt: skip


def answers_differ(view: View) -> Iterator[Cause]:
    """The same name, but other answers: seen from labels."""
    answers, labels = view.answers, view.material.labels
    if answers is None or labels is None or not view.scale:
        return
    if any(split is not None and split.is_mix for split in (view.routes, view.callers)):
        return  # other questions, not other answers
    right = labels.answers
    carried = answers.mix * view.scale
    if chance((right,), right.growth > 0) <= BY_CHANCE and view.counts(carried):
        way = "worse" if right.growth < 0 else "better"
        by_labels = f"{percent(right.before.rate)} → {percent(right.after.rate)} right by labels"
        explains = part_of(carried, view.shift)
        yield Cause(
            "cheap_model_changed", carried, labels.n_before + labels.n_after,
            f"the cheap answers got {way}, {by_labels}: that explains {explains}; no model name changed",
            tuple(answer_facts(view)),
            "Replay fixed questions against the cheap tier: they tell a new model from harder questions.",
            "replay",
        )  # fmt: skip


def cheap_tier_failing(view: View) -> Iterator[Cause]:
    """Fallbacks because the cheap tier gave no answer."""
    if view.material.metric not in ("fallback_rate", "flagship_share"):
        return
    grown = [g for g in view.material.fallbacks if g.name in FAILURES and g.growth > 0]
    carried = sum(g.growth for g in grown)
    if not view.counts(carried):
        return
    largest = sorted(grown, key=lambda g: (-g.growth, g.name))
    names = listed([f"`{g.name}`" for g in largest[:2]])
    yield Cause(
        "cheap_tier_failing", carried, round(sum(g.after.k for g in grown)),
        f"the cheap tier fails: fallbacks with cause {names} explain {part_of(carried, view.shift)}",
        tuple(rate_fact(f"Fallbacks: {g.name}", g) for g in largest),
        "Check the cheap tier's provider, its limits and its time-out.",
    )  # fmt: skip


def price_change(view: View) -> Iterator[Cause]:
    """What a model costs changed, or nobody knows what it costs."""
    if view.material.metric not in BY_MONEY:
        return
    for change in view.changed("price"):
        yield Cause(
            "price_change", None, round(view.material.moved.after.n * change.share),
            f"the price of {shown(change.subject)} went from {change.before} to {change.after} a million"
            f" tokens (in / out) at {view.when(change.time)}",
            (change_fact(change, view),),
            "Check the bill against [[price]] in the settings; break-even and savings follow the new price.",
        )  # fmt: skip
    unpriced = view.material.unpriced
    if unpriced.after.k and unpriced.growth >= 0.02:
        now, then = percent(unpriced.after.rate), percent(unpriced.before.rate)
        yield Cause(
            "price_change", None, round(unpriced.after.k),
            f"{now} of attempts and verdicts have no price, {then} before",
            (rate_fact("Attempts without a price", unpriced), *_new_models(view)),
            "Add a [[price]] for the models without one, or send cost_usd with the events.",
        )  # fmt: skip


def _new_models(view: View) -> Iterator[Fact]:
    for change in view.changed("model"):
        share = f"{percent(change.share)} of the attempts of {shown(change.subject)}"
        yield Fact("New model", f"{shown(change.after)}, from {view.when(change.time)}: {share}",
                   {"time": change.time, "share": change.share})  # fmt: skip
