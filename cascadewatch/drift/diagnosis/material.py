"""What a diagnosis rests on: counts of the time since a change against the time before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Against = Literal["days before", "baseline"]
Histogram = Mapping[int, int]  # score bin -> verdicts
CheckKind = Literal["verifier check", "replay"]

# What a change point is about: a name, or a number that the events carry.
What = Literal["model", "verifier", "verifier model", "threshold", "revision", "price"]


class Span(NamedTuple):
    """From `start` up to `end`, epoch ms."""

    start: int
    end: int


class Share(NamedTuple):
    """`k` of `n`; whole numbers except where labels are weighted."""

    k: float
    n: float

    @property
    def rate(self) -> float | None:
        """k / n; None of nothing."""
        return self.k / self.n if self.n else None


class Group(NamedTuple):
    """A part of the requests (a route, a caller, a reason) before and after."""

    name: str
    before: Share
    after: Share

    @property
    def growth(self) -> float:
        """By how much its rate grew; what was not counted counts as 0."""
        return (self.after.rate or 0.0) - (self.before.rate or 0.0)


NOBODY = Group("", Share(0, 0), Share(0, 0))


class Change(NamedTuple):
    """Something that the events themselves say changed, and when (epoch ms).

    `subject` is the tier, verifier or model it belongs to ("" for a revision); `before` None: nothing
    was given up for it. `share` is its part of the attempts concerned from then on.
    """

    what: What
    subject: str
    before: str | None
    after: str
    time: int
    share: float = 1.0


class Use(NamedTuple):
    """Verdicts on one tier by model and verifier: rejects among accepts and rejects."""

    tier: str
    model: str
    verifier: str
    before: Share
    after: Share


class Confusion(NamedTuple):
    """Labelled cheap answers: how many were right, and how many of the right and of the wrong were rejected.

    Shares are weighted by 1 / the probability of the label. The `n` of each is how many labels of equal
    weight would tell that share as surely, so those of right and wrong do not add up to that of `answers`;
    `n_before` and `n_after` are the true numbers.
    """

    answers: Group
    right: Group
    wrong: Group
    n_before: int
    n_after: int

    def rejects(self) -> tuple[Group, Group]:
        """Rejects of right and of wrong answers, each `n` being the share of such answers among all."""
        right = [side.rate or 0.0 for side in (self.answers.before, self.answers.after)]
        return _part(self.right, right), _part(self.wrong, [1 - share for share in right])


def _part(group: Group, shares: Sequence[float]) -> Group:
    sides = zip((group.before, group.after), shares, strict=True)
    return Group(group.name, *(Share(n * (side.rate or 0.0), n) for side, n in sides))


class Callers(NamedTuple):
    """Judged requests of the busiest callers, at most over the last day of the change.

    `rest` is everybody else and requests without a caller; `seen` is the number of callers.
    """

    span: Span
    busiest: tuple[Group, ...]
    rest: Group
    seen: int


class CheckedRate(NamedTuple):
    """A rate of a report over `n` cases, 0 to 1, with its interval; `change` is against its baseline's over
    the same cases."""

    name: str
    verdict: str
    value: float
    low: float
    high: float
    n: int
    baseline: float | None = None
    change: float | None = None


class Check(NamedTuple):
    """What a verifier check, or a replay against the cheap tier, says of the time since the change.

    `time` is when it began (epoch ms). `report` None: none of this [replay.NAME] began since, and nothing
    that follows is known. `compared`: its baseline is from before the change. `sure`: not a regression that
    nobody asked for and no second run confirms. `already`: the last one before the change had regressed, or
    improved, too. `threshold` and `asks` (a model) are its verifier's, `models` those that answered.
    """

    kind: CheckKind
    name: str
    report: int | None = None
    time: int = 0
    verdict: str = ""
    rates: tuple[CheckedRate, ...] = ()
    compared: bool = True
    sure: bool = True
    already: bool = False
    threshold: float | None = None
    asks: str | None = None
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Material:
    """All counts of one cascade, or one route of it ("" is the whole cascade).

    `moved` is the metric itself: `k` of `n` before and after. The other groups share out: rejects by
    reason (of judged), fallbacks by cause and requests sent straight up (of events), judge failures (of
    verdicts asked). `scores` are histograms by outcome, (before, after). `changes` are the change points
    within `near` milliseconds of `since`. `thresholds` is whether single events
    of both sides say the threshold: it stands nowhere else. `checks` are at most one of a kind.
    """

    metric: str
    cascade: str
    route: str
    since: int
    before: Span
    after: Span
    against: Against
    near: int
    moved: Group
    escalated: Group
    routes: tuple[Group, ...] = ()
    callers: Callers | None = None
    reasons: tuple[Group, ...] = ()
    fallbacks: tuple[Group, ...] = ()
    routed: Group = NOBODY
    failures: Group = NOBODY
    unpriced: Group = NOBODY
    uses: tuple[Use, ...] = ()
    cheap: str | None = None
    changes: tuple[Change, ...] = ()
    scores: Mapping[str, tuple[Histogram, Histogram]] = field(default_factory=dict)
    labels: Confusion | None = None
    last_label: int | None = None
    thresholds: bool = True
    checks: tuple[Check, ...] = ()

    @property
    def shift(self) -> float:
        """By how much the metric moved, as a share."""
        return self.moved.growth

    @property
    def rose(self) -> bool:
        """Whether it went up."""
        return self.shift > 0
