"""What the drift rules say of one cascade's escalation rate: the open episode, what is normal, how soon a
move is seen. Pure.

    watched(episodes, states, rules, pins, cascade, route, at)     everything the sentence and tiles need
    Watched.drift         the open episode of the escalation rate; None: it has not moved
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cascadewatch.drift.baseline import Baseline
from cascadewatch.store.baselines import Pinned
from cascadewatch.store.episodes import Episode
from cascadewatch.store.reads import Bucket
from cascadewatch.store.rule_states import RuleState
from dashboard import bands, episode_words
from dashboard.formats import NB
from dashboard.rule_rows import seen_in, unseen

METRIC = "escalation_rate"
DEFAULT_RULE = "escalation-drift"  # of the default pack


@dataclass(frozen=True, slots=True)
class Watched:
    """`learning` is true while only gross breaks are seen, and where no rule looks at all; `seen` is how
    long a change by the rule's `tolerance` takes to see, `unseen` which moves are not looked for and why,
    `normal` the baseline's rate over the requests of the range."""

    episodes: tuple[Episode, ...] = ()
    learning: bool = True
    looks: bool = False
    tolerance: float | None = None
    seen: str | None = None
    unseen: str | None = None
    normal: float | None = None
    route: str = ""

    @property
    def least(self) -> str | None:
        """The smallest change that the rule asks for, in words."""
        return None if self.tolerance is None else f"{self.tolerance * 100:g}{NB}pts"

    @property
    def own(self) -> tuple[Episode, ...]:
        """Those of what is looked at itself: the whole cascade, or the chosen route."""
        return tuple(e for e in self.episodes if e.route == self.route)

    @property
    def drift(self) -> Episode | None:
        """The open episode of the escalation rate with the largest move."""
        found = [e for e in self.own if e.kind == "drift" and e.metric == METRIC]
        return max(found, key=lambda e: abs(episode_words.estimate(e).shift or 0), default=None)

    @property
    def silence(self) -> Episode | None:
        """The open episode that says events no longer come."""
        return next((e for e in self.own if e.kind == "no_data"), None)

    @property
    def loudest(self) -> Episode | None:
        """The one to look at first."""
        return self.silence or self.drift or next(iter(self.others), None)

    @property
    def others(self) -> tuple[Episode, ...]:
        """What else is open and speaks for itself."""
        going, said = {e.id for e in self.episodes}, (self.drift, self.silence)
        return tuple(e for e in self.episodes if e not in said and e.parent not in going)


NOT_WATCHED = Watched()


def watched(
    episodes: Sequence[Episode], states: Sequence[RuleState], rules: Collection[str],
    normal: float | None, of: tuple[str, str | None], at: int,
) -> Watched:  # fmt: skip
    """What is open at a moment (epoch ms) for a cascade or one route of it; `rules` are the names of the
    drift rules that watch the escalation rate."""
    cascade, route = of
    scope = (cascade, route or "")
    going = tuple(
        e for e in episodes if _open_at(e, at) and e.cascade == cascade and route in (None, e.route)
    )
    state = next((s for s in states if s.rule in rules and (s.cascade, s.route) == scope), None)
    detail = {} if state is None else state.detail
    return Watched(
        going, learning=state is None or state.state == "learning", looks=state is not None,
        tolerance=episode_words.number(detail.get("tolerance")), seen=seen_in(detail), unseen=unseen(detail),
        normal=normal, route=scope[1],
    )  # fmt: skip


def _open_at(episode: Episode, at: int) -> bool:
    return episode.opened <= at and (episode.resolved is None or episode.resolved > at)


def shaded(episodes: Sequence[Episode], cascade: str, route: str | None) -> list[Episode]:
    """The episodes that belong behind a chart of what is looked at: moves of its escalation rate, and the
    times when events did not come."""
    scope = (cascade, route or "")
    return [
        e for e in episodes if (e.cascade, e.route) == scope and (e.metric == METRIC or e.kind == "no_data")
    ]


def normal_rate(
    pins: Sequence[Pinned], cascade: str, route: str | None, buckets: Sequence[Bucket]
) -> float | None:
    """The baseline's rate over the judged requests of these buckets; None without a baseline for all."""
    if not buckets:
        return None
    span = (buckets[0].start, buckets[-1].end)
    baseline = in_force_now(pins, cascade, route, span)
    judged = sum(b.counts["judged"] for b in buckets)
    if baseline is None or not judged:
        return None
    return sum(bands.level(baseline, b.start, b.end) * b.counts["judged"] for b in buckets) / judged


def in_force_now(
    pins: Sequence[Pinned], cascade: str, route: str | None, span: tuple[int, int]
) -> Baseline | None:
    """The last baseline in force within a range."""
    found = bands.in_force(pins, METRIC, cascade, route or "", span)
    return found[-1][2] if found else None
