"""The material of a diagnosis with what all causes ask of it worked out once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cascadewatch.drift.diagnosis.cause import Fact
from cascadewatch.drift.diagnosis.concentration import Concentration, concentration
from cascadewatch.drift.diagnosis.material import Change, Group, Material, Share, What
from cascadewatch.drift.diagnosis.split import Split, split
from cascadewatch.drift.diagnosis.spoken import count, moment, percent, shown, signed
from cascadewatch.metrics.interval import wilson

# Rates that what the verifier rejects does not move; every other metric is seen through the escalation rate.
APART = ("judge_failure_rate", "fallback_rate", "cache_hit_rate", "retry_rate")
# Metrics that are no rates, and that neither how it judges nor which answers it gets explains.
BESIDE = ("price_coverage", "verifier_overhead")
SMALL = 0.01  # a move below it is not there on this side of the comparison
LABELS = 30  # labelled answers on either side before they say anything
# What labels alone accuse somebody of has to be so improbable by chance: an episode is explained anew as its
# labels come in, and ten such looks then name somebody without cause about once in 100.
BY_CHANCE = 0.0025
_ABOUT: dict[What, str] = {
    "model": "model on {}",
    "verifier": "verifier on {}",
    "verifier model": "model of verifier {}",
    "threshold": "threshold of {}",
    "revision": "revision",
    "price": "price of {}",
}
FEW = 20  # judged requests below which callers are not told apart


@dataclass(frozen=True, slots=True)
class View:
    """`scale` is how far the metric moves with one point of the escalation rate, 0 if it does not."""

    material: Material
    shift: float
    scale: float
    routes: Split | None
    callers: Split | None
    concentration: Concentration | None
    answers: Split | None
    when: Callable[[int], str]

    @classmethod
    def of(cls, material: Material, now: int, zone: str) -> "View":
        """Everything that can be worked out ahead of the causes."""
        who = material.callers
        rising = material.escalated.growth > 0
        return cls(
            material=material,
            shift=material.shift,
            scale=_scale(material),
            routes=split(material.routes) if len(material.routes) > 1 else None,
            callers=split(_told_apart(who.busiest, who.rest)) if who else None,
            concentration=concentration(who, rising) if who and material.metric not in APART else None,
            answers=_answers(material),
            when=lambda time: moment(time, now, zone, dated=True),
        )

    @property
    def rose(self) -> bool:
        """Whether the metric went up."""
        return self.shift > 0

    @property
    def is_small(self) -> bool:
        """Whether hardly anything moved, so that nobody is to be accused of it."""
        return abs(self.shift) < SMALL

    def changed(self, *what: What) -> list[Change]:
        """The change points of these kinds."""
        return [change for change in self.material.changes if change.what in what]

    def counts(self, points: float) -> bool:
        """Whether so much is worth telling: a point, a seventh of the move, and in its direction."""
        return points * self.shift > 0 and abs(points) >= max(0.01, abs(self.shift) / 7)


def rates(group: Group) -> str:
    """Its rate before and after, in words.

    >>> rates(Group("", Share(3, 100), Share(60, 120)))
    '3.0 % → 50 %'
    """
    return f"{percent(group.before.rate)} → {percent(group.after.rate)}"


def rate_fact(label: str, group: Group) -> Fact:
    """A rate before and after as evidence.

    >>> rate_fact("", Group("", Share(3, 100), Share(60, 120))).value
    '3.0 % → 50 % (of 100 before, 120 since)'
    >>> rate_fact("", Group("", Share(0, 0), Share(60, 120))).value
    'none before, 50 % of 120 since'
    """
    before, after = group.before, group.after
    said = f"{rates(group)} (of {count(before.n)} before, {count(after.n)} since)"
    if not (before.n and after.n):
        said = f"{_side(before)} before, {_side(after)} since"
    return Fact(
        label, said,
        {"before": group.before.rate, "after": group.after.rate,
         "n_before": group.before.n, "n_after": group.after.n},
    )  # fmt: skip


def _side(share: Share) -> str:
    return f"{percent(share.rate)} of {count(share.n)}" if share.n else "none"


def split_words(kind: str, split: Split) -> str:
    """What mix and behaviour add to a move, in words that need no explaining.

    >>> split_words("route", Split(0.05, 0.061, -0.011, ()))
    '+6 points from which routes the requests are for, −1.1 points from changes within them'
    """
    whose = {"route": "which routes the requests are for", "caller": "which callers send them"}[kind]
    return f"{signed(split.mix)} from {whose}, {signed(split.behaviour)} from changes within them"


def change_words(change: Change, view: View) -> str:
    """What changed, and when.

    "verifier on small: judge-v3 in place of judge-v2, from Tue 13:52"
    """
    about = _ABOUT[change.what].format(shown(change.subject))
    instead = f" in place of {shown(change.before)}" if change.before else ""
    return f"{about}: {shown(change.after)}{instead}, from {view.when(change.time)}"


def change_fact(change: Change, view: View) -> Fact:
    """A change point as evidence."""
    numbers = {"time": change.time, "before": change.before, "after": change.after, "share": change.share}
    label = change.what[0].upper() + change.what[1:]
    return Fact(label, change_words(change, view), numbers)


def answer_facts(view: View) -> Iterator[Fact]:
    """What labels say of the cheap answers, and of the verifier."""
    labels, answers = view.material.labels, view.answers
    if labels is None or answers is None:
        return
    right0, right1 = labels.answers.before.rate, labels.answers.after.rate
    yield Fact(
        "Cheap answers right",
        f"{percent(right0)} → {percent(right1)} (n {count(labels.n_before)} and {count(labels.n_after)})",
        {"before": right0, "after": right1, "n_before": labels.n_before, "n_after": labels.n_after},
    )
    yield Fact(
        "By labels",
        f"{signed(answers.mix)} from how many answers are right, {signed(answers.behaviour)} from how the"
        " verifier judges them",
        {"answers": answers.mix, "verifier": answers.behaviour},
    )


def surely_differ(group: Group) -> bool:
    """Whether the 95 % intervals of before and after leave each other alone."""
    if not group.before.n or not group.after.n:
        return False
    low0, high0 = wilson(*group.before)
    low1, high1 = wilson(*group.after)
    return high0 < low1 or high1 < low0


def _scale(material: Material) -> float:
    if material.metric == "flagship_share" and material.moved.after.n:
        return material.escalated.after.n / material.moved.after.n
    return 0.0 if material.metric in APART else 1.0


def _told_apart(busiest: tuple[Group, ...], rest: Group) -> list[Group]:
    """Callers with few requests on either side together: a caller seen on one side alone would count as
    mix, whoever it is."""
    clear = [g for g in busiest if max(g.before.n, g.after.n) >= FEW]
    sums = [sum(side) for side in zip(*((*g.before, *g.after) for g in [*busiest, rest]), strict=True)]
    taken = [sum(side) for side in zip(*((*g.before, *g.after) for g in clear), strict=True)] or [0] * 4
    k0, n0, k1, n1 = (a - b for a, b in zip(sums, taken, strict=True))
    return [*clear, Group("", Share(k0, n0), Share(k1, n1))]


def _answers(material: Material) -> Split | None:
    """Rejects of labelled cheap answers split by truth: mix is how many were wrong, behaviour how the
    verifier judges answers that are alike."""
    labels = material.labels
    if labels is None or min(labels.n_before, labels.n_after) < LABELS:
        return None
    return split(labels.rejects())
