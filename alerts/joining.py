"""Which episode speaks for which: what breaks together is told once. Pure."""

from collections.abc import Iterable

from alerts.finding import Finding
from cascadewatch.store.episodes import Episode

TOGETHER_MS = 4 * 3_600_000
JOINED_KINDS = {"drift", "threshold", "burn_rate"}  # silence and failed rules always speak for themselves
RANK = {"ticket": 0, "page": 1}


def order(finding: Finding) -> tuple[int, str, str]:
    """The order in which findings of one look open: a cascade's escalation first, its routes last."""
    pooled = finding.scope.route == ""
    first = pooled and finding.rule.kind == "drift" and finding.rule.metric == "escalation_rate"
    return 0 if first else 1 if pooled else 2, finding.scope.cascade, finding.rule.name


def parent_of(kind: str, cascade: str, opened: int, others: Iterable[Episode]) -> Episode | None:
    """The earliest episode of the cascade that was open then or had opened within four hours before."""
    if kind not in JOINED_KINDS:
        return None
    before = [
        other
        for other in others
        if other.cascade == cascade
        and other.kind in JOINED_KINDS
        and other.parent is None
        and other.opened <= opened
        and (other.opened >= opened - TOGETHER_MS or other.resolved is None or other.resolved > opened)
    ]
    return min(before, key=lambda other: (other.opened, other.id), default=None)


def speaks(episode: Episode, parent: Episode | None, parent_is_quiet: bool) -> bool:
    """Whether an episode has messages of its own: no other speaks for it, or it is more severe.

    One that is silenced, or that flaps and so says nothing for a while, speaks for nobody.
    """
    if parent is None or not parent.is_open or parent_is_quiet:
        return True
    return RANK[episode.severity] > RANK[parent.severity]
