"""What is known of a cascade over a range: what its sentence and its tiles are made of. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from cascadewatch.metrics import compute
from cascadewatch.metrics.breakeven import Economics, economics
from cascadewatch.metrics.coverage import coverage_note
from cascadewatch.metrics.errors_a_day import days as days_of
from cascadewatch.metrics.window import Metric, Window
from dashboard import reach
from dashboard.change import Change
from dashboard.formats import DAY
from dashboard.replayed import Replayed
from dashboard.watched import NOT_WATCHED, Watched

KEYS = (
    "escalation_rate",
    "flagship_share",
    "savings_usd",
    "savings_share",
    "cost_ratio",
    "break_even_rate",
    "headroom",
    "quality",
    "price_coverage",
    "slo.budget_left",
)
FRESH = 7 * DAY  # quality counts as checked


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a cascade over a range. `since` is the first bucket with events, `last_event` the
    end of the last one (epoch ms); `change` None: too little to compare. While a drift rule watches, what
    moved is what its open episode says; the comparison of periods is for the time before. `last_check` is
    when labels last said something of the answers users got: of a whole cascade `Window.last_label`, of a
    route or a range that is past `labelled.last_check`. `last_replay` is when a replay last checked the
    cascade or a part of it, `replayed` the last that measured the whole; of a `route` none does."""

    window: Window
    metrics: Mapping[str, Metric]
    economics: Economics | None
    change: Change | None
    now: int
    since: int | None
    last_event: int | None
    quality_bar: float | None = None
    watched: Watched = NOT_WATCHED
    zone: str = "UTC"
    replayed: Replayed | None = None
    last_check: int | None = None
    last_replay: int | None = None
    route: str | None = None

    @property
    def move(self) -> Change | None:
        """The change between periods, where nothing better watches."""
        return self.change if self.watched.learning else None

    @property
    def days(self) -> float:
        """Days from the first event of the range to its end or to now: what "a day" divides by."""
        since = self.window.start if self.since is None else self.since
        return days_of(since, min(self.window.end, self.now))

    @property
    def is_replayed(self) -> bool:
        """Whether a replay looked at quality after labels last did."""
        return self.replayed is not None and self.replayed.at > (self.last_check or 0)

    @property
    def quality(self) -> Metric:
        """What the newer of live labels and the last replay says."""
        return self.replayed.metric if self.replayed and self.is_replayed else self.metrics["quality"]

    @property
    def quality_age(self) -> int | None:
        """Milliseconds since labels or a replay last measured quality; None: neither ever did."""
        return self._since(self.replayed.at if self.replayed and self.is_replayed else self.last_check)

    @property
    def parts_age(self) -> int | None:
        """Milliseconds since a replay checked parts of the cascade, where that is the newest check."""
        age, whole = self._since(self.last_replay), self.quality_age
        return age if age is not None and (whole is None or age < whole) else None

    @property
    def checked_age(self) -> int | None:
        """Milliseconds since quality was last checked, measured or not; None: it never was."""
        return self.quality_age if self.parts_age is None else self.parts_age

    def _since(self, at: int | None) -> int | None:
        return None if at is None else max(0, self.now - at)

    @property
    def labels_of(self) -> str | None:
        """Of what time the labels are, where that is longer than the range."""
        return reach.wider(self.window, "labels", self.zone)

    @property
    def objective(self) -> float | None:
        """The SLO on the escalation rate."""
        return None if self.window.objective is None else self.window.objective.rate


def gathered(
    window: Window,
    change: Change | None,
    now: int,
    seen: tuple[int, int] | None,
    quality_bar: float | None = None,
    watched: Watched = NOT_WATCHED,
    zone: str = "UTC",
) -> Facts:
    """Everything the sentence and the tiles need; `seen` is first and last bucket of the range."""
    terms, metrics = economics(window), compute(window, KEYS)
    since, last = seen or (None, None)
    return Facts(window, metrics, terms, change, now, since, last, quality_bar, watched, zone)


def per_day(facts: Facts, metric: Metric) -> Metric:
    """A sum of the range as a sum per day."""
    known = (metric.value, metric.low, metric.high)
    value, low, high = (None if v is None else v / facts.days for v in known)
    return Metric(value, metric.n, low, high, metric.unit, metric.reason)


def budget_usd(facts: Facts) -> float | None:
    """USD a day that escalation stays under its objective (below 0: over it); None without one."""
    rate, terms = facts.metrics["escalation_rate"].value, facts.economics
    if facts.objective is None or rate is None or terms is None:
        return None
    return (facts.objective - rate) * terms.E * facts.window.counts["judged"] / facts.days


def coverage(facts: Facts) -> str | None:
    """How much of the money is known; None from 99 % on, where it changes nothing."""
    priced, priceable = facts.window.counts["priced"], facts.window.counts["priceable"]
    return None if priced >= 0.99 * priceable else coverage_note(priced, priceable)


def is_checked(facts: Facts) -> bool:
    """Whether quality was looked at within seven days."""
    return facts.checked_age is not None and facts.checked_age <= FRESH
