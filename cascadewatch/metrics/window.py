"""What a metric is computed from, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from cascadewatch.metrics.measures import PARTS
from cascadewatch.model import TierOrder

Counts = Mapping[str, int]
Unit = Literal["share", "usd", "ms", "ratio", "count", "time", "score"]
Bad = Literal["up", "down", "none"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A number with its n and 95 % interval; `value` None means undefined, `reason` says why.

    `n` is the number of observations the value rests on. A value without an interval carries the
    reason for that too.
    """

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    unit: Unit = "share"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class TierCounts:
    """Sums of ATTEMPT_MEASURES for one (tier, model, verifier); "" where not said."""

    tier: str
    model: str
    verifier: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """Sums of LABEL_MEASURES for one kind of label.

    `role` is `cheap` (the last cheap-tier attempt) or `served` (the answer the user got);
    `outcome` the verdict of that attempt ("" for none); `path` that of the event.
    """

    source: str
    sampling: str
    role: str
    outcome: str
    path: str
    correct: bool
    counts: Counts


@dataclass(frozen=True, slots=True)
class TokenRatios:
    """Flagship tokens per cheap-tier token, and where that was learned.

    `basis` is `route`, `cascade` or `assumed` (1, fewer than 30 pairs). For a cascade these are
    the routes' ratios weighted so that the routes' figures add up to the cascade's.
    """

    input: float = 1.0
    output: float = 1.0
    basis: str = "assumed"
    pairs: int = 0
    even_input: float = 1.0  # the same, weighted by the judged events alone
    even_output: float = 1.0


@dataclass(frozen=True, slots=True)
class Objective:
    """The SLO of a cascade and what its own window has seen so far of the cascade, or of one route of it.

    `since` is when its first event there came (epoch ms); None: at the start of the window.
    """

    rate: float
    window_ms: int
    judged: int
    escalated: int
    start: int
    end: int
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """Everything counted for one cascade, or one route of it, between two moments (epoch ms).

    `clusters` are the sums of HOURLY_MEASURES per hour (of ranges over 32 days per local day, if 8 of those
    have events), for the intervals of money. `bins` maps (family, label) to {bin: n}; families are `latency`
    (label: a path), `penalty` (label ""), `score` (label: "outcome/right|wrong|unknown") and `reason`
    (label: the reason a verdict gave, bin 0). `tier_clusters` are the tiers' sums per hour: rules read
    them, pages do not. `last_label` is the time (epoch ms) of the cascade's newest label that its quality may
    rest on, whatever the range; None: there is none.
    """

    start: int
    end: int
    counts: Counts
    order: TierOrder
    clusters: tuple[Counts, ...] = ()
    tiers: tuple[TierCounts, ...] = ()
    bins: Mapping[tuple[str, str], Mapping[int, int]] = field(default_factory=dict)
    labels: tuple[LabelCounts, ...] = ()
    ratios: TokenRatios = TokenRatios()
    cache_share: float | None = None  # cached share of input tokens on the busiest tier
    flagship_mean: float | None = None  # mean real flagship cost (nano-dollars) in the cascade
    last_label: int | None = None
    objective: Objective | None = None
    tier_clusters: tuple[tuple[TierCounts, ...], ...] = ()
    bins_read: tuple[int, int] | None = None  # the range that `bins` are of; None: that of the window
    labels_read: tuple[int, int] | None = None  # the same of `labels`
    of_free: bool | None = None  # of a part: `is_free` of the whole range; None: told from `tiers`

    @property
    def is_free(self) -> bool:
        """Whether nothing costs money though most attempts that ought to have a price have one (verdicts
        apart), as on a model of one's own. Of a part: whether that holds of the whole range."""
        if self.of_free is not None:
            return self.of_free
        priced, priceable = (sum(t.counts[name] for t in self.tiers) for name in ("priced", "priceable"))
        return 2 * priced > priceable and not any(self.counts[f"cost_{part}"] for part in PARTS)

    def narrowed(self, counts: Counts, start: int, end: int) -> "Window":
        """The same cascade over a part, such as one bucket of the range or one of its routes, of which there
        are event sums alone: ratios, and whether it is free, stay those of the range."""
        return replace(
            self, counts=counts, start=start, end=end, clusters=(), tiers=(), bins={}, labels=(),
            bins_read=None, labels_read=None, of_free=self.is_free,
        )  # fmt: skip
