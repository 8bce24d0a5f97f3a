"""Which episode speaks for which: what breaks together is told once. Pure."""

from collections.abc import Container, Iterable

from alerts.finding import Finding
from cascadewatch.store.episodes import Episode

TOGETHER_MS = 4 * 3_600_000
JOINED_KINDS = {"drift", "threshold", "burn_rate"}  # silence and failed rules always speak for themselves
RANK = {"ticket": 0, "page": 1}
NOT_YET = 2**62  # later than any time


def order(finding: Finding) -> tuple[int, int, str, str]:
    """The order in which findings of one look open: by time, since only what opened before speaks.

    A limit is passed now; a drift may be found out late, such as on a first walk over history.
    """
    return finding.detail.get("opened") or NOT_YET, *rank(finding)


def rank(finding: Finding) -> tuple[int, str, str]:
    """Of what opens at one moment: a cascade's escalation comes first, its routes last."""
    pooled = finding.scope.route == ""
    first = pooled and finding.rule.kind == "drift" and finding.rule.metric == "escalation_rate"
    return 0 if first else 1 if pooled else 2, finding.scope.cascade, finding.rule.name


def parent_of(
    kind: str, cascade: str, opened: int, others: Iterable[Episode], quiet: Container[int] = ()
) -> Episode | None:
    """The episode of the cascade that speaks for one of this kind: it was open then, or had opened within
    four hours before.

    Best is one that people hear of now: not among the `quiet`, not over, the most severe, then the earliest.
    One that is joined to another is chosen only where it has messages of its own, since that other comes
    before it otherwise.
    """
    if kind not in JOINED_KINDS:
        return None
    before = [
        other
        for other in others
        if other.cascade == cascade
        and other.kind in JOINED_KINDS
        and other.opened <= opened
        and (other.opened >= opened - TOGETHER_MS or other.resolved is None or other.resolved > opened)
    ]

    def heard_least(other: Episode) -> tuple[bool, bool, int, int, int]:
        return other.id in quiet, not other.is_open, -RANK[other.severity], other.opened, other.id

    return min(before, key=heard_least, default=None)


def speaks(episode: Episode, parent: Episode | None, parent_is_quiet: bool) -> bool:
    """Whether an episode has messages of its own: no other speaks for it, or it is more severe.

    One that is silenced, or that flaps and so says nothing for a while, speaks for nobody.
    """
    if parent is None or not parent.is_open or parent_is_quiet:
        return True
    return RANK[episode.severity] > RANK[parent.severity]
